/** What a partner sees of a webhook: what is pending, how attempts went, the latest; and of one that a rule stopped, why, and how it comes back. */
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

let server: TestServer
let receiver: Receiver
/** A project of each test's own. */
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

/** Waits until so many attempts of the webhook are recorded. */
async function attempted(id: string, count: number): Promise<void> {
  await waitFor(async () => (await health(id))?.stats.attempts === count, {
    what: `${count} attempts of ${id}`,
  })
}

const noRetries: Input = { retry: { waits: [] } }

describe('the health of a webhook', () => {
  test('that was never rung is empty, and has no share of nothing', async () => {
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

  test('counts attempts, shows the latest answer, what is pending and when the next is due', async () => {
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

  test('counts what is under way as pending, and no more what was cancelled meanwhile', async () => {
    let answer: () => void = () => undefined
    receiver.script((_, response) => {
      answer = () => response.writeHead(200).end()
    })
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitFor(() => receiver.requests.length === 1, { what: 'the request to be under way' })
    const shown = await health(id)
    expect([shown?.pendingCount, shown?.nextDueAt]).toEqual([
      1,
      (await listDeliveries(acme))[0]?.nextAttemptAt,
    ])
    await server.connections
      .sql`update deliveries set state = 'CANCELLED', due_at = null where webhook_id = ${id}`
    expect(await health(id)).toMatchObject({ pendingCount: 0, nextDueAt: null })
    answer()
    await attempted(id, 1)
  })

  test('is not touched by a test', async () => {
    const { id } = await createWebhook(acme, receiver)
    const before = await health(id)
    receiver.script(500)
    await mutateOrThrow(acme, 'WebhookTest', { id })
    expect(await health(id)).toEqual(before)
  })

  test('looks back over an hour, a day, a week and a month', async () => {
    const { id } = await createWebhook(acme, receiver)
    await server.connections.sql`
      insert into webhook_tallies (webhook_id, at, succeeded, failed)
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

  test('is not shown to another project', async () => {
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    await attempted(id, 1)
    expect(await health(id, await server.tenant('Beta'))).toBeNull()
  })
})

describe('a webhook that a rule stopped', () => {
  test('says why, since when and with which figures, holds what is pending, skips what follows, and comes back', async () => {
    receiver.script(500)
    const disable = [{ rule: 'CONSECUTIVE_FAILURES', count: 2 }]
    const { id } = await createWebhook(acme, receiver, { policy: { ...quickRetries(5), disable } })
    const order = await createOrder(acme)
    await waitFor(async () => (await health(id))?.enabled === false, { what: 'the webhook to be stopped' })

    const stopped = await health(id)
    expect(stopped).toMatchObject({
      disabled: {
        reason: 'CONSECUTIVE_FAILURES',
        message: expect.stringMatching(
          /^3 attempts in a row failed, the first at \S+Z; up to 2 are borne\. What is pending is held, .* call webhookEnable: skipped REPLAY brings back what was skipped, KEEP does not\.$/,
        ) as string,
      },
      consecutiveFailures: 3,
      pendingCount: 1,
      nextDueAt: null,
      stats: { attempts: 3, failed: 3, successShare: 0 },
    })
    expect(Date.now() - Date.parse(stopped?.disabled?.at ?? '')).toBeLessThan(60_000)
    const [held] = await listDeliveries(acme, { webhookIds: [id] })
    expect(held).toMatchObject({ state: 'PENDING', attemptCount: 3, event: { order: { id: order.id } } })
    const { deliveryAttempt } = await acme.gql<{ deliveryAttempt: { nextStepReason: string } }>(
      'query ($id: ID!) { deliveryAttempt(id: $id) { nextStepReason } }',
      { id: held?.attempts.nodes[2]?.id },
    )
    expect(deliveryAttempt.nextStepReason).toMatch(/the webhook was stopped: held until it is enabled$/)

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

  test('is stopped by a rule that it asked for instead of those of its preset', async () => {
    receiver.script(500)
    const disable = [{ rule: 'FAILURE_SHARE', share: 0, windowMs: 600_000, minVolume: 1, minPeriodMs: 0 }]
    const { id } = await createWebhook(acme, receiver, { policy: { ...noRetries, disable } })
    await createOrder(acme)
    await waitFor(async () => (await health(id))?.enabled === false, { what: 'the webhook to be stopped' })
    expect(await health(id)).toMatchObject({
      disabled: {
        reason: 'FAILURE_SHARE',
        message: expect.stringMatching(
          /^1 of 1 attempts \(100 %\) failed within 10 min; up to 0 % is borne/,
        ) as string,
      },
    })
  })

  test('is not stopped by a 410 where it asked for no rule at all', async () => {
    receiver.script(410)
    const { id } = await createWebhook(acme, receiver, { policy: { ...noRetries, disable: [] } })
    await createOrder(acme)
    await attempted(id, 1)
    expect(await health(id)).toMatchObject({ enabled: true, consecutiveFailures: 1 })
  })
})

describe('overrides of disable rules', () => {
  test('are shown as they are in force, each member with its rule', async () => {
    const disable = [
      { rule: 'FAILURE_SHARE', share: 0.25, windowMs: 3_600_000, minVolume: 20 },
      { rule: 'FAILING_DAYS', days: 7 },
      { rule: 'GONE' },
    ]
    const { id } = await createWebhook(acme, receiver, { policy: { disable, saveCheck: false } })
    const nothing = { count: null, share: null, windowMs: null, days: null, minVolume: null }
    const shown = disable.map((rule) => ({ ...nothing, ...rule }))
    expect(await health(id)).toMatchObject({ policy: { disable: shown, saveCheck: false } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, policy: { disable: [{ rule: 'NEVER' }] } })
    expect(await health(id)).toMatchObject({ policy: { disable: [{ ...nothing, rule: 'NEVER' }] } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, policy: { disable: null } })
    expect(await health(id)).toMatchObject({
      policy: { disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 432_000_000 }] },
    })
  })

  test('with no period are judged after the whole window, and say so; a shorter one is shown as it was set', async () => {
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
    ['a member that is missing', [{ rule: 'FAILING_DAYS' }], [['REQUIRED', '0.days']]],
    ['a member of another rule', [{ rule: 'GONE', count: 3 }], [['INVALID', '0.count']]],
    ['a negative count', [{ rule: 'CONSECUTIVE_FAILURES', count: -1 }], [['INVALID', '0.count']]],
    ['a time of half a second', [{ rule: 'FAILING_FOR', windowMs: 500 }], [['INVALID', '0.windowMs']]],
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
    ['NEVER beside another', [{ rule: 'NEVER' }, { rule: 'GONE' }], [['INVALID', '0.rule']]],
    ['a rule twice', [{ rule: 'GONE' }, { rule: 'GONE' }], [['INVALID', '1.rule']]],
    [
      'several at once',
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
  test.each(bad)('with %s are refused, and nothing is saved', async (_, disable, problems) => {
    const { id } = await createWebhook(acme, receiver)
    const before = await fingerprint(server.connections)
    const wish = { name: 'POS', url: receiver.url, topics: ['order.*'], policy: { disable } }
    for (const answer of [
      await mutate(acme, 'WebhookCreate', wish),
      await mutate(acme, 'WebhookUpdate', { id, policy: { disable } }),
    ])
      expect(answer.userErrors.map(({ code, field }) => [code, field.join('.')])).toEqual(
        problems.map(([code, field]) => [code, `policy.disable.${field}`]),
      )
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})
