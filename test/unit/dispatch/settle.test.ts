import { describe, expect, test } from 'vitest'
import { settledInterrupted } from '../../../src/dispatch/attempt.ts'
import { settle } from '../../../src/domain/policies/next-step.ts'
import { policyOf } from '../../../src/domain/webhooks/webhook.ts'
import { attemptDelivery, makeClaimContext } from '../../../src/dispatch/attempt.ts'
import { makePrepareClaimed } from '../../../src/dispatch/prepared-webhook.ts'
import type { Claimed, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import { makeSettler } from '../../../src/dispatch/settle.ts'
import { system } from '../../../src/runtime/system.ts'
import { answered, interrupted, noon } from '../../support/samples.ts'
import { buildClaim, makeFakes, resultOf, settleDown } from './fakes.ts'

/** An attempt that ended with this status. */
function buildSettledAttempt(status = 200, fields: Partial<Claimed> = {}): SettledAttempt {
  const claimed = buildClaim(fields)
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

/** `count` attempts, each of a different delivery that the store has leased. */
async function claimed(made: ReturnType<typeof makeFakes>, count: number, status = 200, webhookId = 'whk_1') {
  made.store.addDue(webhookId, count)
  const lease = { timeoutMs: 15_000, marginMs: 10_000 }
  const claims = await made.store.claim([{ webhookId, limit: count }], lease)
  return claims.map((claim) => buildSettledAttempt(status, claim))
}

function open() {
  const made = makeFakes()
  const notified: (readonly string[])[] = []
  const rescheduled: (readonly string[])[] = []
  const settler = makeSettler({
    ...made.fakes,
    feedNotifier: { notify: (_, projectIds) => void notified.push(projectIds) },
    rescheduleLanes: (webhookIds) => void rescheduled.push(webhookIds),
  })
  return { ...made, settler, notified: () => notified.flat(), rescheduled: () => rescheduled.flat() }
}

describe('settle batch', () => {
  test('attempts that end during a commit share the next one', async () => {
    const made = open()
    const attempts = await claimed(made, 40)
    const first = made.settler.settle(attempts[0] ?? buildSettledAttempt())
    await new Promise((resolve) => setImmediate(resolve))
    const others = attempts.slice(1).map((attempt) => made.settler.settle(attempt))
    await made.clock.advance(25)
    await Promise.all([first, ...others])
    expect(made.store.batches.map((batch) => batch.length)).toEqual([1, 39])
    expect(made.store.leases()).toBe(0)
  })

  test('a commit has at most 500 attempts', async () => {
    const made = open()
    const attempts = await claimed(made, 1_201)
    await Promise.all(attempts.map((attempt) => made.settler.settle(attempt)))
    expect(made.store.batches.map((batch) => batch.length)).toEqual([500, 500, 201])
  })

  test('a commit follows the one before it after 25 ms, or at once when 200 attempts wait; the first one does not wait', async () => {
    const made = open()
    const attempts = await claimed(made, 701)
    const commits = () => made.store.batches.map((batch) => batch.length)
    const settled = attempts.slice(0, 700).map((attempt) => made.settler.settle(attempt))
    await settleDown()
    expect(commits()).toEqual([500, 200])
    settled.push(made.settler.settle(attempts[700] ?? buildSettledAttempt()))
    await made.clock.advance(24)
    expect(commits()).toEqual([500, 200])
    await made.clock.advance(1)
    await Promise.all(settled)
    expect(commits()).toEqual([500, 200, 1])
  })

  test('a commit notifies each project once and reschedules the lanes with retries once', async () => {
    const made = open()
    const good = await claimed(made, 2, 200, 'whk_good')
    const bad = await claimed(made, 3, 500, 'whk_bad')
    await Promise.all([...good, ...bad].map((attempt) => made.settler.settle(attempt)))
    expect([made.notified(), made.rescheduled()]).toEqual([['prj_1'], ['whk_bad']])
  })
})

test('a settled attempt of a webhook with a concurrency limit reschedules its lane', async () => {
  const made = open()
  const [attempt] = await claimed(made, 1, 200, 'whk_limited')
  if (attempt === undefined) throw new Error('expected an attempt')
  const webhook = { ...attempt.claimed.webhook, maxConcurrency: 1 }
  await made.settler.settle({ ...attempt, claimed: { ...attempt.claimed, webhook } })
  expect(made.rescheduled()).toEqual(['whk_limited'])
})

/** Sends a delivery that was claimed just now. */
const send = (fakes: ReturnType<typeof makeFakes>['fakes'], claim: Claimed) =>
  attemptDelivery(
    { ...fakes, prepare: makePrepareClaimed(fakes) },
    claim,
    makeClaimContext(fakes),
    () => null,
  )

test('a manual attempt does not count for the health of its webhook, whatever its outcome', async () => {
  for (const status of [200, 500, 410]) {
    const made = open()
    const resumption = { state: 'PENDING', inMs: 60_000 } as const
    const claim = buildClaim({ trigger: 'MANUAL', resumption })
    const attempt = send(made.fakes, claim)
    await settleDown()
    await made.receivers.answer(1, { status })
    expect(await attempt).toMatchObject({ counts: 'NOTHING', claimed: { trigger: 'MANUAL' } })
  }
})

describe('late attempt', () => {
  test('an attempt whose lease was lost is not notified, reschedules no lane, and is logged as late', async () => {
    const made = open()
    const attempts = await claimed(made, 2, 500)
    made.store.loseLeases()
    await Promise.all(attempts.map((attempt) => made.settler.settle(attempt)))
    expect([made.notified(), made.rescheduled()]).toEqual([[], []])
    expect(made.lines.map(({ level, step }) => `${level} ${step}`)).toEqual(
      Array(2).fill('warn delivery.settled-late'),
    )
  })

  test('a late attempt does not keep the other attempts of its batch from being notified', async () => {
    const made = open()
    const late = await claimed(made, 1)
    made.store.loseLeases()
    const inTime = await claimed(made, 1, 200, 'whk_2')
    await Promise.all([...late, ...inTime].map((attempt) => made.settler.settle(attempt)))
    expect(made.notified()).toEqual(['prj_1'])
    expect(made.lines.map(({ step }) => step)).toEqual(['delivery.settled-late', 'delivery.attempted'])
  })

  test('an attempt that the sweep and the response settle at the same time is recorded once, with the response', async () => {
    const made = open()
    const [attempt = buildSettledAttempt()] = await claimed(made, 1)
    // The interrupted attempt that the sweep records for the same lease once it has expired.
    const swept = settledInterrupted(made.fakes.system, attempt.claimed as Claimed, interrupted)
    await Promise.all([made.settler.settle(swept), made.settler.settle(attempt)])
    expect(made.store.batches).toEqual([[attempt], [swept]])
    expect([made.notified(), made.rescheduled()]).toEqual([['prj_1'], []])
    expect(made.lines.map(({ step }) => step).sort()).toEqual(['delivery.attempted', 'delivery.settled-late'])
  })
})

describe('failed commit', () => {
  test('a failed commit is repeated after a pause, and no feed is notified before it succeeds', async () => {
    const made = open()
    const attempts = await claimed(made, 3)
    made.store.fail.settle = [new Error('connection lost'), new Error('connection lost')]
    const settled = Promise.all(attempts.map((attempt) => made.settler.settle(attempt)))
    await settleDown()
    expect([made.store.batches.length, made.notified()]).toEqual([0, []])

    await made.clock.advance(100)
    expect(made.store.batches).toHaveLength(0)
    await made.clock.advance(200)
    await settled
    expect(made.store.batches.map((batch) => batch.length)).toEqual([3])
    expect(made.notified()).toEqual(['prj_1'])
    expect(made.lines.filter(({ step }) => step === 'settle.failed')).toMatchObject([
      { level: 'warn', fields: { attempts: 3, attempt: 1 } },
      { level: 'warn', fields: { attempts: 3, attempt: 2 } },
    ])
  })

  test('a commit that fails eight times rejects its attempts, and the next batch is committed', async () => {
    const made = open()
    const [first = buildSettledAttempt(), second = buildSettledAttempt()] = await claimed(made, 2)
    made.store.fail.settle = Array.from({ length: 8 }, () => new Error('connection lost'))
    const failed = expect(made.settler.settle(first)).rejects.toThrow('gave up after 8 tries')
    await settleDown()
    const settled = made.settler.settle(second)
    await made.clock.advance(60_000)
    await Promise.all([failed, settled])
    expect(made.store.settled).toEqual([second])
    expect(made.notified()).toEqual(['prj_1'])
  })
})

test('a webhook that a batch of five attempts disables is logged once, with the reason', async () => {
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

test('a batch that disables a webhook notifies the webhook feed; a batch that disables none does not', async () => {
  const made = makeFakes()
  const notified: [string, readonly string[]][] = []
  const settler = makeSettler({
    ...made.fakes,
    feedNotifier: { notify: (feed, projectIds) => void notified.push([feed, projectIds]) },
    rescheduleLanes: () => undefined,
  })
  const [first, second] = await claimed(made, 2, 410)
  await settler.settle(first ?? buildSettledAttempt())
  made.store.stops = [
    {
      webhookId: 'whk_1',
      projectId: 'prj_1',
      disabled: { reason: 'GONE', message: 'The receiver answered 410.' },
    },
  ]
  const settled = settler.settle(second ?? buildSettledAttempt())
  await made.clock.advance(25)
  await settled
  expect(notified).toEqual([
    ['ATTEMPTS', ['prj_1']],
    ['ATTEMPTS', ['prj_1']],
    ['WEBHOOK_CHANGES', ['prj_1']],
  ])
})

describe('attemptDelivery', () => {
  test('an attempt is stored with its request as sent, with masked secrets', async () => {
    const { fakes, receivers } = makeFakes()
    const encrypted = { secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], token: null }
    const webhook = { ...buildClaim().webhook, encrypted }
    const done = send(fakes, buildClaim({ webhook }))
    await settleDown()
    const sent = receivers.waiting[0]?.request
    await receivers.answer(1)
    const content = (await done)?.content

    expect(content?.request?.body).toBe(Buffer.from(sent?.body ?? []).toString())
    expect(content?.request?.headers.map(({ name }) => name)).toEqual(sent?.headers.map(({ name }) => name))
    expect(content?.request?.headers.at(-1)).toEqual({ name: 'webhook-signature', value: '[masked]' })
    expect(sent?.headers.at(-1)?.value).toMatch(/^v1,/)
  })

  test('the retry window is compared with the age of the event at the end of the attempt, not at the claim', async () => {
    const { fakes, clock, receivers } = makeFakes()
    const retry = { waits: [{ minMs: 5_000, maxMs: 5_000 }], windowMs: 60_000 }
    const webhook = { ...buildClaim().webhook, overrides: { retry } }
    const at = (ageMs: number): Claimed =>
      buildClaim({ webhook, facts: { failures: 0, interruptions: 0, ageMs } })
    const [inTime, tooLate] = [at(45_000), at(45_001)].map((claim) => send(fakes, claim))
    await settleDown()
    await clock.advance(10_000)
    await receivers.answer(2, { status: 500 })
    expect((await inTime)?.settlement.nextStep).toBe('RETRY')
    expect((await tooLate)?.settlement.nextStep).toBe('EXHAUSTED')
  })

  test('an attempt uses the policy that the webhook overrides', async () => {
    const { fakes, receivers } = makeFakes()
    const webhook = { ...buildClaim().webhook, overrides: { timeoutMs: 2_000, httpsOnly: true } }
    void send(fakes, buildClaim({ webhook }))
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
  ])('an attempt with the response %i has a detail that explains the failure', async (status, detail) => {
    const { fakes, receivers } = makeFakes()
    const done = send(fakes, buildClaim())
    await settleDown()
    await receivers.answer(1, { status })
    expect(await done).toMatchObject({ detail, counts: 'FAILURE', settlement: { outcome: 'HTTP_ERROR' } })
  })

  test('the fifth consecutive interruption counts as a failure of the webhook; the fourth does not', () => {
    const after = (interruptions: number) =>
      settledInterrupted(system, buildClaim({ facts: { failures: 0, interruptions, ageMs: 0 } }), interrupted)
        .counts
    expect([after(3), after(4)]).toEqual(['NOTHING', 'FAILURE'])
  })
})
