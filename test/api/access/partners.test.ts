/** What a partner's key sees of its project, and whose webhooks it makes. That it sees nothing else is isolation.test.ts. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { aWebhook, anOrder, done, log, missingId, move, mutate, settled } from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant
let courier: Tenant & { readonly partnerId: string }
let rival: Tenant & { readonly partnerId: string }

beforeAll(async () => {
  server = await startTestServer()
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
const wish = { name: 'POS', url: 'https://pos.example/', topics: ['order.*'] }
const seen = `number state redemptionCode site { name } customer { name licensePlate }`

async function ask(tenant: Tenant, id: string) {
  const { order } = await tenant.gql<{ order: object | null }>(
    `query ($id: ID!) { order(id: $id) { ${seen} events { nodes { topic data } } } }`,
    { id },
  )
  return order
}

describe('of an order, a partner sees', () => {
  test('nothing before one of its webhooks was owed an event of it', async () => {
    const { id } = await anOrder(acme, details)
    expect(await ask(courier, id)).toBeNull()
  })

  test('uid, state and times where its payloads carry no more', async () => {
    const { id: webhookId } = await aWebhook(courier, receiver, {
      ...{ preset: 'FOODY', topics: ['order.created'] },
    })
    const { id, number } = await anOrder(acme, details)

    const order = await ask(courier, id)
    expect(order).toMatchObject({ number, redemptionCode: null, site: null, customer: null })
    expect(JSON.stringify(order)).not.toMatch(/NNSE9J|Brian|KLW|Main/)
    await done(courier, 'WebhookDelete', { id: webhookId })
  })

  test('all as the last event told that it was owed, and not what came after', async () => {
    await aWebhook(rival, receiver, { topics: ['order.created'] })
    const { id } = await anOrder(acme, details)
    await move(acme, id, 'READY')
    await done(acme, 'OrderUpdate', { orderId: id, redemptionCode: 'LATER' })

    expect(await ask(rival, id)).toMatchObject({
      ...{ state: 'CREATED', redemptionCode: 'NNSE9J', site: { name: 'Main Street' } },
      customer: { name: 'Brian Johnson', licensePlate: 'KLW-9104' },
      events: { nodes: [{ topic: 'order.created' }] },
    })
    expect(await ask(acme, id)).toMatchObject({ state: 'READY', redemptionCode: 'LATER' })
  })

  test('that an event was skipped, and not what it says', async () => {
    const late = await asPartner(server, acme, 'Late Ltd')
    const webhook = await aWebhook(late, receiver, { enabled: false })
    const { id } = await anOrder(acme, details)
    const [delivery] = await log(late, { webhookIds: [webhook.id] })

    expect(delivery).toMatchObject({ state: 'SKIPPED', event: { topic: 'order.created', order: null } })
    expect(await ask(late, id)).toBeNull()
    await done(late, 'WebhookEnable', { id: webhook.id, skipped: 'REPLAY' })
    await settled(late, { webhookIds: [webhook.id] })
    expect(await ask(late, id)).toMatchObject({ redemptionCode: 'NNSE9J' })
  })
})

describe('a webhook', () => {
  const whose = (tenant: Tenant, id: string) =>
    tenant.gql('query ($id: ID!) { webhook(id: $id) { partner { id } } }', { id })

  test('of a partner is its own, named or not, and it names no other', async () => {
    for (const named of [{}, { partnerId: courier.partnerId }, { partnerId: null }]) {
      const { id } = await aWebhook(courier, receiver, { topics: ['menu.updated'], ...named })
      expect(await whose(acme, id)).toEqual({ webhook: { partner: { id: courier.partnerId } } })
    }
    const other = await mutate(courier, 'WebhookCreate', { ...wish, partnerId: rival.partnerId })
    const missing = await mutate(courier, 'WebhookCreate', { ...wish, partnerId: missingId('ptn') })
    expect(other).toEqual(missing)
    expect(other.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['partnerId'] }])
  })

  test('cannot be given away by a partner', async () => {
    const { id } = await aWebhook(courier, receiver, { topics: ['menu.updated'] })
    const given = await mutate(courier, 'WebhookUpdate', { id, partnerId: null })
    expect(given.userErrors).toMatchObject([{ code: 'INVALID', field: ['partnerId'] }])
  })

  test('is made, given and taken by the platform', async () => {
    const { id } = await aWebhook(acme, receiver, { topics: ['menu.updated'], partnerId: courier.partnerId })
    expect(await whose(courier, id)).toEqual({ webhook: { partner: { id: courier.partnerId } } })
    await done(acme, 'WebhookUpdate', { id, partnerId: rival.partnerId })
    expect(await whose(courier, id)).toEqual({ webhook: null })
    expect(await whose(rival, id)).toEqual({ webhook: { partner: { id: rival.partnerId } } })
    await done(acme, 'WebhookUpdate', { id, partnerId: null })
    expect(await whose(rival, id)).toEqual({ webhook: null })
    const unknown = await mutate(acme, 'WebhookUpdate', { id, partnerId: missingId('ptn') })
    expect(unknown.userErrors).toMatchObject([{ code: 'NOT_FOUND', field: ['partnerId'] }])
  })
})
