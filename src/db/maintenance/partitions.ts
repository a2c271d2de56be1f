/**
 * Creates the daily partitions of `attempts` and `attempt_contents`, ahead of time or when one is missing, and reports
 * how far they reach. `retention-statements.ts` drops them.
 */
import type postgres from 'postgres'

type Sql = postgres.ISql

/** How many days ahead partitions are created. Writes continue even if the process is suspended for days. */
const partitionDaysAhead = 14

/**
 * Creates the missing partitions from yesterday on. Yesterday's is needed for attempts that started before midnight and
 * are settled after it.
 */
export async function ensurePartitions(sql: Sql): Promise<void> {
  await sql`
    select ensure_attempt_partitions(
      (now() at time zone 'utc')::date - 1,
      (now() at time zone 'utc')::date + ${partitionDaysAhead}::int
    )`
}

/**
 * Creates the missing partitions of the days of these instants, however old: an attempt is recorded even if its day was
 * dropped.
 */
export async function ensurePartitionsOf(sql: Sql, instants: readonly Date[]): Promise<void> {
  const days = [...new Set(instants.map((instant) => instant.toISOString().slice(0, 10)))].toSorted()
  await sql`
    select ensure_attempt_partitions(day::date, day::date)
    from unnest(${days}::text[]) as wanted(day) order by day`
}

/** For how many days, from tomorrow on, partitions exist without a gap. */
export async function daysAhead(sql: Sql): Promise<number> {
  const [row] = await sql<{ ahead: number }[]>`
    select coalesce(min(place) - 1, ${partitionDaysAhead})::int as ahead
    from generate_series(1, ${partitionDaysAhead}::int) as place
    where to_regclass('public.attempts_' || to_char((now() at time zone 'utc')::date + place, 'YYYYMMDD')) is null
      or to_regclass('public.attempt_contents_' || to_char((now() at time zone 'utc')::date + place, 'YYYYMMDD')) is null`
  return row?.ahead ?? 0
}
