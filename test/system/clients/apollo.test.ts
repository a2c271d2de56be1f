/** Apollo Client 4. Resuming after a lost connection is tested in readme.test.ts. */
import { CombinedGraphQLErrors, gql, type ApolloClient, type TypedDocumentNode } from '@apollo/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../../support/wait-for.ts'
import { apolloClient } from './connect/apollo.ts'
import {
  deliveriesQuery,
  liveSubscription,
  startFixture,
  siteMutation,
  viewerQuery,
  type LiveEvent,
  type Page,
  type SiteAnswer,
  type Fixture,
} from './client-fixture.ts'

const who: TypedDocumentNode<{ viewer: { project: { id: string } } }> = gql(viewerQuery)
const addSite: TypedDocumentNode<SiteAnswer> = gql(siteMutation)
const listDeliveries: TypedDocumentNode<{ deliveries: Page }> = gql(deliveriesQuery)
const live: TypedDocumentNode<LiveEvent> = gql(liveSubscription)

let fixture: Fixture
let client: ApolloClient

beforeAll(async () => {
  fixture = await startFixture()
  client = apolloClient(fixture.proxy.url, fixture.acme.key)
})
afterAll(async () => {
  client.stop()
  await fixture.close()
})

test('Apollo Client runs a query', async () => {
  const { data } = await client.query({ query: who })
  expect(data?.viewer.project.id).toBe(fixture.acme.projectId)
})

test('Apollo Client returns userErrors of a mutation as data', async () => {
  const { data } = await client.mutate({
    mutation: addSite,
    variables: { input: { name: '' } },
  })
  expect(data?.siteCreate).toMatchObject({ site: null, userErrors: [{ code: 'REQUIRED', field: ['name'] }] })
})

test('Apollo Client merges the pages of a connection with relayStylePagination', async () => {
  await fixture.createEvents(6)
  const pages = client.watchQuery({
    query: listDeliveries,
    variables: { first: 3 },
  })
  const watching = pages.subscribe(() => undefined)
  const merged = () => client.readQuery({ query: listDeliveries, variables: { first: 3 } })?.deliveries
  await waitFor(() => merged() !== undefined, { what: 'the first page' })
  while (merged()?.pageInfo.hasNextPage === true)
    await pages.fetchMore({ variables: { after: merged()?.pageInfo.endCursor } })
  watching.unsubscribe()

  const whole = await fixture.acme.gql<{ deliveries: Page }>(deliveriesQuery, { first: 100 })
  expect(merged()?.edges).toHaveLength(7)
  expect(merged()?.edges.map(({ node }) => node.id)).toEqual(
    whole.deliveries.edges.map(({ node }) => node.id),
  )
})

test('Apollo Client with a wrong key gets UNAUTHENTICATED over HTTP and 4403 on the socket', async () => {
  const unauthenticated = apolloClient(fixture.proxy.url, 'none')
  const refusal: unknown = await unauthenticated.query({ query: who }).catch((error: unknown) => error)
  expect(CombinedGraphQLErrors.is(refusal) && refusal.errors).toMatchObject([
    { extensions: { code: 'UNAUTHENTICATED' } },
  ])
  const faults: unknown[] = []
  unauthenticated.subscribe({ query: live }).subscribe(({ error }) => faults.push(error))
  await waitFor(() => faults.length > 0, { what: 'the socket to be refused' })
  expect(faults).toMatchObject([
    { message: expect.stringMatching(/^Socket closed with event 4403 the key does not belong/) as string },
  ])
  unauthenticated.stop()
})
