import { describe, expect, test } from 'vitest'
import { settledInterrupted } from '../../../src/dispatch/attempt.ts'
import { healthy } from '../../../src/domain/policies/health.ts'
import { settle } from '../../../src/domain/policies/next-step.ts'
import { policyOf } from '../../../src/domain/webhooks/webhook.ts'
import { attemptDelivery, makeClaimContext } from '../../../src/dispatch/attempt.ts'
import type { Claimed, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import { countAttempts, makeSettler } from '../../../src/dispatch/settle.ts'
import { system } from '../../../src/runtime/system.ts'
import { answered, dayMs, interrupted, later, noon } from '../../support/samples.ts'
import { aClaim, makeWorld, resultOf, settleDown } from './world.ts'

/** An attempt that ended with that status. */
function anAttempt(status = 200, given: Partial<Claimed> = {}): SettledAttempt {
  const claimed = aClaim(given)
  const answer = answered(status)
  const settlement = settle(claimed.facts, answer, policyOf(claimed.webhook), noon.getTime(), 0)
  return {
    claimed,
    attemptId: system.newId('attempt', claimed.startedAt),
    answer,
    settlement,
    counts: settlement.outcome === 'SUCCEEDED' ? 'SUCCESS' : 'FAILURE',
    result: resultOf(answer),
    detail: null,
    content: { request: null, response: null },
  }
}

/** So many attempts, each of a delivery of its own that the store holds under lease. */
async function claimed(made: ReturnType<typeof makeWorld>, count: number, status = 200, webhookId = 'whk_1') {
  made.store.owe(webhookId, count)
  const lease = { timeoutMs: 15_000, marginMs: 10_000 }
  const claims = await made.store.claim([{ webhookId, limit: count }], lease)
  return claims.map((claim) => anAttempt(status, claim))
}

function open() {
  const made = makeWorld()
  const told: (readonly string[])[] = []
  const rearmed: (readonly string[])[] = []
  const settler = makeSettler({
    ...made.world,
    news: { tell: (_, projectIds) => void told.push(projectIds) },
    rearm: (webhookIds) => void rearmed.push(webhookIds),
  })
  return { ...made, settler, told: () => told.flat(), rearmed: () => rearmed.flat() }
}

describe('one commit', () => {
  test('is shared by all that end while another is under way', async () => {
    const made = open()
    const attempts = await claimed(made, 40)
    const first = made.settler.settle(attempts[0] ?? anAttempt())
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([first, ...attempts.slice(1).map((attempt) => made.settler.settle(attempt))])
    expect(made.store.batches.map((batch) => batch.length)).toEqual([1, 39])
    expect(made.store.leases()).toBe(0)
  })

  test('carries five hundred attempts at the most', async () => {
    const made = open()
    const attempts = await claimed(made, 1_201)
    const settled = Promise.all(attempts.map((attempt) => made.settler.settle(attempt)))
    // The last, which is not full, waits a moment for more.
    await made.clock.advance(10)
    await settled
    expect(made.store.batches.map((batch) => batch.length)).toEqual([500, 500, 201])
  })

  test('tells each project once, and arms the lanes of those that are tried again, once', async () => {
    const made = open()
    const good = await claimed(made, 2, 200, 'whk_good')
    const bad = await claimed(made, 3, 500, 'whk_bad')
    await Promise.all([...good, ...bad].map((attempt) => made.settler.settle(attempt)))
    expect([made.told(), made.rearmed()]).toEqual([['prj_1'], ['whk_bad']])
  })
})

test('a webhook that limits its requests under way is armed by each that ends: others wait for its place', async () => {
  const made = open()
  const [attempt] = await claimed(made, 1, 200, 'whk_limited')
  if (attempt === undefined) throw new Error('expected an attempt')
  const webhook = { ...attempt.claimed.webhook, maxConcurrency: 1 }
  await made.settler.settle({ ...attempt, claimed: { ...attempt.claimed, webhook } })
  expect(made.rearmed()).toEqual(['whk_limited'])
})

/** Sends a delivery that was claimed just now. */
const send = (world: ReturnType<typeof makeWorld>['world'], claim: Claimed) =>
  attemptDelivery(world, claim, makeClaimContext(world), new Promise(() => undefined))

test('an attempt by a person counts for nothing, whatever comes of it', async () => {
  for (const status of [200, 500, 410]) {
    const made = open()
    const resumption = { state: 'PENDING', inMs: 60_000 } as const
    const claim = aClaim({ trigger: 'PERSON', resumption })
    const attempt = send(made.world, claim)
    await settleDown()
    await made.receivers.answer(1, { status })
    expect(await attempt).toMatchObject({ counts: 'NOTHING', claimed: { trigger: 'PERSON' } })
  }
})

describe('an attempt that is settled late, by somebody else before us', () => {
  test('is not told to the feed, arms nothing, and is logged as late', async () => {
    const made = open()
    const attempts = await claimed(made, 2, 500)
    made.store.loseLeases()
    await Promise.all(attempts.map((attempt) => made.settler.settle(attempt)))
    expect([made.told(), made.rearmed()]).toEqual([[], []])
    expect(made.lines.map(({ level, step }) => `${level} ${step}`)).toEqual(
      Array(2).fill('warn delivery.settled-late'),
    )
  })

  test('does not keep its neighbours in the batch from being told', async () => {
    const made = open()
    const late = await claimed(made, 1)
    made.store.loseLeases()
    const inTime = await claimed(made, 1, 200, 'whk_2')
    await Promise.all([...late, ...inTime].map((attempt) => made.settler.settle(attempt)))
    expect(made.told()).toEqual(['prj_1'])
    expect(made.lines.map(({ step }) => step)).toEqual(['delivery.settled-late', 'delivery.attempted'])
  })

  test('in the same batch, as when the sweep and the answer come together, is recorded once, with its answer', async () => {
    const made = open()
    const [attempt = anAttempt()] = await claimed(made, 1)
    // What the sweep makes of the same lease once it ran out.
    const swept = settledInterrupted(made.world.system, attempt.claimed as Claimed, interrupted)
    await Promise.all([made.settler.settle(swept), made.settler.settle(attempt)])
    expect(made.store.batches).toEqual([[attempt], [swept]])
    expect([made.told(), made.rearmed()]).toEqual([['prj_1'], []])
    expect(made.lines.map(({ step }) => step).sort()).toEqual(['delivery.attempted', 'delivery.settled-late'])
  })
})

describe('a commit that fails', () => {
  test('is tried again after a pause, and nothing is told before it worked', async () => {
    const made = open()
    const attempts = await claimed(made, 3)
    made.store.fail.settle = [new Error('connection lost'), new Error('connection lost')]
    const settled = Promise.all(attempts.map((attempt) => made.settler.settle(attempt)))
    await settleDown()
    expect([made.store.batches.length, made.told()]).toEqual([0, []])

    await made.clock.advance(100)
    expect(made.store.batches).toHaveLength(0)
    await made.clock.advance(200)
    await settled
    expect(made.store.batches.map((batch) => batch.length)).toEqual([3])
    expect(made.told()).toEqual(['prj_1'])
    expect(made.lines.filter(({ step }) => step === 'settle.failed')).toMatchObject([
      { level: 'warn', fields: { attempts: 3, attempt: 1 } },
      { level: 'warn', fields: { attempts: 3, attempt: 2 } },
    ])
  })

  test('eight times is given up: its attempts are rejected, and the next batch is not', async () => {
    const made = open()
    const [first = anAttempt(), second = anAttempt()] = await claimed(made, 2)
    made.store.fail.settle = Array.from({ length: 8 }, () => new Error('connection lost'))
    const failed = expect(made.settler.settle(first)).rejects.toThrow('gave up after 8 tries')
    await settleDown()
    const settled = made.settler.settle(second)
    await made.clock.advance(60_000)
    await Promise.all([failed, settled])
    expect(made.store.settled).toEqual([second])
    expect(made.told()).toEqual(['prj_1'])
  })
})

test('a webhook that the batch stopped is logged once, with why, however many of its attempts are in it', async () => {
  const made = open()
  const attempts = await claimed(made, 5, 410)
  const disabled = { reason: 'GONE', message: 'The receiver answered 410 Gone.' } as const
  made.store.stops = [{ webhookId: 'whk_1', projectId: 'prj_1', disabled }]
  await Promise.all(attempts.map((attempt) => made.settler.settle(attempt)))
  expect(made.lines.filter(({ step }) => step === 'webhook.disabled')).toEqual([
    {
      level: 'warn',
      step: 'webhook.disabled',
      fields: {
        webhookId: 'whk_1',
        projectId: 'prj_1',
        reason: 'GONE',
        why: 'The receiver answered 410 Gone.',
      },
    },
  ])
})

test('the owners of webhooks that were stopped are told by a feed of their own, the others hear nothing', async () => {
  const made = makeWorld()
  const told: [string, readonly string[]][] = []
  const settler = makeSettler({
    ...made.world,
    news: { tell: (feed, projectIds) => void told.push([feed, projectIds]) },
    rearm: () => undefined,
  })
  const [first, second] = await claimed(made, 2, 410)
  await settler.settle(first ?? anAttempt())
  made.store.stops = [
    {
      webhookId: 'whk_1',
      projectId: 'prj_1',
      disabled: { reason: 'GONE', message: 'The receiver answered 410.' },
    },
  ]
  await settler.settle(second ?? anAttempt())
  expect(told).toEqual([
    ['ATTEMPTS', ['prj_1']],
    ['ATTEMPTS', ['prj_1']],
    ['WEBHOOK_CHANGES', ['prj_1']],
  ])
})

describe('what a batch makes of the health of a webhook', () => {
  const webhook = { webhookId: 'whk_1', preset: 'STANDARD', overrides: {}, failingNotifiedAt: null } as const
  const failing = { ...healthy, consecutiveFailures: 3, failingSince: noon }
  const nothingTold = { disabled: null, failing: [], failingNotifiedAt: null }

  test('follows the order of its attempts', () => {
    const attempts = [500, 500, 200, 503].map((status) => anAttempt(status))
    expect(countAttempts(webhook, failing, attempts, later(1)).health).toMatchObject({
      consecutiveFailures: 1,
      failingSince: later(1),
    })
  })

  test('stops it when any of its failures breaks a rule, though a success follows in the same batch', () => {
    const attempts = [410, 200].map((status) => anAttempt(status))
    expect(countAttempts(webhook, healthy, attempts, noon)).toMatchObject({
      health: { consecutiveFailures: 0, failingSince: null, recent: { succeeded: 1, failed: 1 } },
      disabled: { reason: 'GONE' },
    })
  })

  test('stops it by the first rule that was broken', () => {
    const attempts = [500, 410].map((status) => anAttempt(status))
    expect(countAttempts(webhook, failing, attempts, later(5 * dayMs)).disabled?.reason).toBe('FAILING_FOR')
  })

  test('has the figures of the failure that stopped it, though more follow in the same batch', () => {
    const overrides = { disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 4 }] } as const
    const attempts = Array.from({ length: 7 }, () => anAttempt(500))
    const after = countAttempts({ ...webhook, overrides }, failing, attempts, later(1))
    expect(after.health.consecutiveFailures).toBe(10)
    expect(after.disabled?.message).toMatch(/^5 attempts in a row failed/)
  })

  test('leaves out what a person asked for', () => {
    const attempt = anAttempt(410, { trigger: 'PERSON' })
    expect(countAttempts(webhook, failing, [attempt], later(9 * dayMs))).toEqual({
      health: failing,
      ...nothingTold,
    })
  })

  test('never stops it for a success', () => {
    const { disabled } = countAttempts(webhook, failing, [anAttempt(200)], later(9 * dayMs))
    expect(disabled).toBeNull()
  })

  test('leaves out attempts that count for nothing: interruptions are ours', () => {
    const attempt: SettledAttempt = { ...anAttempt(500), counts: 'NOTHING' }
    expect(countAttempts(webhook, failing, [attempt], later(9 * dayMs))).toEqual({
      health: failing,
      ...nothingTold,
    })
  })
})

describe('what the owner of a webhook is told of a batch', () => {
  const overrides = { disable: [{ rule: 'CONSECUTIVE_FAILURES', count: 3 }] } as const
  const webhook = { webhookId: 'whk_1', preset: 'STANDARD', overrides, failingNotifiedAt: null } as const
  const told = (
    statuses: readonly number[],
    failingNotifiedAt: Date | null = null,
    now = noon,
    before = healthy,
  ) =>
    countAttempts(
      { ...webhook, failingNotifiedAt },
      before,
      statuses.map((status) => anAttempt(status)),
      now,
    )

  test('is its first failure, with how far that is from the stop, and once', () => {
    const { failing, failingNotifiedAt, disabled } = told([200, 500, 503])
    expect(failing).toEqual([
      'An attempt failed: it was answered 500. 1 failure in a row; up to 3 are borne.',
    ])
    expect(failingNotifiedAt).toEqual(noon)
    expect(disabled).toBeNull()
  })

  test('is nothing where a row of failures goes on that was told', () => {
    const before = { ...healthy, consecutiveFailures: 1, failingSince: noon }
    expect(told([500], noon, later(9 * dayMs), before).failing).toEqual([])
  })

  test('is a new row that began within the minute only after it', () => {
    const soon = later(59_999)
    const { failing, failingNotifiedAt, health } = told([200, 500], noon, soon)
    expect(failing).toEqual([])
    expect(told([500], failingNotifiedAt, soon, health).failing).toEqual([])
    const after = told([500], failingNotifiedAt, later(60_000), health)
    expect(after.failing).toEqual([
      'An attempt failed: it was answered 500. 2 failures in a row; up to 3 are borne.',
    ])
    expect(told([500], after.failingNotifiedAt, later(3_600_000), after.health).failing).toEqual([])
  })

  test('is that it fails before that it was stopped, though it was told of another row a moment ago', () => {
    const { failing, disabled } = told([200, 500, 500, 500, 500, 500], noon, later(1))
    expect(failing).toEqual([
      'An attempt failed: it was answered 500. 4 failures in a row; up to 3 are borne.',
    ])
    expect(disabled?.reason).toBe('CONSECUTIVE_FAILURES')
  })

  test('is not forgotten where a transaction that began earlier is counted later', () => {
    // Told at noon by a transaction that began then; this one began before it, and waited for it.
    const { failing, failingNotifiedAt, health } = told([200, 500], noon, later(-5))
    expect(failing).toEqual([])
    expect(told([500], failingNotifiedAt, later(60_000), health).failing).toHaveLength(1)
  })
})

describe('an attempt', () => {
  test('is stored with the request as it was sent, its secrets masked', async () => {
    const { world, receivers } = makeWorld()
    const encrypted = { secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], token: null }
    const webhook = { ...aClaim().webhook, encrypted }
    const done = send(world, aClaim({ webhook }))
    await settleDown()
    const sent = receivers.waiting[0]?.request
    await receivers.answer(1)
    const content = (await done)?.content

    expect(content?.request?.body).toBe(Buffer.from(sent?.body ?? []).toString())
    expect(content?.request?.headers.map(({ name }) => name)).toEqual(sent?.headers.map(({ name }) => name))
    expect(content?.request?.headers.at(-1)).toEqual({ name: 'webhook-signature', value: '[masked]' })
    expect(sent?.headers.at(-1)?.value).toMatch(/^v1,/)
  })

  test('is judged by the age that its event has when it ends, not when it was claimed', async () => {
    const { world, clock, receivers } = makeWorld()
    const retry = { waits: [{ minMs: 5_000, maxMs: 5_000 }], windowMs: 60_000 }
    const webhook = { ...aClaim().webhook, overrides: { retry } }
    const at = (ageMs: number): Claimed =>
      aClaim({ webhook, facts: { failures: 0, interruptions: 0, ageMs } })
    const [inTime, tooLate] = [at(45_000), at(45_001)].map((claim) => send(world, claim))
    await settleDown()
    await clock.advance(10_000)
    await receivers.answer(2, { status: 500 })
    expect((await inTime)?.settlement.nextStep).toBe('RETRY')
    expect((await tooLate)?.settlement.nextStep).toBe('EXHAUSTED')
  })

  test('asks for the policy that the webhook overrides', async () => {
    const { world, receivers } = makeWorld()
    const webhook = { ...aClaim().webhook, overrides: { timeoutMs: 2_000, httpsOnly: true } }
    void send(world, aClaim({ webhook }))
    await settleDown()
    expect(receivers.waiting[0]?.request).toMatchObject({
      timeoutMs: 2_000,
      httpsOnly: true,
      projectId: 'prj_1',
    })
  })

  test.each([
    [302, 'the receiver answered 302; redirects are not followed and count as failures'],
    [404, 'the receiver answered 404, where a 2xx was expected'],
  ])('that got a %i says so in a sentence', async (status, detail) => {
    const { world, receivers } = makeWorld()
    const done = send(world, aClaim())
    await settleDown()
    await receivers.answer(1, { status })
    expect(await done).toMatchObject({ detail, counts: 'FAILURE', settlement: { outcome: 'HTTP_ERROR' } })
  })

  test('whose interruption is the fifth in a row counts against its webhook; the fourth does not', () => {
    const after = (interruptions: number) =>
      settledInterrupted(system, aClaim({ facts: { failures: 0, interruptions, ageMs: 0 } }), interrupted)
        .counts
    expect([after(3), after(4)]).toEqual(['NOTHING', 'FAILURE'])
  })
})
