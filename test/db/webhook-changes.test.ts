/** What settles tell owners of webhooks, on a real PostgreSQL: every rule, rows of failures that flap, and many at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect } from '../../src/db/connection/connect.ts'
import { makeDispatchStore } from '../../src/db/dispatch/dispatch-store.ts'
import { makeProjectStore } from '../../src/db/tenant/tenant-store.ts'
import type { Preset } from '../../src/domain/webhooks/preset.ts'
import { wholeProject } from '../../src/domain/access/scope.ts'
import type { Webhook } from '../../src/domain/webhooks/webhook.ts'
import {
  asEnabled,
  asDisabled,
  writeWebhookChange,
} from '../../src/services/webhooks/enable-disable-delete.ts'
import type { Claimed } from '../../src/ports/dispatch-store.ts'
import { countAttempts } from '../../src/dispatch/settle.ts'
import { changeOf } from '../../src/domain/feed/webhook-change.ts'
import { system } from '../../src/runtime/system.ts'
import { nullLog } from '../support/null-log.ts'
import { dayMs, hourMs, minuteMs } from '../support/samples.ts'
import { endedWith, openSettling, type Settling } from './settling.ts'
import type { DisableRule, FailureShareRule } from '../../src/domain/policies/disable-rule.ts'

let world: Settling

beforeAll(async () => {
  world = await openSettling()
})
afterAll(() => world.close())

const times = (count: number, status: number): readonly number[] => Array<number>(count).fill(status)

interface Told {
  readonly kind: string
  readonly reason: string | null
  readonly message: string
}

/** What was told of a webhook, in order; without what is past the first sentences of a stop. */
async function toldOf(webhookId: string): Promise<readonly Told[]> {
  return world.connections.sql<Told[]>`
    select kind, reason, message from webhook_changes where webhook_id = ${webhookId} order by position`
}
const kinds = async (webhookId: string) =>
  (await toldOf(webhookId)).map(({ kind, reason }) => (reason === null ? kind : `${kind} ${reason}`))

/** So many milliseconds go by for what was told of the webhook, too. */
async function pass(webhookId: string, ms: number): Promise<void> {
  await world.pass(webhookId, ms)
  await world.connections.sql`
    update webhook_health set failing_told_at = failing_told_at - ${ms}::float8 * interval '1 millisecond'
    where webhook_id = ${webhookId}`
}

const iso = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`
const failed = 'An attempt failed: it was answered 500\\.'

describe("the first failure says how far it is from the stop by the preset's rule", () => {
  const outlooks: Readonly<Record<Preset, string>> = {
    STANDARD: `An answer of 410 Gone stops it at once\\. No success since ${iso}; a failure from ${iso} on \\(120 h\\) stops it\\.`,
    FLYBUY: '1 day in a row with failures and no success \\(UTC\\); the limit is 3\\.',
    FLIPDISH: `1 of 1 attempt \\(100 %\\) failed within 72 h; up to 50 % is borne, of 10 attempts at the least, judged from ${iso} on\\.`,
    FOODY: '1 failure in a row; up to 10 are borne\\.',
    FAST_EVENTS: 'No rule stops this webhook\\.',
  }

  test.each(Object.entries(outlooks))('of %s', async (preset, outlook) => {
    const id = await world.webhook({ preset: preset as Preset })
    const report = await world.answer(id, 200, 200, 500)
    const again = await world.answer(id, 500, 500)
    const expected =
      preset === 'FLIPDISH'
        ? outlook.replace('1 of 1 attempt \\(100 %', '1 of 3 attempts \\(33.33 %')
        : outlook
    // A success today keeps FlyBuy's today from counting.
    const days = expected.replace('1 day in', '0 days in')
    const [told, ...more] = await toldOf(id)
    expect(told).toMatchObject({ kind: 'FAILING', reason: null })
    expect(told?.message).toMatch(new RegExp(`^${failed} ${days}$`))
    expect(more).toEqual([])
    expect([report.changed.length, again.changed.length]).toEqual([1, 0])
  })

  test('of rules of its own, and of none', async () => {
    const rules: readonly (readonly [readonly DisableRule[], string])[] = [
      [[{ rule: 'CONSECUTIVE_FAILURES', count: 3 }], '1 failure in a row; up to 3 are borne\\.'],
      [
        [{ rule: 'FAILING_DAYS', days: 9 }],
        '1 day in a row with failures and no success \\(UTC\\); the limit is 9\\.',
      ],
      [
        [{ rule: 'FAILING_FOR', windowMs: hourMs }],
        `No success since ${iso}; a failure from ${iso} on \\(1 h\\) stops it\\.`,
      ],
      [[{ rule: 'NEVER' }], 'No rule stops this webhook\\.'],
      [[], 'No rule stops this webhook\\.'],
    ]
    for (const [disable, outlook] of rules) {
      const id = await world.webhook({ overrides: { disable } })
      await world.answer(id, 500)
      expect((await toldOf(id)).map(({ message }) => message)).toEqual([
        expect.stringMatching(new RegExp(`^${failed} ${outlook}$`)),
      ])
    }
  })
})

/** Flipdish's rule, judged from the tenth attempt on. */
const shareAtOnce: FailureShareRule = {
  ...{ rule: 'FAILURE_SHARE' as const, share: 0.5, windowMs: 72 * hourMs, minVolume: 10, minPeriodMs: 0 },
}

describe('a stop by a rule is told once, after that it fails', () => {
  const stops: readonly (readonly [string, Partial<Webhook>, (id: string) => Promise<unknown>])[] = [
    ['CONSECUTIVE_FAILURES', { preset: 'FOODY' }, (id) => world.answerEach(id, ...times(12, 500))],
    ['CONSECUTIVE_FAILURES', { preset: 'FOODY' }, (id) => world.answer(id, ...times(30, 500))],
    [
      'FAILURE_SHARE',
      { preset: 'FLIPDISH', overrides: { disable: [shareAtOnce] } },
      (id) => world.answerEach(id, ...times(11, 500)),
    ],
    ['GONE', { preset: 'STANDARD' }, (id) => world.answerEach(id, 410, 410)],
    [
      'FAILING_FOR',
      { preset: 'STANDARD' },
      async (id) => {
        await world.answer(id, 500)
        await pass(id, 5 * dayMs)
        await world.answer(id, 500)
      },
    ],
    [
      'FAILING_DAYS',
      { preset: 'FLYBUY' },
      async (id) => {
        for (const _ of [1, 2, 3]) {
          await world.answer(id, 500)
          await pass(id, dayMs)
        }
      },
    ],
  ]

  test.each(stops)('by %s of %o', async (reason, given, fail) => {
    const id = await world.webhook(given)
    await fail(id)
    expect(await kinds(id)).toEqual(['FAILING', `DISABLED ${reason}`])
    const [, stop] = await toldOf(id)
    const [webhook] = await world.store.webhooksByIds([id])
    expect(stop).toEqual({ kind: 'DISABLED', reason, message: webhook?.disabled?.message })
  })

  test('also where another row of failures was told a moment ago', async () => {
    const id = await world.webhook({ overrides: { disable: [{ rule: 'GONE' }] } })
    await world.answerEach(id, 500, 200, 500, 410)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING', 'DISABLED GONE'])
  })
})

describe('a receiver that flaps', () => {
  test('is told of once a minute, and a row that goes on afterwards is not left out', async () => {
    const id = await world.webhook({ overrides: { disable: [{ rule: 'NEVER' }] } })
    for (let flap = 0; flap < 20; flap += 1) await world.answerEach(id, 500, 200)
    await world.answer(id, 500, 200, 500, 200, 500)
    expect(await kinds(id)).toEqual(['FAILING'])
    await pass(id, minuteMs)
    await world.answer(id, 500)
    await world.answerEach(id, 500, 500)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING'])
    await pass(id, minuteMs)
    await world.answerEach(id, 500, 500)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING'])
    await world.answerEach(id, 200, 500)
    expect(await kinds(id)).toEqual(['FAILING', 'FAILING', 'FAILING'])
  })
})

describe('nothing is told', () => {
  test('of a webhook that is deleted or off', async () => {
    const { sql } = world.connections
    for (const column of ['deleted_at', 'disabled_at']) {
      const id = await world.webhook({ preset: 'FOODY' })
      const claims = await world.claim(id, 12)
      await sql`update webhooks set ${sql(column)} = now() where id = ${id}`
      const batch = claims.map((claimed) => endedWith(claimed, 500))
      expect(await world.dispatch.settle(batch, countAttempts)).toMatchObject({ disabled: [], changed: [] })
      expect(await kinds(id)).toEqual([])
    }
  })

  test('of interruptions, of what a person tried, and of what came too late', async () => {
    const id = await world.webhook({ preset: 'FOODY' })
    const [isManual, late] = await world.claim(id, 2)
    if (isManual === undefined || late === undefined) throw new Error('expected two claims')
    await world.dispatch.settle([endedWith(isManual, 500, 'PERSON')], countAttempts)
    await world.connections
      .sql`update due_deliveries set lease_token = 'another' where delivery_id = ${late.deliveryId}`
    expect((await world.dispatch.settle([endedWith(late, 500)], countAttempts)).late).toHaveLength(1)
    expect(await kinds(id)).toEqual([])
  })
})

test('who enables a webhook locks its health before its own row, as settles do', async () => {
  const id = await world.webhook({ preset: 'FOODY' })
  const { sql } = world.connections
  let free: unknown
  await sql.begin(async (tx) => {
    await tx`select from webhook_health where webhook_id = ${id} for update`
    const enabling = world.enable(id)
    await expect
      .poll(async () => (await sql`select from pg_locks where not granted`).length, { timeout: 10_000 })
      .toBeGreaterThan(0)
    // It waits for the health, and does not hold the row that a settle wants next.
    free = await sql`select id from webhooks where id = ${id} for no key update skip locked`
    void enabling
  })
  expect(free).toHaveLength(1)
})

test('settles and people at once: dense positions in the order of the commits, and nobody waits in a circle', async () => {
  const { sql } = world.connections
  const deadlocks = async () => {
    const [row] = await sql<{ count: number }[]>`
      select deadlocks::int as count from pg_stat_database where datname = current_database()`
    return row?.count ?? 0
  }
  const before = await deadlocks()
  const disable: readonly DisableRule[] = [{ rule: 'CONSECUTIVE_FAILURES', count: 1 }]
  const ids = await Promise.all(Array.from({ length: 6 }, () => world.webhook({ overrides: { disable } })))
  const projectId =
    (await sql<{ project_id: string }[]>`select project_id from webhooks where id = ${ids[0] ?? ''}`)[0]
      ?.project_id ?? ''
  const processes = Array.from({ length: 4 }, () => connect(world.url, nullLog))
  const claims = new Map<string, Claimed[]>()
  for (const id of ids) claims.set(id, [...(await world.claim(id, 40))])

  const settling = processes.map(async (connections, process) => {
    const dispatch = makeDispatchStore(connections.sql, system)
    for (let round = 0; round < 10; round += 1) {
      // Of all webhooks, each process in another order; some succeed while others fail.
      const batch = ids.flatMap((id, index) => {
        const claimed = claims.get(id)?.pop()
        return claimed === undefined
          ? []
          : [endedWith(claimed, (index + round + process) % 3 === 0 ? 200 : 500)]
      })
      await dispatch.settle(process % 2 === 0 ? batch : batch.toReversed(), countAttempts)
    }
  })
  const changing = processes.map(async (connections, person) => {
    const store = makeProjectStore(connections.db, wholeProject(projectId))
    for (let round = 0; round < 15; round += 1)
      for (const id of person % 2 === 0 ? ids : ids.toReversed())
        await store.transaction(async (tx) => {
          const isStart = (round + person) % 2 === 1
          const webhook = await tx.lockWebhook(id, { withHealth: isStart })
          if (webhook === null) throw new Error(`expected ${id} to be there`)
          const changed = isStart ? await asEnabled(webhook, tx) : asDisabled(webhook, tx.now)
          await tx.updateWebhook(changed)
          await writeWebhookChange(tx, changeOf(webhook, changed, tx.now))
        })
  })
  await Promise.all([...settling, ...changing])
  await Promise.all(processes.map((connections) => connections.close()))

  const rows = await sql<{ position: number; webhook_id: string; kind: string }[]>`
    select position::int, webhook_id, kind from webhook_changes where project_id = ${projectId} order by position`
  expect(rows.map(({ position }) => position)).toEqual(rows.map((_, index) => index + 1))
  const [feed] = await sql`select position::int from webhook_change_feeds where project_id = ${projectId}`
  expect(feed).toEqual({ position: rows.length })
  // Of each webhook, off and on by turns: none was told twice, and none was left out.
  for (const id of ids) {
    const turns = rows
      .filter((row) => row.webhook_id === id && row.kind !== 'FAILING')
      .map(({ kind }) => kind)
    expect(turns.length).toBeGreaterThan(10)
    expect(turns).toEqual(turns.map((_, index) => (index % 2 === 0 ? 'DISABLED' : 'ENABLED')))
  }
  expect(await deadlocks()).toBe(before)
})
