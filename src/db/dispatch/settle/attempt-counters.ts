/**
 * Attempt counters by webhook and bucket of ten minutes: reads the facts for disable rules, and removes old buckets.
 * `recorded-parts.ts` increments the counters; `tenant/reads/webhook-health.ts` reads them for the API.
 */
import type postgres from 'postgres'
import { dayOf, type DayCounts, type Health, type WantedFacts } from '../../../domain/policies/health.ts'
import { keptCountDays, noAttempts, type AttemptCounts } from '../../../domain/policies/attempt-counts.ts'

/** The length of a bucket, as an interval. Buckets start at multiples of ten minutes, in UTC. */
export const bucketLength = '10 minutes'

/** Which facts of a webhook to read, and from when. */
export interface WantedCounts extends WantedFacts {
  readonly webhookId: string
  /** The first failure since the last success. Null: there is none. */
  readonly failingSince: Date | null
}

/** The facts of a webhook without counters. */
export const nothingCounted: CountedFacts = {
  recent: noAttempts,
  firstRecent: null,
  lastBeforeRecent: null,
  days: [],
}

type CountedFacts = Pick<Health, 'recent' | 'firstRecent' | 'lastBeforeRecent' | 'days'>

/**
 * Reads what was counted for each webhook since it was last enabled, in one statement. Includes what the current
 * transaction has counted. Days are read from the day of the first failure on, because a failing day cannot be earlier.
 */
export async function countedFacts(
  tx: postgres.ISql,
  wanted: readonly WantedCounts[],
  now: Date,
): Promise<ReadonlyMap<string, CountedFacts>> {
  const withCounts = wanted.filter(({ shareWindowMs, days }) => shareWindowMs !== null || days)
  const facts = new Map<string, CountedFacts>()
  if (withCounts.length === 0) return facts
  for (const row of await readCounts(tx, withCounts, now)) {
    const before = facts.get(row.webhook_id) ?? nothingCounted
    facts.set(row.webhook_id, {
      recent: {
        succeeded: before.recent.succeeded + row.recent_succeeded,
        failed: before.recent.failed + row.recent_failed,
      },
      // Rows are sorted by day.
      firstRecent: before.firstRecent ?? row.first_recent,
      lastBeforeRecent: row.last_before,
      days: row.is_of_days
        ? [...before.days, { day: row.day, succeeded: row.succeeded, failed: row.failed }]
        : before.days,
    })
  }
  return facts
}

/** The counts of each day, and of the share window, by webhook. Rows are sorted by webhook and day. */
function readCounts(tx: postgres.ISql, withCounts: readonly WantedCounts[], now: Date): Promise<CountRow[]> {
  return tx<CountRow[]>`
    with wanted as (
      select webhook_id, date_bin(${bucketLength}, recent_from, 'epoch') as recent_from, before_from, days_from
      from unnest(
        ${withCounts.map(({ webhookId }) => webhookId)}::text[],
        ${withCounts.map((one) => windowsAgo(1, one, now)?.toISOString() ?? null)}::timestamptz[],
        ${withCounts.map((one) => windowsAgo(2, one, now)?.toISOString() ?? null)}::timestamptz[],
        ${withCounts.map((one) => daysFrom(one, now)?.toISOString() ?? null)}::timestamptz[]
      ) as w(webhook_id, recent_from, before_from, days_from)
    ), begun as (
      select w.*, date_bin(${bucketLength}, h.counters_start_at, 'epoch') as first_bucket,
        h.counters_start_at, h.failing_since, h.pending_succeeded, h.pending_failed
      from wanted w join webhook_health h on h.webhook_id = w.webhook_id
    ), preceding as (
      -- The last bucket before the window that has counted attempts.
      select b.webhook_id, last.at
      from begun b
      cross join lateral (
        select t.at from webhook_attempt_counts t
        where t.webhook_id = b.webhook_id
          and t.at < b.recent_from and t.at >= greatest(b.before_from, b.first_bucket)
          and t.succeeded + t.failed
            > case when t.at = b.first_bucket then b.pending_succeeded + b.pending_failed else 0 end
        order by t.at desc
        limit 1
      ) last
    ), counted as (
      select b.webhook_id, t.at,
        -- The first attempt of the bucket in which the webhook was enabled may have started before that time.
        case
          when t.at + t.first_ms * interval '1 millisecond' < b.counters_start_at then coalesce(b.failing_since, ${now.toISOString()})
          else t.at + t.first_ms * interval '1 millisecond'
        end as first_at, t.at >= b.recent_from as is_recent, t.at >= b.days_from as is_of_days,
        t.succeeded - case when t.at = b.first_bucket then b.pending_succeeded else 0 end as succeeded,
        t.failed - case when t.at = b.first_bucket then b.pending_failed else 0 end as failed
      from begun b
      join webhook_attempt_counts t on t.webhook_id = b.webhook_id
        and t.at >= greatest(least(b.recent_from, b.days_from), b.first_bucket)
    )
    select c.webhook_id, (c.at at time zone 'utc')::date::text as day, coalesce(bool_or(is_of_days), false) as is_of_days,
      coalesce(sum(succeeded) filter (where is_recent), 0)::float8 as recent_succeeded,
      coalesce(sum(failed) filter (where is_recent), 0)::float8 as recent_failed,
      min(first_at) filter (where is_recent and succeeded + failed > 0) as first_recent,
      min(p.at) as last_before,
      sum(succeeded)::float8 as succeeded, sum(failed)::float8 as failed
    from counted c left join preceding p on p.webhook_id = c.webhook_id
    group by c.webhook_id, day
    order by c.webhook_id, day`
}

interface CountRow {
  webhook_id: string
  day: string
  is_of_days: boolean
  recent_succeeded: number
  recent_failed: number
  first_recent: Date | null
  last_before: Date | null
  succeeded: number
  failed: number
}

function windowsAgo(windows: number, { shareWindowMs }: WantedCounts, now: Date): Date | null {
  return shareWindowMs === null ? null : new Date(now.getTime() - windows * shareWindowMs)
}

// Whole days in UTC.
function daysFrom({ days, failingSince }: WantedCounts, now: Date): Date | null {
  return days ? new Date(`${dayOf(failingSince ?? now)}T00:00:00.000Z`) : null
}

/** Subtracts a batch that was counted before the facts were read. */
export function without(facts: CountedFacts, batch: AttemptCounts, now: Date): CountedFacts {
  const today = dayOf(now)
  return {
    ...facts,
    recent: less(facts.recent, batch),
    days: facts.days.map((day): DayCounts => (day.day === today ? { ...day, ...less(day, batch) } : day)),
  }
}

// Not below zero: if the webhook was enabled while the batch was being settled, the facts may not contain the batch.
function less(counts: AttemptCounts, batch: AttemptCounts): AttemptCounts {
  return {
    succeeded: Math.max(0, counts.succeeded - batch.succeeded),
    failed: Math.max(0, counts.failed - batch.failed),
  }
}

/** Removes up to `limit` buckets that are older than `keptCountDays`. Returns how many were removed. */
export async function removeOldCounts(sql: postgres.ISql, limit: number): Promise<number> {
  const { count } = await sql`
    delete from webhook_attempt_counts where ctid = any(array(
      select ctid from webhook_attempt_counts
      where at < now() - ${keptCountDays}::int * interval '1 day'
      order by at limit ${limit}
      for update skip locked
    ))`
  return count
}
