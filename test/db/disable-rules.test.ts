/** Disable rules on a real PostgreSQL, each at its edge: what settles count, who is stopped by it, and that once. */
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Connections } from '../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../src/db/dispatch/dispatch-store.ts'
import { countAttempts, makeSettler } from '../../src/dispatch/settle.ts'
import type { Claimed, SettleReport } from '../../src/ports/dispatch-store.ts'
import { system } from '../../src/runtime/system.ts'
import { makeRecordingLog } from '../api/support/fixtures.ts'
import { nullLog } from '../support/null-log.ts'
import { dayMs, hourMs, minuteMs } from '../support/samples.ts'
import { endedInterrupted, endedWith, openSettling, type Settling } from './settling.ts'
import type { DisableRule, FailureShareRule } from '../../src/domain/policies/disable-rule.ts'

let world: Settling

beforeAll(async () => {
  world = await openSettling()
})
afterAll(() => world.close())

const times = (count: number, status: number): readonly number[] => Array<number>(count).fill(status)
const stoppedBy = (report: SettleReport | undefined) =>
  report?.disabled.map(({ disabled }) => disabled.reason)

async function disabledOf(webhookId: string) {
  const [webhook] = await world.store.webhooksByIds([webhookId])
  return webhook?.disabled ?? null
}

function withRules(...disable: readonly DisableRule[]): Promise<string> {
  return world.webhook({ overrides: { disable } })
}

async function countsIn(webhookId: string) {
  return (await world.store.attemptCountsOf([{ webhookId, window: 'H1' }]))[0]
}

describe('CONSECUTIVE_FAILURES', () => {
  test('the tenth consecutive failure does not disable a Foody webhook, the eleventh does', async () => {
    const id = await world.webhook({ preset: 'FOODY' })
    const reports = await world.answerEach(id, ...times(10, 201))
    expect(reports.flatMap(({ disabled }) => disabled)).toEqual([])
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['CONSECUTIVE_FAILURES'])
    expect(await disabledOf(id)).toMatchObject({
      message: expect.stringMatching(
        /^11 attempts in a row failed, .* then call webhookEnable: skipped REPLAY /,
      ) as string,
    })
  })

  test('a success begins the row anew, also one in the same batch', async () => {
    const id = await world.webhook({ preset: 'FOODY' })
    await world.answer(id, ...times(10, 500))
    await world.answer(id, 200)
    await world.answer(id, ...times(10, 500), 200, ...times(10, 500))
    expect(await disabledOf(id)).toBeNull()
    await world.answer(id, 500, 200)
    expect(await disabledOf(id)).toMatchObject({ reason: 'CONSECUTIVE_FAILURES' })
  })

  test('the figures are those of the failure that crossed the line, though its batch has more', async () => {
    const id = await world.webhook({ preset: 'FOODY' })
    const report = await world.answer(id, ...times(30, 500))
    expect(report.disabled).toHaveLength(1)
    expect(await disabledOf(id)).toMatchObject({ message: expect.stringMatching(/^11 attempts/) as string })
    expect(await world.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 30 }])
  })
})

/** Flipdish's rule, judged from the tenth attempt on. */
const shareAtOnce: FailureShareRule = {
  ...{ rule: 'FAILURE_SHARE' as const, share: 0.5, windowMs: 72 * hourMs, minVolume: 10, minPeriodMs: 0 },
}
/** Well over two buckets of attempts within its window, however the clock stands. */
const shareOfHours: FailureShareRule = { ...shareAtOnce, windowMs: 6 * hourMs, minPeriodMs: 4 * hourMs }

describe('FAILURE_SHARE', () => {
  test('exactly half of the attempts does not disable a webhook, over half does', async () => {
    const id = await withRules(shareOfHours)
    await world.answerEach(id, ...times(20, 200), ...times(20, 500))
    await world.pass(id, 4 * hourMs)
    expect(await disabledOf(id)).toBeNull()
    await world.answer(id, 500)
    expect(await disabledOf(id)).toMatchObject({
      reason: 'FAILURE_SHARE',
      message: expect.stringMatching(
        /^21 of 41 attempts \(51\.22 %\) failed within 6 h; up to 50 %/,
      ) as string,
    })
  })

  test('nine failures of nine are too few to tell; where no period is asked for, the tenth disables', async () => {
    const id = await withRules(shareAtOnce)
    const reports = await world.answerEach(id, ...times(10, 500))
    expect(reports.map(({ disabled }) => disabled.length)).toEqual([...times(9, 0), 1])
  })

  test('the order within one batch counts: it stops at the failure that crossed the line', async () => {
    const id = await withRules(shareAtOnce)
    await world.answer(id, ...times(10, 200))
    await world.answer(id, ...times(12, 500), ...times(50, 200))
    expect(await disabledOf(id)).toMatchObject({
      message: expect.stringMatching(/^11 of 21 attempts/) as string,
    })
    const other = await withRules(shareAtOnce)
    await world.answer(other, ...times(50, 200), ...times(12, 500))
    expect(await disabledOf(other)).toBeNull()
  })

  test('successes of 72 hours ago still count, those before do not', async () => {
    const [within, before] = [await withRules(shareAtOnce), await withRules(shareAtOnce)]
    for (const id of [within, before]) await world.answer(id, ...times(10, 200))
    await world.pass(within, 72 * hourMs - 10 * minuteMs)
    await world.pass(before, 72 * hourMs + 20 * minuteMs)
    for (const id of [within, before]) await world.answer(id, ...times(10, 500))
    expect(await disabledOf(within)).toBeNull()
    expect(await disabledOf(before)).toMatchObject({ message: expect.stringMatching(/^10 of 10/) as string })
  })
})

describe('the period that FAILURE_SHARE asks for', () => {
  /** Answers so each time, with so long a pause before the next. */
  async function goOn(id: string, steps: number, pauseMs: number, ...statuses: readonly number[]) {
    for (let step = 0; step < steps; step += 1) {
      await world.answer(id, ...statuses)
      await world.pass(id, pauseMs)
    }
  }

  test('keeps a Flipdish till on that is off for an hour, however many attempts fail', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 6, 10 * minuteMs, ...times(50, 500))
    await world.answerEach(id, ...times(20, 500))
    expect(await disabledOf(id)).toBeNull()
  })

  test('stops a Flipdish webhook that fails for 72 hours, and not before', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 71, hourMs, 500)
    await world.pass(id, 50 * minuteMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual([])
    await world.pass(id, 10 * minuteMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('is over also where the first attempts have left the window, as with few attempts they do', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    for (const _ of [0, 25, 50]) {
      expect(stoppedBy(await world.answer(id, ...times(5, 500)))).toEqual([])
      await world.pass(id, 25 * hourMs)
    }
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('is over also where some attempts succeed, at the first failure after it', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 12, 6 * hourMs, 200, 500, 500)
    // In the window are the attempts of the last 66 hours, and of those 72 hours ago where that is still their bucket.
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
    const sooner = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(sooner, 11, 6 * hourMs, 200, 500, 500)
    expect(stoppedBy(await world.answer(sooner, 500))).toEqual([])
  })

  test('counts successes before the failures: over half of 72 hours is what the document says', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 30, hourMs, 200)
    await goOn(id, 41, hourMs, 500)
    await world.pass(id, 50 * minuteMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual([])
    await world.pass(id, 10 * minuteMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('keeps a busy webhook on whose last hour failed: that is not half of its attempts', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 80, hourMs, 200, 200)
    await world.answer(id, ...times(60, 500))
    expect(await disabledOf(id)).toBeNull()
  })

  test('begins again after a pause as long as the window', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 6, 10 * hourMs, ...times(3, 500))
    await world.pass(id, 63 * hourMs)
    expect(stoppedBy(await world.answer(id, ...times(20, 500)))).toEqual([])
    await world.pass(id, 71 * hourMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual([])
    await world.pass(id, hourMs)
    expect(stoppedBy(await world.answer(id, ...times(10, 500)))).toEqual(['FAILURE_SHARE'])
  })

  test('begins again after a day without orders where the shop had taken some before', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 3, 40 * hourMs, 200)
    expect(stoppedBy(await world.answer(id, ...times(20, 500)))).toEqual([])
  })

  test('begins again when the webhook is enabled', async () => {
    const id = await world.webhook({ preset: 'FLIPDISH' })
    await goOn(id, 73, hourMs, 500)
    expect(await disabledOf(id)).toMatchObject({ reason: 'FAILURE_SHARE' })
    await world.enable(id)
    expect(stoppedBy(await world.answer(id, ...times(20, 500)))).toEqual([])
    await goOn(id, 7, 10 * hourMs, 500)
    expect(await disabledOf(id)).toBeNull()
    await world.pass(id, 2 * hourMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('is measured from the first attempt itself, not from its ten minutes, also after an enable in them', async () => {
    const id = await withRules({ ...shareAtOnce, windowMs: hourMs, minVolume: 4, minPeriodMs: 1_500 })
    expect(stoppedBy(await world.answer(id, 200, ...times(20, 500)))).toEqual([])
    await pause(1_600)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
    await world.enable(id)
    await pause(1_600)
    expect(stoppedBy(await world.answer(id, ...times(20, 500)))).toEqual([])
    await pause(1_600)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('is the window of a rule that was stored before there was such a period', async () => {
    const { minPeriodMs: _, ...stored } = { ...shareAtOnce, windowMs: hourMs }
    const id = await withRules(stored)
    expect(stoppedBy(await world.answer(id, ...times(20, 500)))).toEqual([])
    await world.pass(id, 50 * minuteMs)
    expect(stoppedBy(await world.answer(id, ...times(20, 500)))).toEqual([])
    await world.pass(id, 10 * minuteMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })

  test('does not begin with an attempt that a person asked for', async () => {
    const id = await withRules({ ...shareAtOnce, minPeriodMs: hourMs })
    const claims = await world.claim(id, 20)
    await world.dispatch.settle(
      claims.map((claimed) => endedWith(claimed, 500, 'PERSON')),
      countAttempts,
    )
    await world.pass(id, 2 * hourMs)
    expect(stoppedBy(await world.answer(id, ...times(20, 500)))).toEqual([])
    await world.pass(id, hourMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
  })
})

describe('FAILING_DAYS', () => {
  test('a failure on a third day in a row without success disables a FlyBuy webhook', async () => {
    const id = await world.webhook({ preset: 'FLYBUY' })
    for (const day of [1, 2]) {
      await world.answer(id, ...times(day, 500))
      await world.pass(id, dayMs)
    }
    expect(await disabledOf(id)).toBeNull()
    await world.answer(id, 500)
    expect(await disabledOf(id)).toMatchObject({
      reason: 'FAILING_DAYS',
      message: expect.stringMatching(/^No success and 4 failed attempts on 3 days in a row/) as string,
    })
  })

  test('days without attempts neither count nor break the row', async () => {
    const id = await world.webhook({ preset: 'FLYBUY' })
    for (const idle of [4, 7]) {
      await world.answer(id, 500)
      await world.pass(id, idle * dayMs)
    }
    expect(await disabledOf(id)).toBeNull()
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILING_DAYS'])
  })

  test.each(['first', 'last'])('a day with a success breaks the row, though it comes %s', async (when) => {
    const id = await world.webhook({ preset: 'FLYBUY' })
    await world.answer(id, 500)
    await world.pass(id, dayMs)
    await world.answerEach(id, ...(when === 'first' ? [200, 500] : [500, 200]))
    await world.pass(id, dayMs)
    await world.answer(id, 500)
    await world.pass(id, dayMs)
    await world.answer(id, 500)
    expect(await disabledOf(id)).toBeNull()
    await world.pass(id, dayMs)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILING_DAYS'])
  })

  test('a success today, in an earlier batch, keeps today from counting', async () => {
    const id = await world.webhook({ preset: 'FLYBUY' })
    for (const _ of [1, 2]) {
      await world.answer(id, 500)
      await world.pass(id, dayMs)
    }
    await world.answer(id, 200)
    await world.answer(id, 500)
    expect(await disabledOf(id)).toBeNull()
  })
})

test('FAILING_FOR stops a webhook at the first failure after its time without a success', async () => {
  const id = await withRules({ rule: 'FAILING_FOR', windowMs: 5 * dayMs })
  await world.answer(id, 500)
  await world.pass(id, 5 * dayMs - minuteMs)
  await world.answer(id, 500)
  expect(await disabledOf(id)).toBeNull()
  await world.pass(id, minuteMs)
  expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILING_FOR'])
})

test('GONE stops a webhook at its first 410, NEVER at none', async () => {
  const [gone, never] = [await withRules({ rule: 'GONE' }), await withRules({ rule: 'NEVER' })]
  expect([stoppedBy(await world.answer(gone, 404)), stoppedBy(await world.answer(gone, 410))]).toEqual([
    [],
    ['GONE'],
  ])
  expect(stoppedBy(await world.answer(never, ...times(100, 410)))).toEqual([])
})

test('of several rules, each with facts of its own, the first that is broken gives the reason', async () => {
  const share = { ...shareAtOnce, windowMs: hourMs, minVolume: 4 }
  const id = await withRules(share, { rule: 'FAILING_DAYS', days: 2 })
  await world.answer(id, ...times(3, 500))
  await world.pass(id, dayMs)
  expect(stoppedBy(await world.answer(id, ...times(3, 500)))).toEqual(['FAILING_DAYS'])
  const other = await withRules(share, { rule: 'FAILING_DAYS', days: 2 })
  expect(stoppedBy(await world.answer(other, ...times(4, 500)))).toEqual(['FAILURE_SHARE'])
})

describe('what is counted', () => {
  test('is attempts of the schedule: not those of a person, nor interruptions but the fifth in a row', async () => {
    const id = await world.webhook({ preset: 'FOODY' })
    const claims = await world.claim(id, 24)
    const batch = claims.map((claimed, index) => {
      if (index < 11) return endedWith(claimed, 500, 'PERSON')
      if (index < 12) return endedWith(claimed, 200, 'PERSON')
      return index < 23 ? endedInterrupted(claimed, 3) : endedInterrupted(claimed, 4)
    })
    const report = await world.dispatch.settle(batch, countAttempts)
    expect(report).toMatchObject({ late: [], asked: [], disabled: [] })
    expect(await countsIn(id)).toEqual({ succeeded: 0, failed: 1 })
    expect(await world.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 1 }])
  })

  test('a success that a person asked for does not end a row of failures', async () => {
    const id = await world.webhook({ preset: 'FOODY' })
    await world.answer(id, ...times(10, 500))
    const [claimed] = await world.claim(id, 1)
    if (claimed === undefined) throw new Error('expected a claim')
    await world.dispatch.settle([endedWith(claimed, 200, 'PERSON')], countAttempts)
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['CONSECUTIVE_FAILURES'])
  })

  test('is counted once: an attempt that is settled late counts for nothing', async () => {
    const id = await world.webhook({ preset: 'FOODY' })
    const claims = await world.claim(id, 3)
    const batch = claims.map((claimed) => endedWith(claimed, 500))
    await world.dispatch.settle(batch, countAttempts)
    const other = batch.map((attempt) => ({
      ...attempt,
      attemptId: system.newId('attempt', attempt.claimed.startedAt),
    }))
    expect((await world.dispatch.settle(other, countAttempts)).late).toHaveLength(3)
    expect(await countsIn(id)).toEqual({ succeeded: 0, failed: 3 })
  })

  test('begins anew when the webhook is enabled again, in the same minutes too; people still see it all', async () => {
    const id = await withRules(shareAtOnce)
    await world.answer(id, ...times(10, 500))
    await world.enable(id)
    expect(stoppedBy(await world.answer(id, ...times(9, 500)))).toEqual([])
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILURE_SHARE'])
    await world.enable(id)
    // Of these twenty alone half failed.
    await world.answerEach(id, ...times(10, 200), ...times(10, 500))
    expect(await disabledOf(id)).toBeNull()
    expect(await countsIn(id)).toEqual({ succeeded: 10, failed: 30 })
  })

  test('is not what was under way when the webhook was enabled again: it is not stopped once more for that', async () => {
    const id = await withRules({ rule: 'GONE' }, { rule: 'CONSECUTIVE_FAILURES', count: 2 })
    const underWay = await world.claim(id, 5)
    expect(stoppedBy(await world.answer(id, 410))).toEqual(['GONE'])
    await world.enable(id)
    const batch = underWay.map((claimed) => endedWith(claimed, 410))
    expect(stoppedBy(await world.dispatch.settle(batch, countAttempts))).toEqual([])
    expect(await disabledOf(id)).toBeNull()
    expect(await world.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 0 }])
    expect(stoppedBy(await world.answer(id, 410))).toEqual(['GONE'])
  })

  test('begins anew for days: those before it was enabled again are no more in the row', async () => {
    const id = await world.webhook({ preset: 'FLYBUY' })
    for (const _ of [1, 2]) {
      await world.answer(id, 500)
      await world.pass(id, dayMs)
    }
    await world.answer(id, 500)
    await world.enable(id)
    for (const _ of [1, 2]) {
      await world.answer(id, 500)
      expect(await disabledOf(id)).toBeNull()
      await world.pass(id, dayMs)
    }
    expect(stoppedBy(await world.answer(id, 500))).toEqual(['FAILING_DAYS'])
  })

  test('is removed after 35 days, so many at a time, and not a day before', async () => {
    const id = await withRules({ rule: 'NEVER' })
    for (const days of [1, 33, 1, 1, 1]) {
      await world.answer(id, 500)
      await world.pass(id, days * dayMs)
    }
    // 37, 36, 3, 2 and 1 days ago.
    expect(await world.dispatch.removeOldCounts(1)).toBe(1)
    expect([await world.dispatch.removeOldCounts(10), await world.dispatch.removeOldCounts(10)]).toEqual([
      1, 0,
    ])
    expect(await world.store.attemptCountsOf([{ webhookId: id, window: 'D30' }])).toEqual([
      { succeeded: 0, failed: 3 },
    ])
  })
})

test('a retry whose attempt stops its webhook says that it is held', async () => {
  const id = await world.webhook({ preset: 'FOODY' })
  await world.answer(id, ...times(10, 500))
  const [claimed] = await world.claim(id, 1)
  if (claimed === undefined) throw new Error('expected a claim')
  const last = endedWith(claimed, 500)
  await world.dispatch.settle([last], countAttempts)
  expect(await world.store.attemptsByIds([last.attemptId])).toMatchObject([
    {
      nextStep: 'RETRY',
      nextStepReason: expect.stringMatching(
        /^wait 1 .*, but the webhook was stopped: held until it is enabled$/,
      ) as string,
    },
  ])
})

test('five hundred successes of many webhooks are still one round trip', async () => {
  const ids = await Promise.all(Array.from({ length: 10 }, () => world.webhook({ preset: 'FLIPDISH' })))
  const claims = (await Promise.all(ids.map((id) => world.claim(id, 50)))).flat()
  const asked: string[] = []
  const sql = postgres(world.url, { max: 1, debug: (_, query) => void asked.push(query) })
  await sql`select 1`
  asked.length = 0
  const batch = claims.map((claimed) => endedWith(claimed, 200))
  expect((await makeDispatchStore(sql, system).settle(batch, countAttempts)).late).toEqual([])
  // Types of arrays are asked for once in a connection's life.
  expect(asked.filter((query) => !query.includes('pg_catalog'))).toHaveLength(1)
  expect(await countsIn(ids[0] ?? '')).toEqual({ succeeded: 50, failed: 0 })
  await sql.end()
})

describe('twenty settles that cross the line together', () => {
  const rules: readonly (readonly [string, Parameters<Settling['webhook']>[0], RegExp])[] = [
    ['CONSECUTIVE_FAILURES', { preset: 'FOODY' }, /^11 attempts in a row/],
    ['FAILURE_SHARE', { overrides: { disable: [shareAtOnce] } }, /^10 of 10 attempts/],
    [
      'FAILING_DAYS',
      { overrides: { disable: [{ rule: 'FAILING_DAYS', days: 1 }] } },
      /^No success and 1 failed/,
    ],
    ['GONE', { overrides: { disable: [{ rule: 'GONE' }] } }, /^The receiver answered 410 Gone\./],
  ]

  test.each(rules)(
    'by %s disable once: one report, one line in the log, one message',
    async (reason, given, message) => {
      const id = await world.webhook(given)
      const claims = await world.claim(id, 20)
      // A connection, a store and a settler of its own for each, as twenty processes have.
      const processes = claims.map((claimed) => ({ claimed, connections: connect(world.url, nullLog) }))
      const log = makeRecordingLog()
      const settleAlone = ({ sql }: Connections, claimed: Claimed): Promise<void> => {
        const nobody = { feedNotifier: { notify: () => undefined }, rearm: () => undefined }
        const settler = makeSettler({
          ...nobody,
          store: makeDispatchStore(sql, system),
          log,
          pause: (ms) => pause(ms),
        })
        return settler.settle(endedWith(claimed, reason === 'GONE' ? 410 : 500))
      }
      await Promise.all(processes.map(({ connections, claimed }) => settleAlone(connections, claimed)))
      await Promise.all(processes.map(({ connections }) => connections.close()))

      const lines = log.lines.filter(({ step }) => step === 'webhook.disabled')
      expect(lines).toHaveLength(1)
      const disabled = await disabledOf(id)
      expect(disabled).toMatchObject({ reason, message: expect.stringMatching(message) as string })
      expect(lines[0]?.fields).toMatchObject({ webhookId: id, reason, why: disabled?.message })
      expect(await world.store.webhooksByIds([id])).toMatchObject([{ consecutiveFailures: 20 }])
      expect(await countsIn(id)).toEqual({ succeeded: 0, failed: 20 })
      expect(log.lines.filter(({ step }) => step === 'settle.failed')).toEqual([])
    },
  )
})
