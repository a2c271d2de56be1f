import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  fingerprint,
  missingId,
  waitForSettled,
} from '../support/fixtures.ts'

interface Preview {
  readonly wouldDeliver: boolean
  readonly reason: string
  readonly request: {
    readonly method: string
    readonly url: string
    readonly headers: readonly { readonly name: string; readonly value: string }[]
    readonly body: string
  } | null
}

let server: TestServer
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function preview(tenant: Tenant, webhookId: string, eventId?: string): Promise<Preview | null> {
  const answer = await tenant.gql<{ deliveryPreview: Preview | null }>(documents.Preview, {
    webhookId,
    eventId,
  })
  return answer.deliveryPreview
}

const header = (found: Preview | null, name: string) =>
  found?.request?.headers.find((one) => one.name === name)?.value

/** Creates a project with one webhook and one delivered event. */
async function createDelivery() {
  const tenant = await server.tenant()
  const webhook = await createWebhook(tenant, receiver)
  await createOrder(tenant)
  const [delivery] = await waitForSettled(tenant, {})
  if (delivery === undefined) throw new Error('expected a delivery')
  return { tenant, webhook, delivery, eventId: delivery.event.id }
}

describe('deliveryPreview', () => {
  test('deliveryPreview of a delivered event returns the request that was sent, with the signature masked, and sends and writes nothing', async () => {
    const { tenant, webhook, delivery, eventId } = await createDelivery()
    const sent = receiver.requests.find(({ headers }) => headers['webhook-id'] === delivery.id)
    const requestCount = receiver.requests.length
    const before = await fingerprint(server.connections)
    const found = await preview(tenant, webhook.id, eventId)

    expect(found).toMatchObject({
      wouldDeliver: true,
      reason: `the webhook is enabled and selects order.created; its delivery ${delivery.id} is DELIVERED`,
      request: { method: 'POST', url: webhook.url, body: sent?.body },
    })
    expect(header(found, 'webhook-id')).toBe(delivery.id)
    expect(header(found, 'webhook-signature')).toBe('[masked]')
    expect(found?.request?.headers.map(({ name }) => name).toSorted()).toEqual(
      Object.keys(sent?.headers ?? {})
        .filter((name) => !['host', 'connection', 'content-length'].includes(name))
        .toSorted(),
    )
    expect(JSON.stringify(found)).not.toContain(webhook.secret)
    expect(receiver.requests).toHaveLength(requestCount)
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})

test('deliveryPreview without an event returns an example with an example delivery id', async () => {
  const { tenant, webhook } = await createDelivery()
  const found = await preview(tenant, webhook.id)

  expect(found).toMatchObject({
    wouldDeliver: true,
    reason: 'the webhook is enabled and selects order.state_changed',
  })
  expect(JSON.parse(found?.request?.body ?? '')).toMatchObject({ data: { number: 187 } })
  expect(header(found, 'webhook-id')).toMatch(/^dlv_/)
})

test('deliveryPreview without an event returns an example of a topic of the webhook, without regard to its filters', async () => {
  const tenant = await server.tenant()
  const siteId = await createSite(tenant)
  const menus = await createWebhook(tenant, receiver, { topics: ['menu.*'] })
  const couriers = await createWebhook(tenant, receiver, {
    topics: ['order.created'],
    filters: { siteIds: [siteId], orderStates: ['CANCELLED'] },
  })

  const ofMenu = await preview(tenant, menus.id)
  expect(ofMenu).toMatchObject({
    wouldDeliver: true,
    reason: 'the webhook is enabled and selects menu.updated',
  })
  expect(JSON.parse(ofMenu?.request?.body ?? '')).toMatchObject({ type: 'menu.updated' })
  const ofOrder = await preview(tenant, couriers.id)
  expect(ofOrder).toMatchObject({ wouldDeliver: true })
  expect(JSON.parse(ofOrder?.request?.body ?? '')).toMatchObject({ type: 'order.created' })
})

describe('deliveryPreview of an event that would not be delivered', () => {
  test('deliveryPreview gives as the reason that the webhook is not subscribed to the topic', async () => {
    const { tenant, eventId } = await createDelivery()
    const other = await createWebhook(tenant, receiver, { topics: ['order.deleted', 'order.updated'] })

    expect(await preview(tenant, other.id, eventId)).toMatchObject({
      wouldDeliver: false,
      reason: 'the webhook selects order.deleted, order.updated, not order.created',
      request: { method: 'POST' },
    })
  })

  test('deliveryPreview gives as the reason that FLYBUY cannot show order.deleted, which is delivered only to webhooks that name it', async () => {
    const tenant = await server.tenant()
    const createFlybuy = (topics: readonly string[]) =>
      createWebhook(tenant, receiver, { dialect: 'FLYBUY', topics })
    const [byResource, byName] = [
      await createFlybuy(['order.*']),
      await createFlybuy(['order.*', 'order.deleted']),
    ]
    const { id } = await createOrder(tenant)
    const { event } = await mutateOrThrow<{ event: { id: string } }>(tenant, 'OrderDelete', { orderId: id })
    const deliveries = await waitForSettled(tenant, { orderIds: [id] })

    const topicsOf = (webhookId: string) =>
      deliveries.filter(({ webhook }) => webhook.id === webhookId).map((one) => one.event.topic)
    expect(topicsOf(byResource.id)).toEqual(['order.created'])
    expect(topicsOf(byName.id).toSorted()).toEqual(['order.created', 'order.deleted'])
    expect(await preview(tenant, byResource.id, event.id)).toMatchObject({
      wouldDeliver: false,
      reason:
        "a FLYBUY request cannot show order.deleted: it is sent only if the webhook's topics name order.deleted, and they are order.*",
      request: { method: 'POST' },
    })
    expect(await preview(tenant, byName.id, event.id)).toMatchObject({ wouldDeliver: true })
    const onlyDeleted = await createFlybuy(['order.deleted'])
    expect(await preview(tenant, onlyDeleted.id)).toMatchObject({
      wouldDeliver: true,
      reason: 'the webhook is enabled and selects order.deleted',
    })
  })

  test('deliveryPreview gives as the reason that the webhook is disabled, with the request', async () => {
    const { tenant, webhook, eventId } = await createDelivery()
    await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })

    expect(await preview(tenant, webhook.id, eventId)).toMatchObject({
      wouldDeliver: false,
      reason: expect.stringMatching(
        /^the webhook is disabled: the event would be SKIPPED; its delivery/,
      ) as string,
      request: { method: 'POST' },
    })
  })

  test('deliveryPreview gives as the reason that the webhook is deleted, without a request', async () => {
    const { tenant, webhook, eventId } = await createDelivery()
    await mutateOrThrow(tenant, 'WebhookDelete', { id: webhook.id })

    expect(await preview(tenant, webhook.id, eventId)).toMatchObject({
      wouldDeliver: false,
      reason: expect.stringMatching(/^the webhook was deleted/) as string,
      request: null,
    })
  })
})

test('deliveryPreview returns null for an event or a webhook that is missing, of another project or of another type', async () => {
  const { tenant, webhook, delivery, eventId } = await createDelivery()
  const other = await createDelivery()

  for (const event of [other.eventId, missingId('evt'), delivery.id, '', 'evt_1'])
    expect(await preview(tenant, webhook.id, event), event).toBeNull()
  for (const id of [other.webhook.id, missingId('whk'), delivery.id, ''])
    expect(await preview(tenant, id, eventId), id).toBeNull()
})

test('deliveryPreview costs 10 points', async () => {
  const { tenant, webhook } = await createDelivery()
  const { body } = await tenant.post({
    query: `query ($id: ID!) { deliveryPreview(webhookId: $id) { reason } }`,
    variables: { id: webhook.id },
  })

  expect(body).toMatchObject({ extensions: { cost: { requested: 10 } } })
})
