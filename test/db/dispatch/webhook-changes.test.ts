/** Webhook changes that settles write, on a real PostgreSQL: for every rule, for alternating results and for concurrent writers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import type { Preset } from '../../../src/domain/webhooks/preset.ts'
import { wholeProject } from '../../../src/domain/access/scope.ts'
import type { Webhook } from '../../../src/domain/webhooks/webhook.ts'
import { asEnabled, asDisabled } from '../../../src/services/webhooks/enable-disable-delete.ts'
import { writeWebhookChange } from '../../../src/services/webhooks/report-change.ts'
import type { Claimed } from '../../../src/ports/dispatch-store.ts'
import { changeOf } from '../../../src/domain/feed/webhook-change.ts'
import { system } from '../../../src/runtime/system.ts'
import { nullLog } from '../../support/null-log.ts'
import { dayMs, hourMs, minuteMs } from '../../support/samples.ts'
import { endedWith, openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'
import type { DisableRule, FailureShareRule } from '../../../src/domain/policies/disable-rule.ts'

let fixture: SettleFixture

beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

const times = (count: number, status: number): readonly number[] => Array<number>(count).fill(status)

interface ChangeRow {
  readonly kind: string
  readonly reason: string | null
  readonly message: string
}

/** The changes of a webhook, in the order of their positions. */
async function changesOf(webhookId: string): Promise<readonly ChangeRow[]> {
  return fixture.connections.sql<ChangeRow[]>`
    select kind, reason, message from webhook_changes where webhook_id = ${webhookId} order by position`
}
const kinds = async (webhookId: string) =>
  (await changesOf(webhookId)).map(({ kind, reason }) => (reason === null ? kind : `${kind} ${reason}`))

/** As `fixture.pass`, and for the time of the last FAILING change as well. */
async function pass(webhookId: string, ms: number): Promise<void> {
  await fixture.pass(webhookId, ms)
  await fixture.connections.sql`
    update webhook_health set failing_notified_at = failing_notified_at - ${ms}::float8 * interval '1 millisecond'
    where webhook_id = ${webhookId}`
}

const iso = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
const failed = 'An attempt failed: the receiver answered 500\\.'

describe('message of FAILING', () => {
  const outlooks: Readonly<Record<Preset, string>> = {
    STANDARD: `A response 410 Gone disables it immediately\\. No success since ${iso}; a failure from ${iso} on \\(120 h\\) disables it\\.`,
    FLYBUY: '1 consecutive day with failures and no success \\(UTC\\); the limit is 3\\.',
    FLIPDISH: `1 of 1 attempt \\(100 %\\) failed within 72 h; the rule allows up to 50 % and applies with at least 10 attempts and from ${iso} on\\.`,
    FOODY: '1 consecutive failure; the rule allows up to 10\\.',
    FAST_EVENTS: 'No rule disables this webhook\\.',
  }

  test.each(Object.entries(outlooks))(
    'the first failure of a %s webhook writes one FAILING whose message says how far each disable rule is',
    async (preset, outlook) => {
      const id = await fixture.createWebhook({ preset: preset as Preset })
      const report = await fixture.answer(id, 200, 200, 500)
      const again = await fixture.answer(id, 500, 500)
      const expected =
        preset === 'FLIPDISH'
          ? outlook.replace('1 of 1 attempt \\(100 %', '1 of 3 attempts \\(33.33 %')
          : outlook
      // The successes of today keep today from counting for FLYBUY.
      const days = expected.replace('1 consecutive day ', '0 consecutive days ')
      const [change, ...more] = await changesOf(id)
      expect(change).toMatchObject({ kind: 'FAILING', reason: null })
      expect(change?.message).toMatch(new RegExp(`^${failed} ${days}$`))
      expect(more).toEqual([])
      expect([report.changed.length, again.changed.length]).toEqual([1, 0])
    },
  )

  test('the message of FAILING describes overridden rules, and says when no rule applies', async () => {
    const rules: readonly (readonly [readonly DisableRule[], string])[] = [
      [[{ rule: 'CONSECUTIVE_FAILURES', count: 3 }], '1 consecutive failure; the rule allows up to 3\\.'],
      [
        [{ rule: 'FAILING_DAYS', days: 9 }],
        '1 consecutive day with failures and no success \\(UTC\\); the limit is 9\\.',
      ],
      [
        [{ rule: 'FAILING_FOR', windowMs: hourMs }],
        `No success since ${iso}; a failure from ${iso} on \\(1 h\\) disables it\\.`,
      ],
      [[], 'No rule disables this webhook\\.'],
    ]
    for (const [disable, outlook] of rules) {
      const id = await fixture.createWebhook({ overrides: { disable } })
      await fixture.answer(id, 500)
      expect((await changesOf(id)).map(({ message }) => message)).toEqual([
        expect.stringMatching(new RegExp(`^${failed} ${outlook}$`)),
      ])
    }
  })
})

/** Flipdish's rule, applied from the tenth attempt on. */
const shareAtOnce: FailureShareRule = {
  ...{ rule: 'FAILURE_SHARE' as const, share: 0.5, windowMs: 72 * hourMs, minVolume: 10, minPeriodMs: 0 },
}

describe('DISABLED', () => {
  const cases: readonly (readonly [string, Partial<Webhook>, (id: string) => Promise<unknown>])[] = [
    ['CONSECUTIVE_FAILURES', { preset: 'FOODY' }, (id) => fixture.answerEach(id, ...times(12, 500))],
    ['CONSECUTIVE_FAILURES', { preset: 'FOODY' }, (id) => fixture.answer(id, ...times(30, 500))],
    [
      'FAILURE_SHARE',
      { preset: 'FLIPDISH', overrides: { disable: [shareAtOnce] } },
      (id) => fixture.answerEach(id, ...times(11, 500)),
    ],
    ['GONE', { preset: 'STANDARD' }, (id) => fixture.answerEach(id, 410, 410)],
    [
      'FAILING_FOR',
      { preset: 'STANDARD' },
      async (id) => {
        await fixture.answer(id, 500)
        await pass(id, 5 * dayMs)
        await fixture.answer(id, 500)
      },
    ],
    [
      'FAILING_DAYS',
      { preset: 'FLYBUY' },
      async (id) => {
        for (const _ of [1, 2, 3]) {
          await fixture.answer(id, 500)
          await pass(id, dayMs)
        }
      },
    ],
  ]

  test.each(cases)(
    'a webhook that %s disables has one FAILING and one DISABLED change, created with %o',
    async (reason, given, fail) => {
      const id = await fixture.createWebhook(given)
      await fail(id)
      expect(await kinds(id)).toEqual(['FAILING', `DISABLED ${reason}`])
      const [, disabled] = await changesOf(id)
      const [webhook] = await fixture.store.webhooksByIds([id])
      expect(disabled).toEqual({ kind: 'DISABLED', reason, message: webhook?.disabled?.message })
    },
  )

  test('GONE writes FAILING before DISABLED, although an earlier FAILING was written a moment ago', async () => {
    const id = await fixture.createWebhook({ overrides: { disable: [{ rule: 'GONE' }] } })
    await fixture.answerEach(id, 500, 200, 500, 410)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING', 'DISABLED GONE'])
  })
})

describe('alternating results', () => {
  test('alternating failures and successes write at most one FAILING a minute, and a run of failures that continues is written after the minute', async () => {
    const id = await fixture.createWebhook({ overrides: { disable: [] } })
    for (let flap = 0; flap < 20; flap += 1) await fixture.answerEach(id, 500, 200)
    await fixture.answer(id, 500, 200, 500, 200, 500)
    expect(await kinds(id)).toEqual(['FAILING'])
    await pass(id, minuteMs)
    await fixture.answer(id, 500)
    await fixture.answerEach(id, 500, 500)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING'])
    await pass(id, minuteMs)
    await fixture.answerEach(id, 500, 500)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING'])
    await fixture.answerEach(id, 200, 500)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING', 'FAILING'])
  })
})

describe('no change', () => {
  test('failures of a deleted or disabled webhook write no change', async () => {
    const { sql } = fixture.connections
    for (const column of ['deleted_at', 'disabled_at']) {
      const id = await fixture.createWebhook({ preset: 'FOODY' })
      const claims = await fixture.claim(id, 12)
      await sql`update webhooks set ${sql(column)} = now() where id = ${id}`
      const batch = claims.map((claimed) => endedWith(claimed, 500))
      expect(await fixture.dispatch.settle(batch)).toMatchObject({ disabled: [], changed: [] })
      expect(await kinds(id)).toEqual([])
    }
  })

  test('manual attempts and late attempts write no change', async () => {
    const id = await fixture.createWebhook({ preset: 'FOODY' })
    const [isManual, late] = await fixture.claim(id, 2)
    if (isManual === undefined || late === undefined) throw new Error('expected two claims')
    await fixture.dispatch.settle([endedWith(isManual, 500, 'MANUAL')])
    await fixture.connections
      .sql`update due_deliveries set lease_token = 'another' where delivery_id = ${late.deliveryId}`
    expect((await fixture.dispatch.settle([endedWith(late, 500)])).late).toHaveLength(1)
    expect(await kinds(id)).toEqual([])
  })
})

test('webhookEnable locks the health of the webhook before its row, as settles do', async () => {
  const id = await fixture.createWebhook({ preset: 'FOODY' })
  const { sql } = fixture.connections
  let unlocked: unknown
  await sql.begin(async (tx) => {
    await tx`select from webhook_health where webhook_id = ${id} for update`
    const enabling = fixture.enable(id)
    await expect
      .poll(async () => (await sql`select from pg_locks where not granted`).length, { timeout: 10_000 })
      .toBeGreaterThan(0)
    // The transaction waits for the health, and does not hold the row that a settle locks next.
    unlocked = await sql`select id from webhooks where id = ${id} for no key update skip locked`
    void enabling
  })
  expect(unlocked).toHaveLength(1)
})

test('concurrent settles and mutations write webhook changes with dense positions in commit order, without a deadlock', async () => {
  const { sql } = fixture.connections
  const deadlocks = async () => {
    const [row] = await sql<{ count: number }[]>`
      select deadlocks::int as count from pg_stat_database where datname = current_database()`
    return row?.count ?? 0
  }
  const before = await deadlocks()
  const disable: readonly DisableRule[] = [{ rule: 'CONSECUTIVE_FAILURES', count: 1 }]
  const ids = await Promise.all(
    Array.from({ length: 6 }, () => fixture.createWebhook({ overrides: { disable } })),
  )
  const projectId =
    (await sql<{ project_id: string }[]>`select project_id from webhooks where id = ${ids[0] ?? ''}`)[0]
      ?.project_id ?? ''
  const processes = Array.from({ length: 4 }, () => connect(fixture.url, nullLog))
  const claims = new Map<string, Claimed[]>()
  for (const id of ids) claims.set(id, [...(await fixture.claim(id, 40))])

  const settling = processes.map(async (connections, process) => {
    const dispatch = makeDispatchStore(connections.sql, system)
    for (let round = 0; round < 10; round += 1) {
      // Each batch has all webhooks, in another order for each process. Some attempts succeed while others fail.
      const batch = ids.flatMap((id, index) => {
        const claimed = claims.get(id)?.pop()
        return claimed === undefined
          ? []
          : [endedWith(claimed, (index + round + process) % 3 === 0 ? 200 : 500)]
      })
      await dispatch.settle(process % 2 === 0 ? batch : batch.toReversed())
    }
  })
  const changing = processes.map(async (connections, process) => {
    const store = makeProjectStore(connections.db, wholeProject(projectId))
    for (let round = 0; round < 15; round += 1)
      for (const id of process % 2 === 0 ? ids : ids.toReversed())
        await store.transaction(async (tx) => {
          const isStart = (round + process) % 2 === 1
          const webhook = await tx.lockWebhook(id, { withHealth: isStart })
          if (webhook === null) throw new Error(`expected ${id} to be there`)
          const changed = isStart ? await asEnabled(webhook, tx) : asDisabled(webhook, tx.now)
          await tx.updateWebhook(changed)
          await writeWebhookChange({ system }, tx, changeOf(webhook, changed, tx.now))
        })
  })
  await Promise.all([...settling, ...changing])
  await Promise.all(processes.map((connections) => connections.close()))

  const rows = await sql<{ position: number; webhook_id: string; kind: string }[]>`
    select position::int, webhook_id, kind from webhook_changes where project_id = ${projectId} order by position`
  expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1))
  const [feed] = await sql`select position::int from webhook_change_feeds where project_id = ${projectId}`
  expect(feed).toEqual({ position: rows.length })
  // DISABLED and ENABLED alternate for each webhook: no change is written twice or left out.
  for (const id of ids) {
    const switches = rows
      .filter((row) => row.webhook_id === id && row.kind !== 'FAILING')
      .map(({ kind }) => kind)
    expect(switches.length).toBeGreaterThan(10)
    expect(switches).toEqual(switches.map((_, index) => (index % 2 === 0 ? 'DISABLED' : 'ENABLED')))
  }
  expect(await deadlocks()).toBe(before)
})
