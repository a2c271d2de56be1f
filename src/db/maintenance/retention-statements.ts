/**
 * The statements of retention, for all projects. Each step is one statement and its own transaction. Rows are read in
 * id order, which is the order of their creation, so that settles need not maintain an index for retention. Locked rows
 * are skipped until the next run. `dispatch/retention.ts` runs the steps.
 */
import { firstIdAt } from '../../domain/shared/ids.ts'
import type {
  DayDropped,
  Horizons,
  Remove,
  Removed,
  RetentionStore,
  RetentionSteps,
} from '../../ports/retention-store.ts'
import type { Connections, Sql } from '../connection/connect.ts'
import { despiteDeadlocks } from '../connection/retry.ts'
import { isDeadlock, isLockNotAvailable } from '../../domain/shared/sqlstate.ts'
import { clockSlackMs } from '../shared/clock-slack.ts'
import { removeInstallationRanges } from './installation-ranges.ts'
import { daysAhead, ensurePartitions } from './partitions.ts'

const lockKey = 'orderbell.retention'

/** How long running statements may take to end after a run, in seconds. */
const endSeconds = 1

/**
 * `open` opens a session of its own, which holds the lock. PostgreSQL releases the lock when the process dies or the
 * connection is cut.
 */
export function makeRetentionStore(open: Connections['openUpkeep']): RetentionStore {
  return {
    withLock: async (work) => {
      let over = false
      let lose: (error: Error) => void = () => undefined
      // Needed because the driver does not settle every running statement when the connection is cut.
      const lost = new Promise<never>((_, reject) => (lose = reject))
      lost.catch(() => undefined)
      const session = open(() => {
        if (!over) lose(new Error('the session that kept the lock of retention was cut off'))
      })
      const locked = async () => {
        const [lock] = await session<{ mine: boolean }[]>`
          select pg_try_advisory_lock(hashtextextended(${lockKey}, 0)) as mine`
        return lock?.mine === true ? work(makeRetentionSteps(session)) : null
      }
      try {
        return await Promise.race([locked(), lost])
      } finally {
        over = true
        await session.end({ timeout: endSeconds })
      }
    },
  }
}

export function makeRetentionSteps(sql: Sql): RetentionSteps {
  return {
    ensurePartitions: () => ensurePartitions(sql),
    daysAhead: () => daysAhead(sql),
    oldDays: (retentionDays) => oldDays(sql, retentionDays),
    dropDay: (day) => dropDay(sql, day),
    horizons: (retentionDays) => horizons(sql, retentionDays),
    removeDeliveries: inBatches(sql, removeDeliveries),
    removeEvents: inBatches(sql, removeEvents),
    removeIdempotencyKeys: inBatches(sql, removeIdempotencyKeys),
    removeAuditEntries: inBatches(sql, removeAuditEntries),
    removeBulkRetries: inBatches(sql, removeBulkRetries),
    removeWebhookChanges: inBatches(sql, removeWebhookChanges),
    removeInstallationRanges: (_, limit) => despiteDeadlocks(() => removeInstallationRanges(sql, limit)),
  }
}

type RemoveBatch = (sql: Sql, before: Date, from: string, limit: number) => Promise<Removed>

function inBatches(sql: Sql, remove: RemoveBatch): (before: Date) => Remove {
  return (before) => (from, limit) => despiteDeadlocks(() => remove(sql, before, from, limit))
}

async function oldDays(sql: Sql, retentionDays: number): Promise<readonly string[]> {
  const rows = await sql<{ day: string }[]>`
    select day::text from ${keptDays(sql)} as kept
    where (day + 1)::timestamp at time zone 'utc' <= now() - ${retentionDays}::int * interval '24 hours'
    order by day`
  return rows.map(({ day }) => day)
}

async function dropDay(sql: Sql, day: string): Promise<DayDropped> {
  try {
    await sql`select drop_attempt_partitions(${day}::date)`
    return 'DROPPED'
  } catch (error) {
    // The partition is in use, so the step is tried again later.
    if (isLockNotAvailable(error) || isDeadlock(error)) return 'IN_USE'
    throw error
  }
}

async function horizons(sql: Sql, retentionDays: number): Promise<Horizons> {
  const [row] = await sql<Horizons[]>`
    with horizon as (select now() - ${retentionDays}::int * interval '24 hours' as at)
    select at as records,
      least(
        date_trunc('day', at at time zone 'utc'), (select min(day) from ${keptDays(sql)} as kept)
      ) at time zone 'utc' as deliveries
    from horizon`
  if (row === undefined)
    throw new Error('expected PostgreSQL to return the horizons of retention, it did not')
  return row
}

async function removeDeliveries(sql: Sql, before: Date, from: string, limit: number): Promise<Removed> {
  const [row] = await sql<BatchRow[]>`
    with page as (
      select id from deliveries
      where id > ${from} and id < ${lastIdBefore('delivery', before)}
      order by id limit ${limit}
    ), old as (
      -- Locks the events too. Erasures lock events first; because this statement skips locked rows, it never waits for
      -- an erasure, and no deadlock can occur.
      select d.id from deliveries d join events e on e.id = d.event_id
      where d.id = any(array(select id from page))
        and d.state <> 'PENDING' and d.finished_at < ${before.toISOString()}
        and not exists (select from due_deliveries l where l.delivery_id = d.id)
        and not (d.skipped_since is not null and exists (
          select from pending_replays r where r.webhook_id = d.webhook_id and r.skipped_since = d.skipped_since))
      for update of d, e skip locked
    ), removed as (
      delete from deliveries where id = any(array(select id from old)) returning event_id
    ), counted as (
      -- An event that still has other deliveries is recorded with fewer of them, so that verify-deliveries finds the
      -- recorded number.
      update events e set delivery_count = e.delivery_count - r.count
      from (select event_id, count(*)::int as count from removed group by event_id) r
      where e.id = r.event_id
    )
    select (select max(id) from page) as last, (select count(*) from page)::int as read,
      (select count(*) from removed)::int as removed`
  return toRemoved(row, limit)
}

async function removeEvents(sql: Sql, before: Date, from: string, limit: number): Promise<Removed> {
  const [row] = await sql<BatchRow[]>`
    with page as (
      select id from events
      where id > ${from} and id < ${lastIdBefore('event', before)}
      order by id limit ${limit}
    ), old as (
      select e.id from events e
      where e.id = any(array(select id from page)) and e.created_at < ${before.toISOString()}
        and not exists (select from deliveries d where d.event_id = e.id)
      for update of e skip locked
    ), removed as (
      delete from events where id = any(array(select id from old)) returning project_id, position
    ), expired as (
      update event_feeds f set expired_position = greatest(f.expired_position, r.position)
      from (select project_id, max(position) as position from removed group by project_id) r
      where f.project_id = r.project_id
    )
    select (select max(id) from page) as last, (select count(*) from page)::int as read,
      (select count(*) from removed)::int as removed`
  return toRemoved(row, limit)
}

async function removeIdempotencyKeys(sql: Sql, before: Date, from: string, limit: number): Promise<Removed> {
  const since = from === '' ? '-infinity' : from
  const [row] = await sql<{ last: string | null; removed: number }[]>`
    select last::text, removed
    from remove_idempotency_keys(${before.toISOString()}, ${since}::text::timestamptz, ${limit})`
  return { count: row?.removed ?? 0, next: row?.last ?? null }
}

async function removeAuditEntries(sql: Sql, before: Date, from: string, limit: number): Promise<Removed> {
  const [row] = await sql<{ last: string | null; removed: number }[]>`
    select last, removed from remove_audit_entries(
      ${before.toISOString()}, ${from}, ${lastIdBefore('auditEntry', before)}, ${limit}
    )`
  return { count: row?.removed ?? 0, next: row?.last ?? null }
}

async function removeBulkRetries(sql: Sql, before: Date, _from: string, limit: number): Promise<Removed> {
  const { count } = await sql`
    delete from bulk_retries where id = any(array(
      select id from bulk_retries where finished_at < ${before.toISOString()} and run_at is null
      order by finished_at limit ${limit}
      for update skip locked
    ))`
  return { count, next: count < limit ? null : '' }
}

async function removeWebhookChanges(sql: Sql, before: Date, _from: string, limit: number): Promise<Removed> {
  const [row] = await sql<{ removed: number }[]>`
    with old as (
      select project_id, position from webhook_changes
      where at < ${before.toISOString()} order by at limit ${limit}
    ), removed as (
      delete from webhook_changes where (project_id, position) in (select project_id, position from old)
      returning project_id, position
    ), expired as (
      update webhook_change_feeds f set expired_position = greatest(f.expired_position, r.position)
      from (select project_id, max(position) as position from removed group by project_id) r
      where f.project_id = r.project_id
    )
    select count(*)::int as removed from removed`
  const count = row?.removed ?? 0
  return { count, next: count < limit ? null : '' }
}

interface BatchRow {
  /** The last id of the batch; null: it has no rows. */
  readonly last: string | null
  readonly read: number
  readonly removed: number
}

function toRemoved(row: BatchRow | undefined, limit: number): Removed {
  const isLast = row === undefined || row.read < limit
  return { count: row?.removed ?? 0, next: isLast ? null : row.last }
}

/** The days that have a partition. */
function keptDays(sql: Sql) {
  return sql`(
    select distinct to_date(substring(c.relname from '_(\\d{8})$'), 'YYYYMMDD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent in ('public.attempts'::regclass, 'public.attempt_contents'::regclass)
  )`
}

/** An id that is greater than every id created before that time. */
function lastIdBefore(kind: 'delivery' | 'event' | 'auditEntry', before: Date): string {
  return firstIdAt(kind, new Date(before.getTime() + clockSlackMs))
}
