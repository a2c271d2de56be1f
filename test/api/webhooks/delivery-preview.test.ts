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

/** A project with one webhook, and one event that it got. */
async function given() {
  const tenant = await server.tenant()
  const webhook = await createWebhook(tenant, receiver)
  await createOrder(tenant)
  const [delivery] = await waitForSettled(tenant, {})
  if (delivery === undefined) throw new Error('expected a delivery')
  return { tenant, webhook, delivery, eventId: delivery.event.id }
}

describe('the preview of an event that was delivered', () => {
  test('is what the receiver got, but for the time, with its secret masked and nothing sent or written', async () => {
    const { tenant, webhook, delivery, eventId } = await given()
    const sent = receiver.requests.find(({ headers }) => headers['webhook-id'] === delivery.id)
    const heard = receiver.requests.length
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
    expect(receiver.requests).toHaveLength(heard)
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})

test('without an event it shows an example, by an example id', async () => {
  const { tenant, webhook } = await given()
  const found = await preview(tenant, webhook.id)

  expect(found).toMatchObject({
    wouldDeliver: true,
    reason: 'the webhook is enabled and selects order.state_changed',
  })
  expect(JSON.parse(found?.request?.body ?? '')).toMatchObject({ data: { number: 187 } })
  expect(header(found, 'webhook-id')).toMatch(/^dlv_/)
})

test('without an event it shows an example of what the webhook asks for, whatever its filters are', async () => {
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

describe('why a webhook would not get an event', () => {
  test('that it did not ask for', async () => {
    const { tenant, eventId } = await given()
    const other = await createWebhook(tenant, receiver, { topics: ['order.deleted', 'order.updated'] })

    expect(await preview(tenant, other.id, eventId)).toMatchObject({
      wouldDeliver: false,
      reason: 'the webhook asks for order.deleted, order.updated, not for order.created',
      request: { method: 'POST' },
    })
  })

  test('that its wire cannot show, unless it names the topic; no delivery is made then', async () => {
    const tenant = await server.tenant()
    const aFlybuy = (topics: readonly string[]) =>
      createWebhook(tenant, receiver, { dialect: 'FLYBUY', topics })
    const [byResource, byName] = [await aFlybuy(['order.*']), await aFlybuy(['order.*', 'order.deleted'])]
    const { id } = await createOrder(tenant)
    const { event } = await mutateOrThrow<{ event: { id: string } }>(tenant, 'OrderDelete', { orderId: id })
    const deliveries = await waitForSettled(tenant, { orderIds: [id] })

    const got = (webhookId: string) =>
      deliveries.filter(({ webhook }) => webhook.id === webhookId).map((one) => one.event.topic)
    expect(got(byResource.id)).toEqual(['order.created'])
    expect(got(byName.id).toSorted()).toEqual(['order.created', 'order.deleted'])
    expect(await preview(tenant, byResource.id, event.id)).toMatchObject({
      wouldDeliver: false,
      reason:
        "a FLYBUY request cannot show order.deleted: it is sent only where the webhook's topics name order.deleted, and they are order.*",
      request: { method: 'POST' },
    })
    expect(await preview(tenant, byName.id, event.id)).toMatchObject({ wouldDeliver: true })
    const onlyDeleted = await aFlybuy(['order.deleted'])
    expect(await preview(tenant, onlyDeleted.id)).toMatchObject({
      wouldDeliver: true,
      reason: 'the webhook is enabled and selects order.deleted',
    })
  })

  test('because it is off: the request is shown all the same', async () => {
    const { tenant, webhook, eventId } = await given()
    await mutateOrThrow(tenant, 'WebhookDisable', { id: webhook.id })

    expect(await preview(tenant, webhook.id, eventId)).toMatchObject({
      wouldDeliver: false,
      reason: expect.stringMatching(
        /^the webhook is disabled: the event would be SKIPPED; its delivery/,
      ) as string,
      request: { method: 'POST' },
    })
  })

  test('because it was deleted: there is no request any more', async () => {
    const { tenant, webhook, eventId } = await given()
    await mutateOrThrow(tenant, 'WebhookDelete', { id: webhook.id })

    expect(await preview(tenant, webhook.id, eventId)).toMatchObject({
      wouldDeliver: false,
      reason: expect.stringMatching(/^the webhook was deleted/) as string,
      request: null,
    })
  })
})

test('an event or a webhook that the project has not answers null, all kinds alike', async () => {
  const { tenant, webhook, delivery, eventId } = await given()
  const stranger = await given()

  for (const event of [stranger.eventId, missingId('evt'), delivery.id, '', 'evt_1'])
    expect(await preview(tenant, webhook.id, event), event).toBeNull()
  for (const id of [stranger.webhook.id, missingId('whk'), delivery.id, ''])
    expect(await preview(tenant, id, eventId), id).toBeNull()
})

test('costs ten points', async () => {
  const { tenant, webhook } = await given()
  const { body } = await tenant.post({
    query: `query ($id: ID!) { deliveryPreview(webhookId: $id) { reason } }`,
    variables: { id: webhook.id },
  })

  expect(body).toMatchObject({ extensions: { cost: { requested: 10 } } })
})
