/** The client urql. Resuming after a lost connection is tested in readme.test.ts. */
import type { Client } from '@urql/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from '../../support/wait-for.ts'
import { urqlClient } from './connect/urql.ts'
import {
  deliveriesQuery,
  liveSubscription,
  startFixture,
  siteMutation,
  viewerQuery,
  type Page,
  type SiteAnswer,
  type Fixture,
} from './client-fixture.ts'

let fixture: Fixture
let client: Client

beforeAll(async () => {
  fixture = await startFixture()
  client = urqlClient(fixture.proxy.url, fixture.acme.key)
})
afterAll(() => fixture.close())

test('urql runs a query', async () => {
  const { data } = await client.query<{ viewer: { project: { id: string } } }>(viewerQuery, {})
  expect(data?.viewer.project.id).toBe(fixture.acme.projectId)
})

test('urql returns userErrors of a mutation as data', async () => {
  const { data, error } = await client.mutation<SiteAnswer>(siteMutation, { input: { name: '' } })
  expect(data?.siteCreate).toMatchObject({ site: null, userErrors: [{ code: 'REQUIRED', field: ['name'] }] })
  expect(error).toBeUndefined()
})

test('urql reads three pages and gets each of seven deliveries once', async () => {
  await fixture.createEvents(6)
  const ids: string[] = []
  let after: string | null = null
  let pages = 0
  for (let more = true; more; pages += 1) {
    const variables: { first: number; after: string | null } = { first: 3, after }
    const { data } = await client.query<{ deliveries: Page }>(deliveriesQuery, variables)
    if (data === undefined) throw new Error('expected a page, found none')
    ids.push(...data.deliveries.edges.map(({ node }) => node.id))
    after = data.deliveries.pageInfo.endCursor
    more = data.deliveries.pageInfo.hasNextPage
  }
  const whole = await fixture.acme.gql<{ deliveries: Page }>(deliveriesQuery, { first: 100 })
  expect(ids).toEqual(whole.deliveries.edges.map(({ node }) => node.id))
  expect([ids.length, pages]).toEqual([7, 3])
})

test('urql with a wrong key gets UNAUTHENTICATED over HTTP and 4403 on the socket', async () => {
  const unauthenticated = urqlClient(fixture.proxy.url, 'none')
  const { error } = await unauthenticated.query(viewerQuery, {})
  expect(error?.graphQLErrors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])

  const faults: unknown[] = []
  const subscription = unauthenticated
    .subscription(liveSubscription, {})
    .subscribe((result) => faults.push(result.error?.networkError))
  await waitFor(() => faults.length > 0, { what: 'the socket to be refused' })
  expect(faults).toMatchObject([
    { code: 4403, reason: expect.stringMatching(/^the key does not belong/) as string },
  ])
  subscription.unsubscribe()
})
