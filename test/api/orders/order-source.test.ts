/** The source of an order: where it is checked, shown and filtered. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { sharedTestServer, type Tenant, type TestServer } from '../../support/server.ts'
import { createOrder, createSite, createWebhook, mutate, waitForSettled } from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
let siteId: string

beforeAll(async () => {
  server = await sharedTestServer()
  receiver = await startReceiver()
  acme = await server.tenant()
  siteId = await createSite(acme)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function sourceOf(tenant: Tenant, id: string): Promise<string | null | undefined> {
  const { order } = await tenant.gql<{ order: { source: string | null } | null }>(
    'query ($id: ID!) { order(id: $id) { source } }',
    { id },
  )
  return order?.source
}

describe("an order's source", () => {
  test('an order shows its source, and its events and the audit log contain it', async () => {
    const webhook = await createWebhook(acme, receiver)
    const { id } = await createOrder(acme, { siteId, source: ' web-shop.v2 ' })
    await waitForSettled(acme, { webhookIds: [webhook.id] })

    expect(await sourceOf(acme, id)).toBe('web-shop.v2')
    const { events, auditLog } = await acme.gql<{
      events: { nodes: readonly { data: object }[] }
      auditLog: { nodes: readonly { after: object }[] }
    }>(
      `query ($id: ID!) {
        events(filter: { orderIds: [$id] }) { nodes { data } }
        auditLog(filter: { objectIds: [$id] }) { nodes { after } }
      }`,
      { id },
    )
    expect(events.nodes[0]?.data).toMatchObject({ id, source: 'web-shop.v2' })
    expect(auditLog.nodes[0]?.after).toMatchObject({ source: 'web-shop.v2' })
    expect(JSON.parse(receiver.requests.at(-1)?.body ?? '')).toMatchObject({
      data: { source: 'web-shop.v2' },
    })
    expect(await sourceOf(acme, (await createOrder(acme, { siteId })).id)).toBeNull()
  })

  test('a PARTNER sees the source only when the requests to its webhooks contain it', async () => {
    const [standard, flybuy] = [await asPartner(server, acme, 'One'), await asPartner(server, acme, 'Two')]
    await createWebhook(standard, receiver)
    await createWebhook(flybuy, receiver, { preset: 'FLYBUY' })
    const { id } = await createOrder(acme, { siteId, source: 'app' })

    expect(await sourceOf(standard, id)).toBe('app')
    expect(await sourceOf(flybuy, id)).toBeNull()
  })

  test.each([
    ['a space', 'my app', 'INVALID'],
    ['nothing', '', 'INVALID'],
    ['white space', ' \t ', 'INVALID'],
    ['a dot first', '.app', 'INVALID'],
    ['a letter with an accent', 'café', 'INVALID'],
    ['a line break', 'app\nweb', 'INVALID'],
    ['41 characters', 'a'.repeat(41), 'TOO_LONG'],
  ])('a source with %s is refused, and no order is created', async (_, source, code) => {
    const answer = await mutate<{ order: object | null }>(acme, 'OrderCreate', { siteId, source })
    expect(answer).toMatchObject({ order: null, userErrors: [{ code, field: ['source'] }] })
  })

  test('a source of 40 characters is accepted, and a repeated orderCreate must name the same source', async () => {
    const source = 'a'.repeat(40)
    const input = { siteId, source, idempotencyKey: 'source' }
    const first = await mutate<{ order: { id: string } }>(acme, 'OrderCreate', input)
    expect(await sourceOf(acme, first.order.id)).toBe(source)
    expect(await mutate(acme, 'OrderCreate', input)).toEqual(first)
    for (const other of ['app', null])
      expect((await mutate(acme, 'OrderCreate', { ...input, source: other })).userErrors).toMatchObject([
        { code: 'IDEMPOTENCY_KEY_REUSED' },
      ])
  })
})
