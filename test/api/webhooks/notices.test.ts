/** Notices: events about webhooks and their deliveries, which a STANDARD webhook selects. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  createWebhook,
  listDeliveries,
  mutate,
  mutateOrThrow,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
/** Accepts everything. */
let watching: Receiver
/** Answers 500. */
let failing: Receiver
beforeAll(async () => {
  server = await sharedTestServer()
  watching = await startReceiver()
  failing = await startReceiver()
  failing.script(500)
})
afterAll(async () => {
  await watching.close()
  await failing.close()
  await server.close()
})

interface Body {
  readonly type: string
  readonly timestamp: string
  readonly data: {
    readonly webhook?: { readonly id: string }
    readonly count?: number
    readonly [name: string]: unknown
  }
}

const allNotices = ['webhook.*', 'delivery.*']
const watch = (tenant: Tenant, input: Input = {}) =>
  createWebhook(tenant, watching, { name: 'Watcher', topics: allNotices, ...input })

/** The notices about a webhook that the receiver got, in the order of their arrival. */
const bodiesAbout = (id: string, receiver = watching): readonly Body[] =>
  receiver.requests.map(({ body }) => JSON.parse(body) as Body).filter(({ data }) => data.webhook?.id === id)

async function noticesAbout(id: string, count: number): Promise<readonly Body[]> {
  await waitFor(() => bodiesAbout(id).length >= count, { what: `${count} notices about ${id}` })
  return bodiesAbout(id)
}

describe('notices', () => {
  test('a webhook that fails, exhausts a delivery and is disabled by a rule makes one notice of each kind, without its URL, headers or the body of a response', async () => {
    const acme = await server.tenant()
    await watch(acme)
    failing.script((_, response) => void response.writeHead(410).end('SECRET-BODY'))
    const { id } = await createWebhook(acme, failing, {
      name: 'Till',
      topics: ['order.created'],
      headers: [{ name: 'x-api-key', value: 'SECRET-HEADER' }],
      policy: quickRetries(0),
    })
    const order = await createOrder(acme)
    const notices = await noticesAbout(id, 3)
    failing.script(500)

    const webhook = { id, name: 'Till', preset: 'STANDARD', partnerId: null }
    const [delivery] = await listDeliveries(acme, { webhookIds: [id] })
    const byType = Object.fromEntries(notices.map(({ type, data }) => [type, data]))
    expect(byType).toEqual({
      'webhook.failing': {
        ...{ webhook, at: expect.stringMatching(/Z$/) as string },
        message: expect.stringMatching(/^An attempt failed: the receiver answered 410/) as string,
      },
      'webhook.disabled': {
        ...{ webhook, at: expect.any(String) as string, reason: 'GONE' },
        message: expect.any(String) as string,
      },
      'delivery.exhausted': {
        ...{ webhook, at: expect.any(String) as string, count: 1 },
        deliveries: [
          {
            ...{ id: delivery?.id, topic: 'order.created', orderId: order.id, attemptCount: 1 },
            ...{ outcome: 'HTTP_ERROR', statusCode: 410 },
          },
        ],
      },
    })
    const all = watching.requests.map(({ body }) => body).join()
    for (const secret of ['SECRET-BODY', 'SECRET-HEADER', failing.url]) expect(all).not.toContain(secret)

    await mutateOrThrow(acme, 'WebhookEnable', { id })
    expect((await noticesAbout(id, 4)).map(({ type }) => type)).toContain('webhook.enabled')
  })

  test('disabling and enabling on request make one notice each, and repeated requests none', async () => {
    const acme = await server.tenant()
    await watch(acme)
    const { id } = await createWebhook(acme, failing, { topics: ['menu.updated'] })
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, enabled: true })
    await mutateOrThrow(acme, 'WebhookEnable', { id })
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    const notices = await noticesAbout(id, 3)
    await waitForSettled(acme, {})
    expect(bodiesAbout(id)).toHaveLength(3)
    expect(notices.map(({ type }) => type).toSorted()).toEqual([
      'webhook.disabled',
      'webhook.disabled',
      'webhook.enabled',
    ])
  })

  test('a webhook receives no notice about itself', async () => {
    const acme = await server.tenant()
    const { id } = await createWebhook(acme, failing, {
      topics: ['order.created', ...allNotices],
      policy: quickRetries(0),
    })
    const other = await watch(acme)
    await createOrder(acme)
    await noticesAbout(id, 2)
    await waitForSettled(acme, {})
    expect(await listDeliveries(acme, { webhookIds: [id] })).toMatchObject([
      { event: { topic: 'order.created' } },
    ])
    expect(await listDeliveries(acme, { webhookIds: [other.id] })).toHaveLength(2)
  })

  test('two webhooks that watch each other and both fail stop after the notices of the order: a failed notice makes none', async () => {
    const acme = await server.tenant()
    const policy = { ...quickRetries(0), disable: [] }
    const topics = ['order.created', ...allNotices]
    const one = await createWebhook(acme, failing, { topics, policy })
    const two = await createWebhook(acme, failing, { topics, policy })
    await createOrder(acme)
    // Of each webhook: the order, and a failing and an exhausted notice about the other.
    await waitFor(async () => (await listDeliveries(acme)).length >= 6, {
      what: 'the notices of both webhooks',
    })
    await waitForSettled(acme, {})
    const deliveries = await listDeliveries(acme)
    const summary = deliveries.map(({ event, state }) => `${event.topic} ${state}`).toSorted()
    expect(summary).toEqual([
      ...['delivery.exhausted EXHAUSTED', 'delivery.exhausted EXHAUSTED'],
      ...['order.created EXHAUSTED', 'order.created EXHAUSTED'],
      ...['webhook.failing EXHAUSTED', 'webhook.failing EXHAUSTED'],
    ])
    // A rule that disables one of them makes one notice; the other is then disabled at most once.
    await mutateOrThrow(acme, 'WebhookUpdate', {
      id: one.id,
      policy: { ...quickRetries(0), disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 1 }] },
    })
    await mutateOrThrow(acme, 'WebhookUpdate', {
      id: two.id,
      policy: { ...quickRetries(0), disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 1 }] },
    })
    await createOrder(acme)
    const enabled =
      'query ($one: ID!, $two: ID!) { one: webhook(id: $one) { enabled } two: webhook(id: $two) { enabled } }'
    await waitFor(
      async () =>
        JSON.stringify(await acme.gql(enabled, { one: one.id, two: two.id })).split('false').length === 3,
      { what: 'both webhooks to be disabled' },
    )
    const disabled = (await listDeliveries(acme)).filter(({ event }) => event.topic === 'webhook.disabled')
    expect(disabled.length).toBeLessThanOrEqual(2)
  })

  test('a disabled watcher has its notices SKIPPED, and receives them when it is enabled with REPLAY', async () => {
    const acme = await server.tenant()
    const watcher = await watch(acme, { topics: ['webhook.enabled', 'webhook.disabled'] })
    await mutateOrThrow(acme, 'WebhookDisable', { id: watcher.id })
    const { id } = await createWebhook(acme, failing, { topics: ['menu.updated'] })
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    expect(await listDeliveries(acme, { webhookIds: [watcher.id] })).toMatchObject([{ state: 'SKIPPED' }])
    await mutateOrThrow(acme, 'WebhookEnable', { id: watcher.id, skipped: 'REPLAY' })
    expect(await noticesAbout(id, 1)).toMatchObject([{ type: 'webhook.disabled' }])
  })

  test("a partner's webhook receives notices about webhooks of its own partner alone, the platform's about all", async () => {
    const acme = await server.tenant()
    const [courier, rival] = [await asPartner(server, acme), await asPartner(server, acme, 'Rival')]
    const [platform, own, others] = [await watch(acme), await watch(courier), await watch(rival)]
    const { id } = await createWebhook(courier, failing, { topics: ['menu.updated'] })
    const { id: ofPlatform } = await createWebhook(acme, failing, { topics: ['menu.updated'] })
    await mutateOrThrow(courier, 'WebhookDisable', { id })
    await mutateOrThrow(acme, 'WebhookDisable', { id: ofPlatform })
    await noticesAbout(id, 2)
    await noticesAbout(ofPlatform, 1)
    await waitForSettled(acme, {})
    const count = async (webhookId: string) =>
      (await listDeliveries(acme, { webhookIds: [webhookId] })).length
    expect([await count(platform.id), await count(own.id), await count(others.id)]).toEqual([2, 1, 0])
  })

  test('a project without a webhook that selects notices stores no event when its webhook fails, exhausts and is disabled', async () => {
    const acme = await server.tenant()
    await createWebhook(acme, watching, { topics: ['order.*'] })
    const { id } = await createWebhook(acme, failing, { topics: ['order.created'], policy: quickRetries(0) })
    await createOrder(acme)
    await waitForSettled(acme, {})
    await mutateOrThrow(acme, 'WebhookDisable', { id })
    const { events } = await acme.gql<{ events: { nodes: readonly { topic: string }[] } }>(
      '{ events { nodes { topic } } }',
    )
    expect(events.nodes).toEqual([{ topic: 'order.created' }])
  })

  test('deliveries of one webhook that end in one commit make one notice with their number', async () => {
    const acme = await server.tenant()
    await watch(acme, { topics: ['delivery.exhausted'] })
    const { id } = await createWebhook(acme, failing, {
      ...{ topics: ['order.created'], enabled: false },
      policy: { ...quickRetries(0), disable: [] },
    })
    for (let sent = 0; sent < 30; sent += 1) await createOrder(acme)
    await mutateOrThrow(acme, 'WebhookEnable', { id, skipped: 'REPLAY' })
    const counted = () => bodiesAbout(id).reduce((sum, { data }) => sum + (data.count ?? 0), 0)
    await waitFor(() => counted() >= 30, { what: 'all exhausted deliveries to be counted' })
    await waitForSettled(acme, {})
    expect(counted()).toBe(30)
    expect(bodiesAbout(id).length).toBeLessThan(30)
    const named = bodiesAbout(id).flatMap(({ data }) => data['deliveries'] as readonly { id: string }[])
    expect(new Set(named.map((one) => one.id)).size).toBe(30)
  })
})

describe('selection of notices', () => {
  test.each([
    ['FLIPDISH', 'webhook.disabled'],
    ['FLIPDISH', 'webhook.*'],
    ['FAST_EVENTS', 'delivery.exhausted'],
    ['FLYBUY', 'webhook.failing'],
    ['FOODY', 'delivery.*'],
  ])('a %s webhook that selects %s is refused with UNKNOWN_TOPIC', async (preset, topic) => {
    const acme = await server.tenant()
    const answer = await mutate(acme, 'WebhookCreate', {
      ...{ name: 'x', url: 'https://pos.example/', preset, topics: [topic] },
    })
    expect(answer.userErrors).toMatchObject([{ code: 'UNKNOWN_TOPIC', field: ['topics', '0'] }])
  })

  test('a notice cannot be published by hand', async () => {
    const acme = await server.tenant()
    const answer = await mutate(acme, 'EventPublish', { topic: 'webhook.enabled', data: {} })
    expect(answer.userErrors).toMatchObject([{ code: 'INVALID', field: ['topic'] }])
  })
})
