/**
 * Partners: what a PARTNER key sees of orders, which webhooks it may create and change, and partnerCreate. Another
 * partner's objects: `isolation.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  listDeliveries,
  missingId,
  changeOrderState,
  mutate,
  waitForSettled,
} from '../support/fixtures.ts'
import { auditEntriesOf } from '../support/key-calls.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
let courier: Tenant & { readonly partnerId: string }
let rival: Tenant & { readonly partnerId: string }

beforeAll(async () => {
  server = await sharedTestServer()
  receiver = await startReceiver()
  acme = await server.tenant()
  courier = await asPartner(server, acme)
  rival = await asPartner(server, acme, 'Rival Ltd')
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const details = { redemptionCode: 'NNSE9J', customer: { name: 'Brian Johnson', licensePlate: 'KLW-9104' } }
const webhookInput = { name: 'POS', url: 'https://pos.example/', topics: ['order.*'] }
const orderFields = `number state redemptionCode site { name } customer { name licensePlate }`

async function readOrder(tenant: Tenant, id: string) {
  const { order } = await tenant.gql<{ order: object | null }>(
    `query ($id: ID!) { order(id: $id) { ${orderFields} events { nodes { topic data } } } }`,
    { id },
  )
  return order
}

describe("a partner's view of orders", () => {
  test('a partner does not see an order of which none of its webhooks receives an event', async () => {
    const { id } = await createOrder(acme, details)
    expect(await readOrder(courier, id)).toBeNull()
  })

  test('a partner with a FOODY webhook does not see the redemption code, the site and the customer of an order', async () => {
    const { id: webhookId } = await createWebhook(courier, receiver, {
      ...{ preset: 'FOODY', topics: ['order.created'] },
    })
    const { id, number } = await createOrder(acme, details)

    const order = await readOrder(courier, id)
    expect(order).toMatchObject({ number, redemptionCode: null, site: null, customer: null })
    expect(JSON.stringify(order)).not.toMatch(/NNSE9J|Brian|KLW|Main/)
    await mutateOrThrow(courier, 'WebhookDelete', { id: webhookId })
  })

  test('a partner sees an order as in the last event that one of its webhooks received, without later changes', async () => {
    await createWebhook(rival, receiver, { topics: ['order.created'] })
    const { id } = await createOrder(acme, details)
    await changeOrderState(acme, id, 'READY')
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, redemptionCode: 'LATER' })

    expect(await readOrder(rival, id)).toMatchObject({
      ...{ state: 'CREATED', redemptionCode: 'NNSE9J', site: { name: 'Main Street' } },
      customer: { name: 'Brian Johnson', licensePlate: 'KLW-9104' },
      events: { nodes: [{ topic: 'order.created' }] },
    })
    expect(await readOrder(acme, id)).toMatchObject({ state: 'READY', redemptionCode: 'LATER' })
  })

  test('a partner sees that an event was skipped, and sees its order after the replay', async () => {
    const late = await asPartner(server, acme, 'Late Ltd')
    const webhook = await createWebhook(late, receiver, { enabled: false })
    const { id } = await createOrder(acme, details)
    const [delivery] = await listDeliveries(late, { webhookIds: [webhook.id] })

    expect(delivery).toMatchObject({ state: 'SKIPPED', event: { topic: 'order.created', order: null } })
    expect(await readOrder(late, id)).toBeNull()
    await mutateOrThrow(late, 'WebhookEnable', { id: webhook.id, skipped: 'REPLAY' })
    await waitForSettled(late, { webhookIds: [webhook.id] })
    expect(await readOrder(late, id)).toMatchObject({ redemptionCode: 'NNSE9J' })
  })
})

describe('owner of a webhook', () => {
  const ownerOf = (tenant: Tenant, id: string) =>
    tenant.gql('query ($id: ID!) { webhook(id: $id) { partner { id } } }', { id })

  test('a webhook that a partner creates is its own, and the partner cannot name another or an unknown partner', async () => {
    for (const given of [{}, { partnerId: courier.partnerId }, { partnerId: null }]) {
      const { id } = await createWebhook(courier, receiver, { topics: ['menu.updated'], ...given })
      expect(await ownerOf(acme, id)).toEqual({ webhook: { partner: { id: courier.partnerId } } })
    }
    const other = await mutate(courier, 'WebhookCreate', { ...webhookInput, partnerId: rival.partnerId })
    const missing = await mutate(courier, 'WebhookCreate', { ...webhookInput, partnerId: missingId('ptn') })
    expect(other).toEqual(missing)
    expect(other.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['partnerId'] }])
  })

  test('a partner cannot give its webhook to the platform', async () => {
    const { id } = await createWebhook(courier, receiver, { topics: ['menu.updated'] })
    const updated = await mutate(courier, 'WebhookUpdate', { id, partnerId: null })
    expect(updated.userErrors).toMatchObject([{ code: 'INVALID', field: ['partnerId'] }])
  })

  test('a PLATFORM key creates a webhook for a partner, gives it to another partner and takes it back', async () => {
    const { id } = await createWebhook(acme, receiver, {
      topics: ['menu.updated'],
      partnerId: courier.partnerId,
    })
    expect(await ownerOf(courier, id)).toEqual({ webhook: { partner: { id: courier.partnerId } } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, partnerId: rival.partnerId })
    expect(await ownerOf(courier, id)).toEqual({ webhook: null })
    expect(await ownerOf(rival, id)).toEqual({ webhook: { partner: { id: rival.partnerId } } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, partnerId: null })
    expect(await ownerOf(rival, id)).toEqual({ webhook: null })
    const unknown = await mutate(acme, 'WebhookUpdate', { id, partnerId: missingId('ptn') })
    expect(unknown.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['partnerId'] }])
  })
})

describe('partners', () => {
  test('partnerCreate adds partners, which are listed newest first and found by id in their own project alone', async () => {
    const tenant = await server.tenant('Shop')
    const added = async (name: string) =>
      (await mutateOrThrow<{ partner: { id: string; name: string } }>(tenant, 'PartnerCreate', { name }))
        .partner
    const first = await added('First')
    const second = await added(' Second ')

    expect(second).toEqual({ id: expect.stringMatching(/^ptn_/) as string, name: 'Second' })
    expect(await tenant.gql('{ partners { nodes { id name } } }')).toEqual({
      partners: { nodes: [second, first] },
    })
    const found = 'query ($id: ID!) { partner(id: $id) { name } node(id: $id) { id } }'
    expect(await tenant.gql(found, { id: first.id })).toEqual({
      partner: { name: 'First' },
      node: { id: first.id },
    })
    expect(await acme.gql(found, { id: first.id })).toEqual({ partner: null, node: null })
    expect(await auditEntriesOf(server, first.id)).toMatchObject([
      { operation: 'partnerCreate', after: { name: 'First' } },
    ])
  })

  test('partnerCreate refuses partner 1,001 of a project with LIMIT_REACHED', async () => {
    const full = await server.tenant('Full')
    await server.connections.sql`
      insert into partners (id, project_id, name, created_at)
      select 'ptn_' || lpad(n::text, 26, '0'), ${full.projectId}, 'p', now() from generate_series(1, 1000) n`
    expect(await mutate(full, 'PartnerCreate', { name: 'One more' })).toMatchObject({
      partner: null,
      userErrors: [{ code: 'LIMIT_REACHED' }],
    })
  })

  test.each([
    ['an empty name', '', 'REQUIRED'],
    ['a name of 201 characters', 'x'.repeat(201), 'TOO_LONG'],
  ])('partnerCreate refuses %s', async (_, name, code) => {
    expect(await mutate(acme, 'PartnerCreate', { name })).toMatchObject({
      partner: null,
      userErrors: [{ code, field: ['name'] }],
    })
  })
})
