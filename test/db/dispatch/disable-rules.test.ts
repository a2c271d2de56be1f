/** Disable rules on a real PostgreSQL, each at its limit: what settles count, and which webhooks they disable. */
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Connections } from '../../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { makeSettler } from '../../../src/dispatch/settle.ts'
import type { Claimed, SettleReport } from '../../../src/ports/dispatch-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { makeRecordingLog } from '../../api/support/fixtures.ts'
import { nullLog } from '../../support/null-log.ts'
import { dayMs, hourMs, minuteMs } from '../../support/samples.ts'
import {
  endedInterrupted,
  endedWith,
  openSettleFixture,
  type SettleFixture,
} from '../support/settle-fixture.ts'
import type { DisableRule, FailureShareRule } from '../../../src/domain/policies/disable-rule.ts'

let fixture: SettleFixture

beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

const times = (count: number, status: number): readonly number[] => Array<number>(count).fill(status)
const disabledBy = (report: SettleReport | undefined) =>
  report?.disabled.map(({ disabled }) => disabled.reason)

async function disabledOf(webhookId: string) {
  const [webhook] = await fixture.store.webhooksByIds([webhookId])
  return webhook?.disabled ?? null
}

function createWithRules(...disable: readonly DisableRule[]): Promise<string> {
  return fixture.createWebhook({ overrides: { disable } })
}

async function countsIn(webhookId: string) {
  return (await fixture.store.attemptCountsOf([{ webhookId, window: 'H1' }]))[0]
}

describe('CONSECUTIVE_FAILURES', () => {
  test('the eleventh consecutive failure disables a Foody webhook; the tenth does not', async () => {
    const id = await fixture.createWebhook({ preset: 'FOODY' })
    const reports = await fixture.answerEach(id, ...times(10, 201))
    expect(reports.flatMap(({ disabled }) => disabled)).toEqual([])
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['CONSECUTIVE_FAILURES'])
    expect(await disabledOf(id)).toMatchObject({
      message: expect.stringMatching(
        /^11 consecutive attempts failed, .* then call webhookEnable: with skipped REPLAY /,
      ) as string,
    })
  })

  test('a success resets the consecutive failures of a Foody webhook, also within a batch', async () => {
    const id = await fixture.createWebhook({ preset: 'FOODY' })
    await fixture.answer(id, ...times(10, 500))
    await fixture.answer(id, 200)
    await fixture.answer(id, ...times(10, 500), 200, ...times(10, 500))
    expect(await disabledOf(id)).toBeNull()
    await fixture.answer(id, 500, 200)
    expect(await disabledOf(id)).toMatchObject({ reason: 'CONSECUTIVE_FAILURES' })
  })

  test('the message of CONSECUTIVE_FAILURES has the count of the eleventh failure, although its batch has 30', async () => {
    const id = await fixture.createWebhook({ preset: 'FOODY' })
    const report = await fixture.answer(id, ...times(30, 500))
    expect(report.disabled).toHaveLength(1)
    expect(await disabledOf(id)).toMatchObject({
      message: expect.stringMatching(/^11 consecutive attempts/) as string,
    })
    expect(await fixture.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 30 }])
  })
})

/** Flipdish's rule, applied from the tenth attempt on. */
const shareAtOnce: FailureShareRule = {
  ...{ rule: 'FAILURE_SHARE' as const, share: 0.5, windowMs: 72 * hourMs, minVolume: 10, minPeriodMs: 0 },
}
/** Its window spans many buckets of attempts, wherever the clock is within a bucket. */
const shareOfHours: FailureShareRule = { ...shareAtOnce, windowMs: 6 * hourMs, minPeriodMs: 4 * hourMs }

describe('FAILURE_SHARE', () => {
  test('FAILURE_SHARE 0.5 does not disable a webhook with 20 failures of 40 attempts, and disables it with 21 of 41', async () => {
    const id = await createWithRules(shareOfHours)
    await fixture.answerEach(id, ...times(20, 200), ...times(20, 500))
    await fixture.pass(id, 4 * hourMs)
    expect(await disabledOf(id)).toBeNull()
    await fixture.answer(id, 500)
    expect(await disabledOf(id)).toMatchObject({
      reason: 'FAILURE_SHARE',
      message: expect.stringMatching(
        /^21 of 41 attempts \(51\.22 %\) failed within 6 h; the rule allows up to 50 %/,
      ) as string,
    })
  })

  test('FAILURE_SHARE with minVolume 10 and no minimum period disables a webhook at the tenth failure, not at the ninth', async () => {
    const id = await createWithRules(shareAtOnce)
    const reports = await fixture.answerEach(id, ...times(10, 500))
    expect(reports.map(({ disabled }) => disabled.length)).toEqual([...times(9, 0), 1])
  })

  test('FAILURE_SHARE evaluates the attempts of a batch in order, and stops at the failure that exceeds the share', async () => {
    const id = await createWithRules(shareAtOnce)
    await fixture.answer(id, ...times(10, 200))
    await fixture.answer(id, ...times(12, 500), ...times(50, 200))
    expect(await disabledOf(id)).toMatchObject({
      message: expect.stringMatching(/^11 of 21 attempts/) as string,
    })
    const other = await createWithRules(shareAtOnce)
    await fixture.answer(other, ...times(50, 200), ...times(12, 500))
    expect(await disabledOf(other)).toBeNull()
  })

  test('FAILURE_SHARE counts successes of the last 72 hours, and none before', async () => {
    const [within, before] = [await createWithRules(shareAtOnce), await createWithRules(shareAtOnce)]
    for (const id of [within, before]) await fixture.answer(id, ...times(10, 200))
    await fixture.pass(within, 72 * hourMs - 10 * minuteMs)
    await fixture.pass(before, 72 * hourMs + 20 * minuteMs)
    for (const id of [within, before]) await fixture.answer(id, ...times(10, 500))
    expect(await disabledOf(within)).toBeNull()
    expect(await disabledOf(before)).toMatchObject({ message: expect.stringMatching(/^10 of 10/) as string })
  })
})

describe('minPeriodMs of FAILURE_SHARE', () => {
  /** Settles these statuses `steps` times, and lets `pauseMs` pass after each. */
  async function repeat(id: string, steps: number, pauseMs: number, ...statuses: readonly number[]) {
    for (let step = 0; step < steps; step += 1) {
      await fixture.answer(id, ...statuses)
      await fixture.pass(id, pauseMs)
    }
  }

  test('320 failures within an hour do not disable a Flipdish webhook', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 6, 10 * minuteMs, ...times(50, 500))
    await fixture.answerEach(id, ...times(20, 500))
    expect(await disabledOf(id)).toBeNull()
  })

  test('a Flipdish webhook that fails for 72 hours is disabled, and not 10 minutes before', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 71, hourMs, 500)
    await fixture.pass(id, 50 * minuteMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual([])
    await fixture.pass(id, 10 * minuteMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('a Flipdish webhook with few attempts is disabled after 75 hours, although the first attempts have left the window', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    for (const _ of [0, 25, 50]) {
      expect(disabledBy(await fixture.answer(id, ...times(5, 500)))).toEqual([])
      await fixture.pass(id, 25 * hourMs)
    }
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('a Flipdish webhook with two failures for each success is disabled at the first failure after 72 hours, and not after 66', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 12, 6 * hourMs, 200, 500, 500)
    // The window has the attempts of the last 66 hours, and those of 72 hours ago when their bucket still belongs to it.
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
    const sooner = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(sooner, 11, 6 * hourMs, 200, 500, 500)
    expect(disabledBy(await fixture.answer(sooner, 500))).toEqual([])
  })

  test('successes before the failures count: a Flipdish webhook is disabled when over half of the attempts of 72 hours failed', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 30, hourMs, 200)
    await repeat(id, 41, hourMs, 500)
    await fixture.pass(id, 50 * minuteMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual([])
    await fixture.pass(id, 10 * minuteMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('60 failures after 160 successes of 80 hours do not disable a Flipdish webhook', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 80, hourMs, 200, 200)
    await fixture.answer(id, ...times(60, 500))
    expect(await disabledOf(id)).toBeNull()
  })

  test('the minimum period of a Flipdish webhook starts again when no attempt is left in the window', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 6, 10 * hourMs, ...times(3, 500))
    await fixture.pass(id, 63 * hourMs)
    expect(disabledBy(await fixture.answer(id, ...times(20, 500)))).toEqual([])
    await fixture.pass(id, 71 * hourMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual([])
    await fixture.pass(id, hourMs)
    expect(disabledBy(await fixture.answer(id, ...times(10, 500)))).toEqual(['FAILURE_SHARE'])
  })

  test('20 failures 40 hours after the last of 3 successes do not disable a Flipdish webhook', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 3, 40 * hourMs, 200)
    expect(disabledBy(await fixture.answer(id, ...times(20, 500)))).toEqual([])
  })

  test('the minimum period of a Flipdish webhook starts again when the webhook is enabled', async () => {
    const id = await fixture.createWebhook({ preset: 'FLIPDISH' })
    await repeat(id, 73, hourMs, 500)
    expect(await disabledOf(id)).toMatchObject({ reason: 'FAILURE_SHARE' })
    await fixture.enable(id)
    expect(disabledBy(await fixture.answer(id, ...times(20, 500)))).toEqual([])
    await repeat(id, 7, 10 * hourMs, 500)
    expect(await disabledOf(id)).toBeNull()
    await fixture.pass(id, 2 * hourMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('a minimum period of 1.5 s is measured from the first attempt, not from its bucket of 10 minutes, also after webhookEnable', async () => {
    const id = await createWithRules({ ...shareAtOnce, windowMs: hourMs, minVolume: 4, minPeriodMs: 1_500 })
    expect(disabledBy(await fixture.answer(id, 200, ...times(20, 500)))).toEqual([])
    await pause(1_600)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
    await fixture.enable(id)
    await pause(1_600)
    expect(disabledBy(await fixture.answer(id, ...times(20, 500)))).toEqual([])
    await pause(1_600)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('the minimum period of a stored rule without minPeriodMs is its window', async () => {
    const { minPeriodMs: _, ...stored } = { ...shareAtOnce, windowMs: hourMs }
    const id = await createWithRules(stored)
    expect(disabledBy(await fixture.answer(id, ...times(20, 500)))).toEqual([])
    await fixture.pass(id, 50 * minuteMs)
    expect(disabledBy(await fixture.answer(id, ...times(20, 500)))).toEqual([])
    await fixture.pass(id, 10 * minuteMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('a manual attempt does not start the minimum period', async () => {
    const id = await createWithRules({ ...shareAtOnce, minPeriodMs: hourMs })
    const claims = await fixture.claim(id, 20)
    await fixture.dispatch.settle(claims.map((claimed) => endedWith(claimed, 500, 'MANUAL')))
    await fixture.pass(id, 2 * hourMs)
    expect(disabledBy(await fixture.answer(id, ...times(20, 500)))).toEqual([])
    await fixture.pass(id, hourMs)
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })
})

describe('FAILING_DAYS', () => {
  test('a failure on the third consecutive day without a success disables a FlyBuy webhook', async () => {
    const id = await fixture.createWebhook({ preset: 'FLYBUY' })
    for (const day of [1, 2]) {
      await fixture.answer(id, ...times(day, 500))
      await fixture.pass(id, dayMs)
    }
    expect(await disabledOf(id)).toBeNull()
    await fixture.answer(id, 500)
    expect(await disabledOf(id)).toMatchObject({
      reason: 'FAILING_DAYS',
      message: expect.stringMatching(/^No success and 4 failed attempts on 3 consecutive days/) as string,
    })
  })

  test('days without attempts do not count for FAILING_DAYS, and do not reset it', async () => {
    const id = await fixture.createWebhook({ preset: 'FLYBUY' })
    for (const idle of [4, 7]) {
      await fixture.answer(id, 500)
      await fixture.pass(id, idle * dayMs)
    }
    expect(await disabledOf(id)).toBeNull()
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILING_DAYS'])
  })

  test.each(['first', 'last'])(
    'a day with a success resets FAILING_DAYS, when the success comes %s',
    async (when) => {
      const id = await fixture.createWebhook({ preset: 'FLYBUY' })
      await fixture.answer(id, 500)
      await fixture.pass(id, dayMs)
      await fixture.answerEach(id, ...(when === 'first' ? [200, 500] : [500, 200]))
      await fixture.pass(id, dayMs)
      await fixture.answer(id, 500)
      await fixture.pass(id, dayMs)
      await fixture.answer(id, 500)
      expect(await disabledOf(id)).toBeNull()
      await fixture.pass(id, dayMs)
      expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILING_DAYS'])
    },
  )

  test('a success in an earlier batch of the day keeps the day from counting for FAILING_DAYS', async () => {
    const id = await fixture.createWebhook({ preset: 'FLYBUY' })
    for (const _ of [1, 2]) {
      await fixture.answer(id, 500)
      await fixture.pass(id, dayMs)
    }
    await fixture.answer(id, 200)
    await fixture.answer(id, 500)
    expect(await disabledOf(id)).toBeNull()
  })
})

test('FAILING_FOR disables a webhook at the first failure after 5 days without a success', async () => {
  const id = await createWithRules({ rule: 'FAILING_FOR', windowMs: 5 * dayMs })
  await fixture.answer(id, 500)
  await fixture.pass(id, 5 * dayMs - minuteMs)
  await fixture.answer(id, 500)
  expect(await disabledOf(id)).toBeNull()
  await fixture.pass(id, minuteMs)
  expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILING_FOR'])
})

test('GONE disables a webhook at its first 410; a webhook without rules is not disabled by 100 of them', async () => {
  const [gone, never] = [await createWithRules({ rule: 'GONE' }), await createWithRules()]
  expect([disabledBy(await fixture.answer(gone, 404)), disabledBy(await fixture.answer(gone, 410))]).toEqual([
    [],
    ['GONE'],
  ])
  expect(disabledBy(await fixture.answer(never, ...times(100, 410)))).toEqual([])
})

test('the first broken rule of FAILURE_SHARE and FAILING_DAYS is the reason for disabling', async () => {
  const share = { ...shareAtOnce, windowMs: hourMs, minVolume: 4 }
  const id = await createWithRules(share, { rule: 'FAILING_DAYS', days: 2 })
  await fixture.answer(id, ...times(3, 500))
  await fixture.pass(id, dayMs)
  expect(disabledBy(await fixture.answer(id, ...times(3, 500)))).toEqual(['FAILING_DAYS'])
  const other = await createWithRules(share, { rule: 'FAILING_DAYS', days: 2 })
  expect(disabledBy(await fixture.answer(other, ...times(4, 500)))).toEqual(['FAILURE_SHARE'])
})

describe('attempt counters', () => {
  test('manual attempts and interruptions do not count, except the fifth consecutive interruption', async () => {
    const id = await fixture.createWebhook({ preset: 'FOODY' })
    const claims = await fixture.claim(id, 24)
    const batch = claims.map((claimed, index) => {
      if (index < 11) return endedWith(claimed, 500, 'MANUAL')
      if (index < 12) return endedWith(claimed, 200, 'MANUAL')
      return index < 23 ? endedInterrupted(claimed, 3) : endedInterrupted(claimed, 4)
    })
    const report = await fixture.dispatch.settle(batch)
    expect(report).toMatchObject({ late: [], continued: [], disabled: [] })
    expect(await countsIn(id)).toEqual({ succeeded: 0, failed: 1 })
    expect(await fixture.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 1 }])
  })

  test('a manual success does not reset the consecutive failures', async () => {
    const id = await fixture.createWebhook({ preset: 'FOODY' })
    await fixture.answer(id, ...times(10, 500))
    const [claimed] = await fixture.claim(id, 1)
    if (claimed === undefined) throw new Error('expected a claim')
    await fixture.dispatch.settle([endedWith(claimed, 200, 'MANUAL')])
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['CONSECUTIVE_FAILURES'])
  })

  test('an attempt that is settled late does not count', async () => {
    const id = await fixture.createWebhook({ preset: 'FOODY' })
    const claims = await fixture.claim(id, 3)
    const batch = claims.map((claimed) => endedWith(claimed, 500))
    await fixture.dispatch.settle(batch)
    const other = batch.map((attempt) => ({
      ...attempt,
      attemptId: system.newId('attempt', attempt.claimed.startedAt),
    }))
    expect((await fixture.dispatch.settle(other)).late).toHaveLength(3)
    expect(await countsIn(id)).toEqual({ succeeded: 0, failed: 3 })
  })

  test('webhookEnable resets the counts of FAILURE_SHARE within the same bucket, and the stats still have all attempts', async () => {
    const id = await createWithRules(shareAtOnce)
    await fixture.answer(id, ...times(10, 500))
    await fixture.enable(id)
    expect(disabledBy(await fixture.answer(id, ...times(9, 500)))).toEqual([])
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILURE_SHARE'])
    await fixture.enable(id)
    // Half of these 20 attempts failed. Only they count.
    await fixture.answerEach(id, ...times(10, 200), ...times(10, 500))
    expect(await disabledOf(id)).toBeNull()
    expect(await countsIn(id)).toEqual({ succeeded: 10, failed: 30 })
  })

  test('attempts that started before webhookEnable do not count, and do not disable the webhook again', async () => {
    const id = await createWithRules({ rule: 'GONE' }, { rule: 'CONSECUTIVE_FAILURES', count: 2 })
    const running = await fixture.claim(id, 5)
    expect(disabledBy(await fixture.answer(id, 410))).toEqual(['GONE'])
    await fixture.enable(id)
    const batch = running.map((claimed) => endedWith(claimed, 410))
    expect(disabledBy(await fixture.dispatch.settle(batch))).toEqual([])
    expect(await disabledOf(id)).toBeNull()
    expect(await fixture.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 0 }])
    expect(disabledBy(await fixture.answer(id, 410))).toEqual(['GONE'])
  })

  test('webhookEnable resets the days of FAILING_DAYS', async () => {
    const id = await fixture.createWebhook({ preset: 'FLYBUY' })
    for (const _ of [1, 2]) {
      await fixture.answer(id, 500)
      await fixture.pass(id, dayMs)
    }
    await fixture.answer(id, 500)
    await fixture.enable(id)
    for (const _ of [1, 2]) {
      await fixture.answer(id, 500)
      expect(await disabledOf(id)).toBeNull()
      await fixture.pass(id, dayMs)
    }
    expect(disabledBy(await fixture.answer(id, 500))).toEqual(['FAILING_DAYS'])
  })

  test('removeOldCounts removes counts of 36 and 37 days ago in batches of its limit, and keeps those of 3 days', async () => {
    const id = await createWithRules()
    for (const days of [1, 33, 1, 1, 1]) {
      await fixture.answer(id, 500)
      await fixture.pass(id, days * dayMs)
    }
    // 37, 36, 3, 2 and 1 days ago.
    expect(await fixture.dispatch.removeOldCounts(1)).toBe(1)
    expect([await fixture.dispatch.removeOldCounts(10), await fixture.dispatch.removeOldCounts(10)]).toEqual([
      1, 0,
    ])
    expect(await fixture.store.attemptCountsOf([{ webhookId: id, window: 'D30' }])).toEqual([
      { succeeded: 0, failed: 3 },
    ])
  })
})

test('the attempt that disables its webhook has a nextStepReason that the retry is held', async () => {
  const id = await fixture.createWebhook({ preset: 'FOODY' })
  await fixture.answer(id, ...times(10, 500))
  const [claimed] = await fixture.claim(id, 1)
  if (claimed === undefined) throw new Error('expected a claim')
  const last = endedWith(claimed, 500)
  await fixture.dispatch.settle([last])
  expect(await fixture.store.attemptsByIds([last.attemptId])).toMatchObject([
    {
      nextStep: 'RETRY',
      nextStepReason: expect.stringMatching(
        /^wait 1 .*, but the webhook was disabled: the delivery waits until it is enabled$/,
      ) as string,
    },
  ])
})

test('500 successes of 10 webhooks are settled in one statement', async () => {
  const ids = await Promise.all(
    Array.from({ length: 10 }, () => fixture.createWebhook({ preset: 'FLIPDISH' })),
  )
  const claims = (await Promise.all(ids.map((id) => fixture.claim(id, 50)))).flat()
  const queries: string[] = []
  const sql = postgres(fixture.url, { max: 1, debug: (_, query) => void queries.push(query) })
  await sql`select 1`
  queries.length = 0
  const batch = claims.map((claimed) => endedWith(claimed, 200))
  expect((await makeDispatchStore(sql, system).settle(batch)).late).toEqual([])
  // The driver reads the array types once per connection.
  expect(queries.filter((query) => !query.includes('pg_catalog'))).toHaveLength(1)
  expect(await countsIn(ids[0] ?? '')).toEqual({ succeeded: 50, failed: 0 })
  await sql.end()
})

describe('20 concurrent settles that break a rule', () => {
  const rules: readonly (readonly [string, Parameters<SettleFixture['createWebhook']>[0], RegExp])[] = [
    ['CONSECUTIVE_FAILURES', { preset: 'FOODY' }, /^11 consecutive attempts/],
    ['FAILURE_SHARE', { overrides: { disable: [shareAtOnce] } }, /^10 of 10 attempts/],
    [
      'FAILING_DAYS',
      { overrides: { disable: [{ rule: 'FAILING_DAYS', days: 1 }] } },
      /^No success and 1 failed/,
    ],
    ['GONE', { overrides: { disable: [{ rule: 'GONE' }] } }, /^The receiver answered 410 Gone\./],
  ]

  /** The connections of 20 processes. They have settled before, so that no settle holds its locks while it is planned. */
  const processes = Array.from({ length: 20 }, (): { connections?: Connections } => ({}))
  beforeAll(async () => {
    const id = await fixture.createWebhook({ overrides: { disable: [] } })
    const claims = await fixture.claim(id, processes.length)
    for (const [index, process] of processes.entries()) {
      process.connections = connect(fixture.url, nullLog)
      const claimed = claims[index]
      if (claimed === undefined) throw new Error('expected a claim for each process')
      await makeDispatchStore(process.connections.sql, system).settle([endedWith(claimed, 500)])
    }
  })
  afterAll(async () => {
    for (const { connections } of processes) await connections?.close()
  })

  test.each(rules)(
    '20 concurrent settles that break %s disable the webhook once, with one log line and one message',
    async (reason, given, message) => {
      const id = await fixture.createWebhook(given)
      const claims = await fixture.claim(id, 20)
      // Each settle has its own connection, store and settler, as in 20 processes.
      const log = makeRecordingLog()
      const settleOne = (
        connections: Connections | undefined,
        claimed: Claimed | undefined,
      ): Promise<void> => {
        if (connections === undefined || claimed === undefined)
          throw new Error('expected a claim for each process')
        const noPorts = { feedNotifier: { notify: () => undefined }, rescheduleLanes: () => undefined }
        const settler = makeSettler({
          ...noPorts,
          store: makeDispatchStore(connections.sql, system),
          log,
          pause: (ms) => pause(ms),
        })
        return settler.settle(endedWith(claimed, reason === 'GONE' ? 410 : 500))
      }
      await Promise.all(processes.map(({ connections }, index) => settleOne(connections, claims[index])))

      const lines = log.lines.filter(({ step }) => step === 'webhook.disabled')
      expect(lines).toHaveLength(1)
      const disabled = await disabledOf(id)
      expect(disabled).toMatchObject({ reason, message: expect.stringMatching(message) as string })
      expect(lines[0]?.fields).toMatchObject({ webhookId: id, reason, why: disabled?.message })
      expect(await fixture.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 20 }])
      expect(await countsIn(id)).toEqual({ succeeded: 0, failed: 20 })
      expect(log.lines.filter(({ step }) => step === 'settle.failed')).toEqual([])
    },
  )
})
