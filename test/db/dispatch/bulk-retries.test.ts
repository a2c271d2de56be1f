/** The steps of bulk retries on a real PostgreSQL: what is taken and counted, and that two processes take nothing twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeBulkRetryStore } from '../../../src/db/dispatch/bulk-retries/bulk-retry-store.ts'
import type { BulkRetry } from '../../../src/domain/deliveries/bulk-retry.ts'
import { settleManualRetry } from '../../../src/domain/policies/next-step.ts'
import { policyOf } from '../../../src/domain/webhooks/webhook.ts'
import type { BulkRetryStore } from '../../../src/ports/bulk-retry-store.ts'
import type { SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { answered } from '../../support/samples.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endedWith, openSettleFixture, type SettleFixture } from '../support/settle-fixture.ts'

const noRetries = { overrides: { retry: { waits: [], windowMs: null }, disable: [] } }
const noConditions = {
  ...{ webhookIds: [], partnerIds: [], orderIds: [], eventIds: [], topics: [], presets: [] },
  ...{ states: [], outcomes: [], statusClasses: [], triggers: [] },
  ...{ attemptNumberFrom: null, finalOnly: null, createdAt: { from: null, until: null } },
}
let fixture: SettleFixture
let steps: BulkRetryStore

beforeAll(async () => {
  fixture = await openSettleFixture()
  steps = makeBulkRetryStore(fixture.connections.sql)
})
afterAll(() => fixture.close())

/** A webhook with this many EXHAUSTED deliveries, and their ids, oldest first. */
async function exhausted(count: number) {
  const id = await fixture.createWebhook(noRetries)
  await fixture.answer(id, ...Array.from({ length: count }, () => 500))
  const rows = await fixture.connections.sql<{ id: string }[]>`
    select id from deliveries where webhook_id = ${id} order by id`
  return { id, ids: rows.map((row) => row.id) }
}

async function start(webhookId: string, given: Partial<BulkRetry> = {}): Promise<string> {
  const id = system.newId('bulkRetry')
  await fixture.store.transaction(async (tx) => {
    const leftAlone = { delivered: 0, pending: 0, webhookDisabled: 0, unavailable: 0 }
    const progress = { total: 0, delivered: 0, failed: 0, leftAlone }
    const terms = { ratePerSecond: 1_000, restartSchedule: false, dryRun: false }
    const times = { createdAt: tx.now, finishedAt: null }
    const filter = { ...noConditions, webhookIds: [webhookId], states: ['EXHAUSTED'] as const }
    await tx.insertBulkRetry(
      { id, keyId: 'key_1', state: 'RUNNING', ...terms, ...progress, ...times, ...given },
      filter,
    )
    await tx.freezeSet(id, filter)
  })
  return id
}

/**
 * Makes the time of the next step come, of this bulk retry alone, with the rate of `seconds` seconds. A step takes at most
 * the rate of one second; the default is more, because times are rounded to milliseconds.
 */
async function pass(id: string, seconds = 1.1): Promise<void> {
  await fixture.connections.sql`
    update bulk_retries set run_at = case when id = ${id} then now() - interval '1 second' end,
      paced_at = now() - ${seconds}::float8 * interval '1 second'`
}

async function next(id: string, seconds?: number) {
  await pass(id, seconds)
  return steps.step()
}

async function rowOf(id: string) {
  const [row] = await fixture.connections.sql`select * from bulk_retries where id = ${id}`
  return row
}

async function claim(webhookId: string) {
  return fixture.dispatch.claim([{ webhookId, limit: 100 }], { timeoutMs: 15_000, marginMs: 10_000 })
}

async function settleAll(webhookId: string, status: number): Promise<number> {
  const claims = await claim(webhookId)
  const attempts = claims.map((claimed): SettledAttempt => {
    if (claimed.resumption === null) throw new Error('expected a manual attempt')
    const settlement = settleManualRetry(
      claimed.facts,
      claimed.resumption,
      answered(status),
      policyOf(claimed.webhook),
    )
    return { ...endedWith(claimed, status, 'MANUAL'), settlement, counts: 'NOTHING' }
  })
  await fixture.dispatch.settle(attempts)
  return claims.length
}

describe('a step of a bulk retry', () => {
  test('two processes that continue at the same time take each delivery once', async () => {
    const { id: webhookId, ids } = await exhausted(40)
    const id = await start(webhookId, { ratePerSecond: 10 })
    for (let round = 0; round < 4; round += 1) {
      await pass(id)
      await Promise.all([steps.step(), steps.step(), steps.step()])
    }
    const rows = await fixture.connections
      .sql`select delivery_id from bulk_retry_in_progress where bulk_retry_id = ${id}`
    expect(rows).toHaveLength(40)
    expect(await rowOf(id)).toMatchObject({ position: 40, total: 40, state: 'RUNNING' })
    expect(await settleAll(webhookId, 200)).toBe(ids.length)
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', delivered: 40, run_at: null })
    expect((await rowOf(id))?.['finished_at']).toBeInstanceOf(Date)
  })

  test('the deliveries are taken in the order of their creation, at the rate', async () => {
    const { id: webhookId, ids } = await exhausted(5)
    const id = await start(webhookId, { ratePerSecond: 2 })
    const due = async () =>
      (
        await fixture.connections.sql<{ id: string }[]>`
          select delivery_id as id from due_deliveries where webhook_id = ${webhookId} order by due_at, delivery_id`
      ).map((row) => row.id)
    await next(id, 0.4)
    expect(await due()).toEqual([])
    await next(id, 0.55)
    expect(await due()).toEqual(ids.slice(0, 1))
    await next(id, 3_600)
    expect(await due()).toEqual(ids.slice(0, 3))
  })

  test('a retry is counted only when its manual attempt has ended, and a failed one returns the delivery to EXHAUSTED', async () => {
    const { id: webhookId, ids } = await exhausted(1)
    const id = await start(webhookId)
    await next(id)
    const [claimed] = await claim(webhookId)
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'RUNNING', failed: 0 })
    if (claimed?.resumption == null) throw new Error('expected a manual attempt')
    const settlement = settleManualRetry(
      claimed.facts,
      claimed.resumption,
      answered(500),
      policyOf(claimed.webhook),
    )
    await fixture.dispatch.settle([{ ...endedWith(claimed, 500, 'MANUAL'), settlement, counts: 'NOTHING' }])
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', failed: 1 })
    const [delivery] = await fixture.connections.sql`select state from deliveries where id = ${ids[0] ?? ''}`
    expect(delivery).toEqual({ state: 'EXHAUSTED' })
  })

  test('deliveries that retention removed, that were cancelled before their attempt, or whose webhook was deleted are counted as unavailable', async () => {
    const { id: webhookId, ids } = await exhausted(3)
    const { sql } = fixture.connections
    const id = await start(webhookId, { ratePerSecond: 1 })
    await sql`delete from deliveries where id = ${ids[0] ?? ''}`
    await next(id)
    expect(await rowOf(id)).toMatchObject({ position: 1, left_unavailable: 1 })
    await next(id)
    await fixture.store.transaction(async (tx) => {
      const found = await tx.lockDelivery(ids[1] ?? '')
      if (found === null) throw new Error('expected the delivery to be there')
      expect((await tx.cancelDelivery(found.delivery)).state).toBe('EXHAUSTED')
    })
    await sql`update webhooks set deleted_at = now() where id = ${webhookId}`
    await next(id)
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', left_unavailable: 3, delivered: 0, failed: 0 })
  })

  test.each(['disabled_at = now()', `paused_since = now(), paused_until = now() + interval '1 hour'`])(
    'with %s after a delivery was made due, that delivery stays PENDING, and all are counted',
    async (change) => {
      const { id: webhookId, ids } = await exhausted(2)
      const { sql } = fixture.connections
      const id = await start(webhookId, { ratePerSecond: 1 })
      await next(id)
      expect(await rowOf(id)).toMatchObject({ position: 1, left_disabled: 0 })
      await sql`update webhooks set ${sql.unsafe(change)} where id = ${webhookId}`
      await next(id)
      await next(id)
      expect(await rowOf(id)).toMatchObject({ state: 'DONE', left_disabled: 2, run_at: null })
      const states = await sql`select state from deliveries where id = any(${ids}) order by id`
      expect(states).toEqual([{ state: 'PENDING' }, { state: 'EXHAUSTED' }])
    },
  )

  test('a webhook whose pause has ended is retried, before the sweep has recorded the end', async () => {
    const { id: webhookId } = await exhausted(1)
    const { sql } = fixture.connections
    await sql`update webhooks set paused_since = now() - interval '1 hour', paused_until = now() where id = ${webhookId}`
    const id = await start(webhookId)
    await next(id)
    await settleAll(webhookId, 200)
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', delivered: 1, left_disabled: 0 })
  })

  test('a delivery whose attempt is running after it was cancelled is left alone as pending', async () => {
    const { id: webhookId, ids } = await exhausted(1)
    const { sql } = fixture.connections
    const id = await start(webhookId)
    await sql`insert into due_deliveries (delivery_id, webhook_id, due_at, lease_token, lease_until, lease_started_at)
      values (${ids[0] ?? ''}, ${webhookId}, now(), 'token', now() + interval '1 minute', now())`
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', left_pending: 1 })
  })

  test('a delivery that gets a due row while the step waits for its lock is left alone as pending, and the others are taken', async () => {
    const { id: webhookId, ids } = await exhausted(3)
    const { sql } = fixture.connections
    const id = await start(webhookId)
    await pass(id)
    const stepping: Promise<unknown>[] = []
    await sql.begin(async (tx) => {
      await tx`update deliveries set attempt_count = attempt_count where id = any(${ids.slice(0, 2)})`
      await tx`insert into due_deliveries (delivery_id, webhook_id, due_at, lease_token, lease_until, lease_started_at)
        values (${ids[0] ?? ''}, ${webhookId}, now(), 'token', now() + interval '1 minute', now())`
      stepping.push(steps.step())
      const isWaiting = async () =>
        (
          await sql`select from pg_stat_activity
            where wait_event_type = 'Lock' and query like '%bulk_retry_pages%' and datname = current_database()`
        ).length > 0
      await waitFor(isWaiting, { what: 'the step to wait for the lock' })
    })
    await Promise.all(stepping)
    expect(await rowOf(id)).toMatchObject({ position: 3, left_pending: 1, state: 'RUNNING' })
    const states = await sql`select state from deliveries where id = any(${ids}) order by id`
    expect(states.map(({ state }) => state as string)).toEqual(['EXHAUSTED', 'PENDING', 'PENDING'])
    const inProgress = await sql`select from bulk_retry_in_progress where bulk_retry_id = ${id}`
    expect(inProgress).toHaveLength(2)
    expect(await settleAll(webhookId, 200)).toBe(2)
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', delivered: 2, left_pending: 1 })
  })

  test('a bulk retry of a partner leaves the deliveries of a webhook alone that has another owner now', async () => {
    const { id: webhookId } = await exhausted(1)
    const id = await start(webhookId)
    await fixture.connections.sql`update bulk_retries set partner_id = 'ptn_1' where id = ${id}`
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', left_unavailable: 1 })
  })

  test('a set of more than one page is taken without a gap', async () => {
    const { id: webhookId, ids } = await exhausted(1)
    const id = await start(webhookId, { ratePerSecond: 700 })
    const { sql } = fixture.connections
    // 2,500 ids, of which only the one at position 1,000 exists: the first of the second page.
    await sql`delete from bulk_retry_pages where bulk_retry_id = ${id}`
    await sql`
      insert into bulk_retry_pages select ${id}, (select project_id from bulk_retries where id = ${id}), (n - 1) / 1000,
        array_agg(case when n = 1001 then ${ids[0] ?? ''} else 'dlv_gone' || n end order by n)
      from generate_series(1, 2500) n group by (n - 1) / 1000`
    await sql`update bulk_retries set total = 2500 where id = ${id}`
    for (let round = 0; round < 4; round += 1) await next(id)
    expect(await rowOf(id)).toMatchObject({ position: 2_500, left_unavailable: 2_499, state: 'RUNNING' })
    await settleAll(webhookId, 200)
    await next(id)
    expect(await rowOf(id)).toMatchObject({ state: 'DONE', delivered: 1 })
  })
})
