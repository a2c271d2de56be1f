/** Checks once, at the start and before anything is written, whether a PostgreSQL database can be used. */
import postgres from 'postgres'
import { postgresJsOptions } from '../../postgres/options.ts'
import { keptSettings } from '../../postgres/connection-errors.ts'
import { poolSetting } from './pool-roles.ts'

/** The database answers but cannot be used. The message is a predicate whose subject is the database. */
export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused'
}

const oldest = { versionNumber: 140_000, name: 14 }
const clocksMayDifferMs = 5_000
/** How often the clock is read. The measurement with the shortest round trip is used. */
const clockMeasurements = 3
const marker = 'check'

/**
 * Returns the server's version as a number, such as 180004. Throws DatabaseRefused, or the error of the connection. The
 * message contains the reason and no password.
 */
export async function checkPostgres(url: string): Promise<number> {
  const session = { name: 'orderbell-check', settings: { [poolSetting]: marker } }
  const sql = postgres({ ...postgresJsOptions(url, session), max: 1 })
  try {
    const version = await checkServer(sql)
    await checkClock(sql)
    return version
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** By `pg_settings.source`: the object for which the setting was set. */
const settersOf: Readonly<Record<string, string>> = {
  database: 'the database',
  user: 'the role',
  'database user': 'the role in this database',
  client: 'its sessions by the options of DATABASE_URL',
}

async function checkServer(sql: postgres.Sql): Promise<number> {
  const [found] = await sql<
    {
      version: string
      number: number
      encoding: string
      standby: boolean
      replication: string
      marker: string | null
      readOnly: boolean
      readOnlyBy: string
    }[]
  >`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
      current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby,
      current_setting('session_replication_role') as replication, current_setting(${poolSetting}, true) as marker,
      setting::bool as "readOnly", source as "readOnlyBy"
    from pg_settings where name = 'default_transaction_read_only'`
  if (found === undefined) throw new DatabaseRefused('answers without a row')
  const { version, number, encoding, standby, replication } = found
  if (found.marker !== marker) throw new DatabaseRefused(`cannot be used: ${keptSettings}`)
  if (number < oldest.versionNumber)
    throw new DatabaseRefused(`is PostgreSQL ${version}; Orderbell needs PostgreSQL ${oldest.name} or newer`)
  if (encoding !== 'UTF8')
    throw new DatabaseRefused(
      `has the encoding ${encoding}, expected UTF8: create another one (create database orderbell encoding 'UTF8' template template0) and name it in DATABASE_URL`,
    )
  if (standby)
    throw new DatabaseRefused(
      'is a standby, which accepts no writes: name the primary in DATABASE_URL, or all hosts with target_session_attrs=primary',
    )
  if (found.readOnly)
    throw new DatabaseRefused(
      `has default_transaction_read_only=on (set for ${settersOf[found.readOnlyBy] ?? 'the server'}), so nothing can be written to it: some hosts set it while the disk is nearly full; make room there, and set it back`,
    )
  // Only a superuser may set it, so Orderbell's sessions cannot reset it.
  if (replication !== 'origin')
    throw new DatabaseRefused(
      `has session_replication_role=${replication} by default, which turns its foreign keys and triggers off: reset it for the database and the role (alter database ... reset session_replication_role)`,
    )
  return number
}

/** Due times are compared with both clocks, so the two clocks must agree. */
async function checkClock(sql: postgres.Sql): Promise<void> {
  let best: ClockReading | undefined
  for (let count = 0; count < clockMeasurements; count += 1) {
    const sentMs = Date.now()
    const sentAt = performance.now()
    const [row] = await sql<{ ms: number }[]>`
      select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`
    const roundTripMs = performance.now() - sentAt
    const reading = { databaseMs: row?.ms ?? Number.NaN, sentMs, roundTripMs }
    if (best === undefined || roundTripMs < best.roundTripMs) best = reading
  }
  const aheadMs = best === undefined ? 0 : clockAheadMs(best)
  if (Math.abs(aheadMs) <= clocksMayDifferMs) return
  throw new DatabaseRefused(
    `has another clock than this machine, whose clock is ${(Math.abs(aheadMs) / 1_000).toFixed(1)} s ${aheadMs > 0 ? 'ahead' : 'behind'} (at most ${clocksMayDifferMs / 1_000} s are allowed): set both clocks by NTP`,
  )
}

export interface ClockReading {
  readonly sentMs: number
  readonly roundTripMs: number
  /** Read at some moment of the round trip. */
  readonly databaseMs: number
}

/**
 * The minimum by which this machine's clock is ahead of the database clock, in milliseconds. Negative: it is behind.
 */
export function clockAheadMs({ sentMs, roundTripMs, databaseMs }: ClockReading): number {
  if (databaseMs < sentMs) return sentMs - databaseMs
  const latestMs = sentMs + roundTripMs
  return databaseMs > latestMs ? latestMs - databaseMs : 0
}
