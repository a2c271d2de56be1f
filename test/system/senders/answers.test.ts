/** Each preset against a real receiver that implements its document: which responses succeed, which fail, and with which outcome. */
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import {
  mutateOrThrow,
  listDeliveries,
  waitForSettled,
  type AttemptNode,
} from '../../api/support/fixtures.ts'
import { waitFor } from '../../support/wait-for.ts'
import { verifies, senders, type Sender } from './partner.ts'
import { useSenderFixture, singleAttempt, createOrder, deliverOrders } from './sender-fixture.ts'

const fixture = useSenderFixture()

const anySuccess = [200, 201, 202, 204, 299]
const only200 = [200]
const successStatuses: Readonly<Record<Sender, readonly number[]>> = {
  STANDARD: anySuccess,
  FLYBUY: anySuccess,
  FLIPDISH: anySuccess,
  FOODY: only200,
  FAST_EVENTS: only200,
}
const statuses = [200, 201, 202, 204, 299, 301, 302, 304, 307, 400, 401, 404, 410, 422, 429, 500, 503]

const servers: Server[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

/** A local port that sends the greeting and closes, or sends nothing. */
async function listening(greeting: string | null): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    if (greeting !== null) socket.end(greeting)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function closedPort(): Promise<number> {
  const port = await listening('')
  await new Promise((resolve) => servers.pop()?.close(resolve))
  return port
}

// Most tests wait, each with a project and a receiver of its own.
describe.concurrent.each(senders)('%s', (preset) => {
  test('a request carries the credentials of its webhook, and a response of 200 delivers it', async () => {
    const registered = await fixture.registerWebhook({ preset })
    const [delivery] = await deliverOrders(registered, 1)

    expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 1 })
    const request = registered.partner.requests.at(-1)
    expect(request?.method).toBe('POST')
    expect(request && verifies[preset](registered.credentials, request)).toBe(true)
    const forged = { secret: `whsec_${Buffer.alloc(32, 9).toString('base64')}`, token: 'forged' }
    expect(request && verifies[preset](forged, request), 'other credentials do not verify the request').toBe(
      false,
    )
  })

  test('only the status codes that the document names as success deliver, the others fail as HTTP_ERROR', async () => {
    const registered = await fixture.registerWebhook({ preset, policy: singleAttempt, answers: statuses })
    const deliveries = await deliverOrders(registered, statuses.length)
    const found = deliveries.map(({ state, attempts }) => {
      const [attempt] = attempts.nodes
      expect(attempt).toMatchObject({ number: 1, trigger: 'SCHEDULE' })
      return [attempt?.statusCode, `${state} ${attempt?.outcome ?? ''}`]
    })

    expect(found).toHaveLength(statuses.length)
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(
        statuses.map((status) => [
          status,
          successStatuses[preset].includes(status) ? 'DELIVERED SUCCEEDED' : 'EXHAUSTED HTTP_ERROR',
        ]),
      ),
    )
  })

  test('a 302 response fails, and its target receives no request', async () => {
    const target = await fixture.partner()
    const registered = await fixture.registerWebhook({
      preset,
      policy: singleAttempt,
      answers: [(response) => response.writeHead(302, { location: target.url }).end()],
    })
    const [delivery] = await deliverOrders(registered, 1)

    expect(delivery?.attempts.nodes).toMatchObject([{ outcome: 'HTTP_ERROR', statusCode: 302 }])
    expect(target.requests).toEqual([])
  })

  test.each([
    { outcome: 'TIMED_OUT', at: async () => `http://127.0.0.1:${await listening(null)}/` },
    { outcome: 'CONNECTION_FAILED', at: async () => `http://127.0.0.1:${await closedPort()}/` },
    {
      outcome: 'PROTOCOL_ERROR',
      at: async () => `http://127.0.0.1:${await listening('SSH-2.0-OpenSSH_9.2\r\n\r\n')}/`,
    },
    { outcome: 'DNS_FAILED', at: async () => 'http://nobody.invalid/' },
    { outcome: 'TLS_FAILED', at: async () => (await fixture.partner(true)).url },
    { outcome: 'BLOCKED', at: async () => 'http://10.255.255.1/' },
  ])('an attempt without an HTTP response is recorded as $outcome', async ({ outcome, at }) => {
    const policy = { ...singleAttempt, timeoutMs: 1_000 }
    const registered = await fixture.registerWebhook({ preset, policy })
    // The receiver moves, or the operator blocks a network, after the webhook was saved.
    const url = await at()
    await fixture.server().connections
      .sql`update webhooks set url = ${url} where id = ${registered.webhook.id}`
    const [delivery] = await deliverOrders(registered, 1)

    expect(delivery).toMatchObject({ state: 'EXHAUSTED', attemptCount: 1 })
    expect(delivery?.attempts.nodes).toMatchObject([{ outcome, statusCode: null }])
  })

  test("failed attempts are retried by the webhook's schedule, never early, and each request carries the credentials", async () => {
    const wait = { minMs: 1_000, maxMs: 1_200 }
    const registered = await fixture.registerWebhook({
      preset,
      policy: { retry: { waits: [wait, wait] }, disable: [] },
      answers: [500, 503, 200],
    })
    const { partner, credentials } = registered
    const before = partner.requests.length
    await createOrder(registered)
    const [delivery] = await waitForSettled(registered.tenant, registered.filter)

    expect(delivery).toMatchObject({ state: 'DELIVERED', attemptCount: 3 })
    const requests = partner.requests.slice(before)
    expect(requests.map((request) => verifies[preset](credentials, request))).toEqual([true, true, true])
    const gaps = requests.slice(1).map(({ atMs }, index) => atMs - (requests[index]?.atMs ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(990)
  })

  test("the first retry is due by the preset's schedule", async () => {
    const registered = await fixture.registerWebhook({ preset, answers: [500] })
    const orderId = await createOrder(registered)
    const filter = { ...registered.filter, orderIds: [orderId] }
    let attempt: AttemptNode | undefined
    await waitFor(
      async () => {
        attempt = (await listDeliveries(registered.tenant, filter))[0]?.attempts.nodes[0]
        return attempt !== undefined
      },
      { what: 'the first attempt' },
    )
    const waitMs = Date.parse(attempt?.nextAttemptAt ?? '') - Date.parse(attempt?.startedAt ?? '')

    const [minMs, maxMs] = preset === 'FOODY' ? [60_000, 120_000] : [5_000, 6_000]
    expect(waitMs).toBeGreaterThanOrEqual(minMs)
    // The duration of the attempt and of settling is added.
    expect(waitMs).toBeLessThan(maxMs + 5_000)
    await mutateOrThrow(registered.tenant, 'WebhookDelete', { id: registered.webhook.id })
  })
})
