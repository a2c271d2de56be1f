import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  listDeliveries,
  missingId,
  changeOrderState,
  mutate,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
beforeEach(async () => {
  acme = await server.tenant()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const filtersOf = async (id: string): Promise<unknown> => {
  const query =
    'query ($id: ID!) { webhook(id: $id) { filters { siteIds orderStates customerStates sources } } }'
  return (await acme.gql<{ webhook: { filters: unknown } }>(query, { id })).webhook.filters
}
const noFilters = { siteIds: [], orderStates: [], customerStates: [], sources: [] }
const topicsOf = async (webhookId: string): Promise<readonly string[]> =>
  (await listDeliveries(acme, { webhookIds: [webhookId] })).map(({ event }) => event.topic)

describe('webhook filters', () => {
  test('a webhook with siteIds gets deliveries of orders at these sites, and no rows for other orders', async () => {
    const [selected, other] = [await createSite(acme), await createSite(acme)]
    const { id } = await createWebhook(acme, receiver, { filters: { siteIds: [selected] } })
    const order = await createOrder(acme, { siteId: selected })
    await createOrder(acme, { siteId: other })
    const deliveries = await waitForSettled(acme, { webhookIds: [id] })

    expect(deliveries.map(({ event }) => event.order.id)).toEqual([order.id])
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
      ...{ events: 2, deliveries: 1, consistent: true },
    })
    expect(await filtersOf(id)).toEqual({ ...noFilters, siteIds: [selected] })
  })

  test('orderStates matches the state of the order after the change', async () => {
    const { id } = await createWebhook(acme, receiver, { filters: { orderStates: ['READY'] } })
    const order = await createOrder(acme)
    await changeOrderState(acme, order.id, 'READY')
    await mutateOrThrow(acme, 'CustomerStateChange', { orderId: order.id, customerState: 'NEARBY' })
    await changeOrderState(acme, order.id, 'COMPLETED')

    expect(await topicsOf(id)).toEqual(['order.customer_state_changed', 'order.state_changed'])
  })

  test('a webhook with orderStates and customerStates gets only deliveries that match both', async () => {
    const filters = { orderStates: ['READY'], customerStates: ['NEARBY', 'ARRIVED'] }
    const { id } = await createWebhook(acme, receiver, { filters })
    const order = await createOrder(acme)
    await changeOrderState(acme, order.id, 'READY')
    await mutateOrThrow(acme, 'CustomerStateChange', { orderId: order.id, customerState: 'ARRIVED' })

    expect(await topicsOf(id)).toEqual(['order.customer_state_changed'])
  })

  test('a webhook with sources gets only orders from them, in every change of the order', async () => {
    const { id } = await createWebhook(acme, receiver, { filters: { sources: ['app', ' kiosk '] } })
    const [app, kiosk, web, none] = await Promise.all(
      ['app', 'kiosk', 'web', null].map((source) => createOrder(acme, { source })),
    )
    for (const order of [app, kiosk, web, none]) await changeOrderState(acme, order?.id ?? '', 'READY')

    expect(await filtersOf(id)).toEqual({ ...noFilters, sources: ['app', 'kiosk'] })
    expect((await topicsOf(id)).toSorted()).toEqual([
      ...['order.created', 'order.created', 'order.state_changed', 'order.state_changed'],
    ])
  })

  test('a webhook whose filters were stored before orders had a source gets orders with and without one', async () => {
    const { id } = await createWebhook(acme, receiver, { filters: { orderStates: ['READY'] } })
    await server.connections.sql`update webhooks set filters = filters - 'sources' where id = ${id}`
    for (const source of ['app', null])
      await changeOrderState(acme, (await createOrder(acme, { source })).id, 'READY')

    expect(await topicsOf(id)).toEqual(['order.state_changed', 'order.state_changed'])
    expect(await filtersOf(id)).toEqual({ ...noFilters, orderStates: ['READY'] })
  })

  test('webhookUpdate replaces filters as a whole, keeps them when left out, and clears them by null', async () => {
    const { id } = await createWebhook(acme, receiver, { filters: { orderStates: ['READY'] } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, filters: { customerStates: ['NEARBY'], siteIds: null } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, name: 'Till' })
    expect(await filtersOf(id)).toEqual({ ...noFilters, customerStates: ['NEARBY'] })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, filters: null })
    expect(await filtersOf(id)).toEqual(noFilters)
  })

  test('a webhook accepts 100 siteIds and refuses 101 with TOO_MANY', async () => {
    const sites = await Promise.all(Array.from({ length: 101 }, () => createSite(acme)))
    const { id } = await createWebhook(acme, receiver, { filters: { siteIds: sites.slice(0, 100) } })
    const { userErrors } = await mutate(acme, 'WebhookUpdate', { id, filters: { siteIds: sites } })
    expect(userErrors).toMatchObject([{ code: 'TOO_MANY', field: ['filters', 'siteIds'] }])
    const many = { siteIds: Array(20_000).fill('x'), orderStates: Array(20_000).fill('READY') }
    const refused = await mutate(acme, 'WebhookUpdate', { id, filters: many })
    expect(refused.userErrors, 'one problem for each list').toMatchObject([
      { code: 'TOO_MANY', field: ['filters', 'siteIds'] },
      { code: 'TOO_MANY', field: ['filters', 'orderStates'] },
    ])
  })

  test.each<[string, (own: string, foreign: string) => Input, readonly [string, string][]]>([
    ['a missing site', () => ({ siteIds: [missingId('sit')] }), [['NOT_FOUND', 'siteIds.0']]],
    ['an id of another kind', () => ({ siteIds: [missingId('ord')] }), [['NOT_FOUND', 'siteIds.0']]],
    [
      'texts that are not ids',
      () => ({ siteIds: ['', 'x'] }),
      [
        ['NOT_FOUND', 'siteIds.0'],
        ['NOT_FOUND', 'siteIds.1'],
      ],
    ],
    ["another project's site", (own, foreign) => ({ siteIds: [own, foreign] }), [['NOT_FOUND', 'siteIds.1']]],
    ['a repeated site', (own) => ({ siteIds: [own, own] }), [['INVALID', 'siteIds.1']]],
    ['a repeated source', () => ({ sources: ['app', 'app'] }), [['INVALID', 'sources.1']]],
    [
      'a source with a space',
      () => ({ sources: ['app', 'my app', ''] }),
      [
        ['INVALID', 'sources.1'],
        ['INVALID', 'sources.2'],
      ],
    ],
    ['a repeated order state', () => ({ orderStates: ['READY', 'READY'] }), [['INVALID', 'orderStates.1']]],
    [
      'a repeated customer state',
      () => ({ customerStates: ['NEARBY', 'CREATED', 'NEARBY'] }),
      [['INVALID', 'customerStates.2']],
    ],
  ])(
    'webhookCreate and webhookUpdate refuse filters with %s, and write nothing',
    async (_, filters, expected) => {
      const refused = filters(await createSite(acme), await createSite(await server.tenant()))
      const { id } = await createWebhook(acme, receiver)
      const before = await fingerprint(server.connections)
      const input = { name: 'POS', url: receiver.url, topics: ['order.*'], filters: refused }
      for (const { userErrors } of [
        await mutate(acme, 'WebhookCreate', input),
        await mutate(acme, 'WebhookUpdate', { id, filters: refused }),
      ])
        expect(userErrors.map(({ code, field }) => [code, field.join('.')])).toEqual(
          expected.map(([code, field]) => [code, `filters.${field}`]),
        )
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )
})

test('a FOODY webhook gets no delivery of order.eta_changed, which its dialect does not carry', async () => {
  const { id } = await createWebhook(acme, receiver, { dialect: 'FOODY' })
  const order = await createOrder(acme)
  await mutateOrThrow(acme, 'OrderUpdate', { orderId: order.id, etaAt: '2026-02-26T17:20:00.000Z' })
  await changeOrderState(acme, order.id, 'READY')

  expect(await topicsOf(id)).toEqual(['order.state_changed', 'order.created'])
})
