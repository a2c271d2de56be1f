/** Health of a webhook: pending deliveries, attempt counts, the latest attempt, and why a rule disabled the webhook. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  fingerprint,
  listDeliveries,
  mutate,
  quickRetries,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { holdResponse } from '../support/held-response.ts'

let server: TestServer
let receiver: Receiver
/** Every test has its own project. */
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(() => server.close())

interface HealthAnswer {
  readonly enabled: boolean
  readonly disabled: { readonly reason: string; readonly message: string; readonly at: string } | null
  readonly pendingCount: number
  readonly consecutiveFailures: number
  readonly nextDueAt: string | null
  readonly stats: {
    readonly attempts: number
    readonly succeeded: number
    readonly failed: number
    readonly successShare: number | null
  }
  readonly latestAttempt: { readonly outcome: string; readonly statusCode: number } | null
  readonly policy: Record<string, unknown>
}

async function health(id: string, tenant = acme): Promise<HealthAnswer | null> {
  return (await tenant.gql<{ webhook: HealthAnswer | null }>(documents.Health, { id })).webhook
}

/** Waits until `count` attempts of the webhook are recorded. */
async function attempted(id: string, count: number): Promise<void> {
  await waitFor(async () => (await health(id))?.stats.attempts === count, {
    what: `${count} attempts of ${id}`,
  })
}

const noRetries: Input = { retry: { waits: [] } }

describe('webhook health', () => {
  test('a webhook without attempts has zero counts, no latest attempt and a null successShare', async () => {
    const { id } = await createWebhook(acme, receiver)
    expect(await health(id)).toMatchObject({
      enabled: true,
      disabled: null,
      pendingCount: 0,
      consecutiveFailures: 0,
      nextDueAt: null,
      stats: { attempts: 0, succeeded: 0, failed: 0, successShare: null },
      latestAttempt: null,
    })
  })

  test('a webhook returns its attempt counts, latest attempt, pending count and next due time', async () => {
    receiver.script(200, 200, (_, response) => response.writeHead(503).end('not now'))
    const wait = { minMs: 3_600_000, maxMs: 3_600_000 }
    const { id } = await createWebhook(acme, receiver, { policy: { retry: { waits: [wait] } } })
    const siteId = await createSite(acme)
    for (let count = 1; count <= 3; count += 1) {
      await createOrder(acme, { siteId })
      await attempted(id, count)
    }
    const [newest] = await listDeliveries(acme, { webhookIds: [id] })
    const shown = await health(id)
    expect(shown).toMatchObject({
      pendingCount: 1,
      consecutiveFailures: 1,
      nextDueAt: newest?.nextAttemptAt,
      stats: { attempts: 3, succeeded: 2, failed: 1 },
      latestAttempt: {
        outcome: 'HTTP_ERROR',
        statusCode: 503,
        response: { statusCode: 503, body: 'not now' },
      },
    })
    expect(shown?.stats.successShare).toBeCloseTo(2 / 3)
    expect(newest?.nextAttemptAt).not.toBeNull()
  })

  test('pendingCount includes a delivery with a running attempt, and excludes it once it is CANCELLED', async () => {
    const { script, respond } = holdResponse()
    receiver.script(script)
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request' })
    const shown = await health(id)
    expect([shown?.pendingCount, shown?.nextDueAt]).toEqual([
      1,
      (await listDeliveries(acme))[0]?.nextAttemptAt,
    ])
    await server.connections
      .sql`update deliveries set state = 'CANCELLED', due_at = null where webhook_id = ${id}`
    expect(await health(id)).toMatchObject({ pendingCount: 0, nextDueAt: null })
    respond()
    await attempted(id, 1)
  })

  test('webhookTest does not change the health of the webhook', async () => {
    const { id } = await createWebhook(acme, receiver)
    const before = await health(id)
    receiver.script(500)
    await mutateOrThrow(acme, 'WebhookTest', { id })
    expect(await health(id)).toEqual(before)
  })

  test('stats count attempts of the last hour, 24 hours, 7 days and 30 days', async () => {
    const { id } = await createWebhook(acme, receiver)
    await server.connections.sql`
      insert into webhook_attempt_counts (webhook_id, at, succeeded, failed)
      select ${id}, date_bin('10 minutes', now() - age, 'epoch'), 1, 1 from unnest(array[
        '50 minutes', '2 hours', '23 hours', '25 hours', '6 days', '8 days', '29 days', '31 days'
      ]::interval[]) as age`
    const { webhook } = await acme.gql<{
      webhook: Record<string, { attempts: number; successShare: number }>
    }>(
      `query ($id: ID!) { webhook(id: $id) { H1: stats(window: H1) { attempts } H24: stats { attempts successShare }
        D7: stats(window: D7) { attempts } D30: stats(window: D30) { attempts } } }`,
      { id },
    )
    expect(webhook).toEqual({
      H1: { attempts: 2 },
      H24: { attempts: 6, successShare: 0.5 },
      D7: { attempts: 10 },
      D30: { attempts: 14 },
    })
  })

  test('another project cannot read the health of a webhook', async () => {
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    await attempted(id, 1)
    expect(await health(id, await server.tenant('Beta'))).toBeNull()
  })
})

describe('disable rules', () => {
  test('a webhook that CONSECUTIVE_FAILURES disabled returns reason, message and time, holds and skips deliveries, and recovers by webhookEnable', async () => {
    receiver.script(500)
    const disable = [{ rule: 'CONSECUTIVE_FAILURES', count: 2 }]
    const { id } = await createWebhook(acme, receiver, { policy: { ...quickRetries(5), disable } })
    const order = await createOrder(acme)
    await waitFor(async () => (await health(id))?.enabled === false, { what: 'the webhook to be disabled' })

    const disabled = await health(id)
    expect(disabled).toMatchObject({
      disabled: {
        reason: 'CONSECUTIVE_FAILURES',
        message: expect.stringMatching(
          /^3 consecutive attempts failed, the first at \S+Z; the rule allows up to 2\. Pending deliveries are held, .* call webhookEnable: with skipped REPLAY the skipped deliveries are sent, with KEEP they are not\.$/,
        ) as string,
      },
      consecutiveFailures: 3,
      pendingCount: 1,
      nextDueAt: null,
      stats: { attempts: 3, failed: 3, successShare: 0 },
    })
    expect(Date.now() - Date.parse(disabled?.disabled?.at ?? '')).toBeLessThan(60_000)
    const [held] = await listDeliveries(acme, { webhookIds: [id] })
    expect(held).toMatchObject({ state: 'PENDING', attemptCount: 3, event: { order: { id: order.id } } })
    const { deliveryAttempt } = await acme.gql<{ deliveryAttempt: { nextStepReason: string } }>(
      'query ($id: ID!) { deliveryAttempt(id: $id) { nextStepReason } }',
      { id: held?.attempts.nodes[2]?.id },
    )
    expect(deliveryAttempt.nextStepReason).toMatch(
      /the webhook was disabled: the delivery waits until it is enabled$/,
    )

    await createOrder(acme)
    expect((await listDeliveries(acme, { webhookIds: [id] })).map(({ state }) => state)).toEqual([
      'SKIPPED',
      'PENDING',
    ])

    receiver.script(200)
    await mutateOrThrow(acme, 'WebhookEnable', { id })
    const all = await waitForSettled(acme, { webhookIds: [id] }, 2)
    expect(all.map(({ state }) => state)).toEqual(['SKIPPED', 'DELIVERED'])
    expect(await health(id)).toMatchObject({
      enabled: true,
      disabled: null,
      consecutiveFailures: 0,
      pendingCount: 0,
      stats: { attempts: 4, succeeded: 1, failed: 3 },
    })
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({
      consistent: true,
      skipped: 1,
      delivered: 1,
    })
  })

  test('a FAILURE_SHARE override disables a webhook instead of the rules of its preset', async () => {
    receiver.script(500)
    const disable = [{ rule: 'FAILURE_SHARE', share: 0, windowMs: 600_000, minVolume: 1, minPeriodMs: 0 }]
    const { id } = await createWebhook(acme, receiver, { policy: { ...noRetries, disable } })
    await createOrder(acme)
    await waitFor(async () => (await health(id))?.enabled === false, { what: 'the webhook to be disabled' })
    expect(await health(id)).toMatchObject({
      disabled: {
        reason: 'FAILURE_SHARE',
        message: expect.stringMatching(
          /^1 of 1 attempts \(100 %\) failed within 10 min; the rule allows up to 0 %/,
        ) as string,
      },
    })
  })

  test('a 410 response does not disable a webhook with an empty list of disable rules', async () => {
    receiver.script(410)
    const { id } = await createWebhook(acme, receiver, { policy: { ...noRetries, disable: [] } })
    await createOrder(acme)
    await attempted(id, 1)
    expect(await health(id)).toMatchObject({ enabled: true, consecutiveFailures: 1 })
  })
})

describe('policy.disable', () => {
  test('policy.disable returns the overridden rules with their parameters, and the rules of the preset after null', async () => {
    const disable = [
      { rule: 'FAILURE_SHARE', share: 0.25, windowMs: 3_600_000, minVolume: 20 },
      { rule: 'FAILING_DAYS', days: 7 },
      { rule: 'GONE' },
    ]
    const { id } = await createWebhook(acme, receiver, { policy: { disable, saveCheck: false } })
    const noParameters = { count: null, share: null, windowMs: null, days: null, minVolume: null }
    const shown = disable.map((rule) => ({ ...noParameters, ...rule }))
    expect(await health(id)).toMatchObject({ policy: { disable: shown, saveCheck: false } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, policy: { disable: [] } })
    expect(await health(id)).toMatchObject({ policy: { disable: [] } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, policy: { disable: null } })
    expect(await health(id)).toMatchObject({
      policy: { disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 432_000_000 }] },
    })
  })

  test('minPeriodMs of FAILURE_SHARE defaults to its windowMs, and a given one is returned', async () => {
    const share = { rule: 'FAILURE_SHARE', share: 0.5, windowMs: 3_600_000, minVolume: 20 }
    const shown = async (...disable: readonly Input[]) => {
      const { id } = await createWebhook(acme, receiver, { policy: { disable } })
      const { webhook } = await acme.gql<{
        webhook: { policy: { disable: readonly { minPeriodMs: number | null }[] } }
      }>('query ($id: ID!) { webhook(id: $id) { policy { disable { minPeriodMs } } } }', { id })
      return webhook.policy.disable.map(({ minPeriodMs }) => minPeriodMs)
    }
    expect(await shown(share, { rule: 'GONE' })).toEqual([3_600_000, null])
    expect(await shown({ ...share, minPeriodMs: null })).toEqual([3_600_000])
    expect(await shown({ ...share, minPeriodMs: 0 })).toEqual([0])
    expect(await shown({ ...share, minPeriodMs: 1_800_000 })).toEqual([1_800_000])
  })

  const bad: readonly (readonly [string, readonly Input[], readonly (readonly [string, string])[]])[] = [
    ['a missing parameter', [{ rule: 'FAILING_DAYS' }], [['REQUIRED', '0.days']]],
    ['a parameter of another rule', [{ rule: 'GONE', count: 3 }], [['INVALID', '0.count']]],
    ['a negative count', [{ rule: 'CONSECUTIVE_FAILURES', count: -1 }], [['INVALID', '0.count']]],
    ['a window of 500 ms', [{ rule: 'FAILING_FOR', windowMs: 500 }], [['INVALID', '0.windowMs']]],
    [
      'a period longer than its window',
      [{ rule: 'FAILURE_SHARE', share: 0.5, windowMs: 600_000, minVolume: 1, minPeriodMs: 600_001 }],
      [['INVALID', '0.minPeriodMs']],
    ],
    [
      'a period that is negative',
      [{ rule: 'FAILURE_SHARE', share: 0.5, windowMs: 600_000, minVolume: 1, minPeriodMs: -1 }],
      [['INVALID', '0.minPeriodMs']],
    ],
    ['a repeated rule', [{ rule: 'GONE' }, { rule: 'GONE' }], [['INVALID', '1.rule']]],
    [
      'several problems',
      [
        { rule: 'FAILURE_SHARE', share: 1.5, windowMs: 1_000 },
        { rule: 'FAILING_DAYS', days: 99 },
      ],
      [
        ['INVALID', '0.share'],
        ['INVALID', '0.windowMs'],
        ['REQUIRED', '0.minVolume'],
        ['INVALID', '1.days'],
      ],
    ],
  ]
  test.each(bad)(
    'webhookCreate and webhookUpdate refuse policy.disable with %s, and nothing is written',
    async (_, disable, problems) => {
      const { id } = await createWebhook(acme, receiver)
      const before = await fingerprint(server.connections)
      const input = { name: 'POS', url: receiver.url, topics: ['order.*'], policy: { disable } }
      for (const answer of [
        await mutate(acme, 'WebhookCreate', input),
        await mutate(acme, 'WebhookUpdate', { id, policy: { disable } }),
      ])
        expect(answer.userErrors.map(({ code, field }) => [code, field.join('.')])).toEqual(
          problems.map(([code, field]) => [code, `policy.disable.${field}`]),
        )
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )
})

interface Bucket {
  readonly from: string
  readonly succeeded: number
  readonly failed: number
  readonly latencyP50Ms: number | null
  readonly latencyP95Ms: number | null
}

describe('series of a webhook', () => {
  const seriesOf = async (id: string, window: string): Promise<readonly Bucket[]> => {
    const { webhook } = await acme.gql<{ webhook: { series: readonly Bucket[] } }>(
      `query ($id: ID!, $window: StatsWindow!) {
        webhook(id: $id) { series(window: $window) { from succeeded failed latencyP50Ms latencyP95Ms } } }`,
      { id, window },
    )
    return webhook.series
  }

  test.each([
    ['H1', 7, 600_000],
    ['H24', 25, 3_600_000],
    ['D7', 29, 21_600_000],
    ['D30', 31, 86_400_000],
  ])(
    'the series of %s has %i buckets of %i ms, aligned in UTC, empty ones too',
    async (window, count, length) => {
      const { id } = await createWebhook(acme, receiver)
      const before = Date.now()
      const series = await seriesOf(id, window)
      const starts = series.map(({ from }) => Date.parse(from))
      expect(starts).toHaveLength(count)
      expect(starts.every((from) => from % length === 0)).toBe(true)
      expect(new Set(starts.slice(1).map((from, index) => from - (starts[index] ?? 0)))).toEqual(
        new Set([length]),
      )
      expect((starts.at(-1) ?? 0) + length).toBeGreaterThan(before)
      expect(series.map(({ from: _, ...bucket }) => bucket)).toEqual(
        Array(count).fill({ succeeded: 0, failed: 0, latencyP50Ms: null, latencyP95Ms: null }),
      )
    },
  )

  test('successes and failures are counted in the present bucket, with the latency of both', async () => {
    const failing = await startReceiver()
    failing.script(500)
    const ok = await createWebhook(acme, receiver)
    const bad = await createWebhook(acme, failing, { policy: quickRetries(0) })
    await createOrder(acme)
    await createOrder(acme)
    await waitForSettled(acme, {}, 4)
    for (const window of ['H1', 'H24', 'D7', 'D30']) {
      const latency = {
        latencyP50Ms: expect.any(Number) as number,
        latencyP95Ms: expect.any(Number) as number,
      }
      const last = async (id: string) =>
        (await seriesOf(id, window)).slice(-2).filter(({ latencyP50Ms }) => latencyP50Ms !== null)
      expect(await last(ok.id)).toMatchObject([{ succeeded: 2, failed: 0, ...latency }])
      expect(await last(bad.id)).toMatchObject([{ succeeded: 0, failed: 2, ...latency }])
    }
    await failing.close()
  })

  test('counts of earlier buckets are added, those before the latencies were counted have none', async () => {
    const { id } = await createWebhook(acme, receiver)
    const { sql } = server.connections
    await sql`
      insert into webhook_attempt_counts (webhook_id, at, succeeded, failed, latencies)
      select ${id}, date_bin('1 hour', now(), 'epoch') - n * interval '10 minutes', n, 1,
        case when n > 3 then '{0,0,0,0,0,10}'::int[] else '{}' end
      from generate_series(1, 12) n`
    const series = await seriesOf(id, 'H24')
    expect(series.slice(-4)).toMatchObject([
      { succeeded: 0, failed: 0, latencyP50Ms: null },
      { succeeded: 57, failed: 6, latencyP50Ms: 175, latencyP95Ms: 243 },
      { succeeded: 21, failed: 6, latencyP50Ms: 175, latencyP95Ms: 243 },
      { succeeded: 0, failed: 0, latencyP50Ms: null, latencyP95Ms: null },
    ])
    const { stats } = (await health(id)) ?? {}
    expect(stats).toMatchObject({ succeeded: 78, failed: 12 })
  })

  test("another project's webhook has no series", async () => {
    const { id } = await createWebhook(acme, receiver)
    const eve = await server.tenant('Eve')
    const found = await eve.gql('query ($id: ID!) { webhook(id: $id) { series { from } } }', { id })
    expect(found).toEqual({ webhook: null })
  })
})
