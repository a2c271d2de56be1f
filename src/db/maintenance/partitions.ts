/** The day partitions of attempts and of what they carried: made ahead, made when one is missing, and how far they reach. Dropping them is `retention.ts`. */
import type postgres from 'postgres'

type Sql = postgres.ISql

/** Days for which partitions are made ahead: a process that sleeps over a night still writes. */
const partitionDaysAhead = 14

/** What PostgreSQL answers to a row that no partition takes: a check violation. */
export const noPartition = '23514'

/** Makes those of yesterday and of the days to come that are not there. Yesterday too: an attempt that began before midnight is settled after it. */
export async function ensurePartitions(sql: Sql): Promise<void> {
  await sql`
    select ensure_attempt_partitions(
      (now() at time zone 'utc')::date - 1,
      (now() at time zone 'utc')::date + ${partitionDaysAhead}::int
    )`
}

/** Makes those of these instants' days that are not there, however long ago: an attempt is kept, whatever became of its day. */
export async function ensurePartitionsOf(sql: Sql, instants: readonly Date[]): Promise<void> {
  const days = [...new Set(instants.map((instant) => instant.toISOString().slice(0, 10)))].toSorted()
  await sql`
    select ensure_attempt_partitions(day::date, day::date)
    from unnest(${days}::text[]) as asked(day) order by day`
}

/** For how many days from tomorrow on there are partitions, without a gap. */
export async function daysAhead(sql: Sql): Promise<number> {
  const [row] = await sql<{ ahead: number }[]>`
    select coalesce(min(place) - 1, ${partitionDaysAhead})::int as ahead
    from generate_series(1, ${partitionDaysAhead}::int) as place
    where to_regclass('public.attempts_' || to_char((now() at time zone 'utc')::date + place, 'YYYYMMDD')) is null
      or to_regclass('public.attempt_contents_' || to_char((now() at time zone 'utc')::date + place, 'YYYYMMDD')) is null`
  return row?.ahead ?? 0
}
