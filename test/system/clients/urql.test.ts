/** urql. How it goes on after its line was cut is in readme.test.ts. */
import type { Client } from '@urql/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '../../support/wait-for.ts'
import { urqlClient } from './connect/urql.ts'
import {
  deliveriesQuery,
  liveSubscription,
  openStage,
  siteMutation,
  viewerQuery,
  type Page,
  type SiteAnswer,
  type Stage,
} from './stage.ts'

let stage: Stage
let client: Client

beforeAll(async () => {
  stage = await openStage()
  client = urqlClient(stage.line.url, stage.acme.key)
})
afterAll(() => stage.close())

test('asks who it is', async () => {
  const { data } = await client.query<{ viewer: { project: { id: string } } }>(viewerQuery, {})
  expect(data?.viewer.project.id).toBe(stage.acme.projectId)
})

test('has the problems of a mutation as data', async () => {
  const { data, error } = await client.mutation<SiteAnswer>(siteMutation, { input: { name: '' } })
  expect(data?.siteCreate).toMatchObject({ site: null, userErrors: [{ code: 'REQUIRED', field: ['name'] }] })
  expect(error).toBeUndefined()
})

test('pages to the end, each delivery once', async () => {
  await stage.ring(6)
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
  const whole = await stage.acme.gql<{ deliveries: Page }>(deliveriesQuery, { first: 100 })
  expect(ids).toEqual(whole.deliveries.edges.map(({ node }) => node.id))
  expect([ids.length, pages]).toEqual([7, 3])
})

test('is told that its key is wrong, by HTTP and on the socket', async () => {
  const stranger = urqlClient(stage.line.url, 'none')
  const { error } = await stranger.query(viewerQuery, {})
  expect(error?.graphQLErrors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])

  const faults: unknown[] = []
  const hearing = stranger
    .subscription(liveSubscription, {})
    .subscribe((result) => faults.push(result.error?.networkError))
  await until(() => faults.length > 0, { what: 'the socket to be refused' })
  expect(faults).toMatchObject([
    { code: 4403, reason: expect.stringMatching(/^the key is not one/) as string },
  ])
  hearing.unsubscribe()
})
