/**
 * The settings of every session that Orderbell opens. A database, a role or a server may have other defaults; what our
 * statements and both drivers depend on is fixed here, at the connection, where it overrides all of them.
 */
import { isSocket, readAddress, withParameter, type Address } from './address.ts'
import { statementMs } from './silence.ts'
import type { Host } from './host.ts'

export type SessionSettings = Readonly<Record<string, string>>

export interface Session {
  /** The connection's name in pg_stat_activity. */
  readonly name: string
  /** Besides the settings that are fixed for every session, and above them. */
  readonly settings?: SessionSettings
  /** Another time than `silentMs` without an answer after which a connection counts as silent; null: none does. */
  readonly silentMs?: number | null
}

/**
 * Names and values that every PostgreSQL since 14 knows, and that any role may set. `default_transaction_read_only` is
 * not among them: hosts set it while a disk is nearly full, and who sets it wants nothing written.
 */
const fixedSettings: SessionSettings = {
  client_encoding: 'UTF8',
  // The drivers read dates and times in this form alone.
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  // Floats are written in full.
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  transform_null_equals: 'off',
  search_path: 'public',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  row_security: 'on',
  // An accepted event survives a crash of the server.
  synchronous_commit: 'on',
  exit_on_error: 'off',
  // No statement of a pool takes as long. Migrations have another limit.
  statement_timeout: String(statementMs),
  lock_timeout: '0',
  // A process that vanished in a transaction lets go of its locks.
  idle_in_transaction_session_timeout: '10000',
  // It would end the idle connections of our pools.
  idle_session_timeout: '0',
  // Compiling a statement takes PostgreSQL seconds where there are policies and many partitions; ours run for moments.
  jit: 'off',
  plan_cache_mode: 'auto',
}

/** Settings that older servers refuse to be told of, by the version that brought them. */
const newerSettings: readonly { readonly since: number; readonly settings: SessionSettings }[] = [
  // What a new role may do is what we grant it.
  { since: 160_000, settings: { createrole_self_grant: '' } },
  { since: 170_000, settings: { transaction_timeout: '0', restrict_nonsystem_relation_kind: '' } },
]

/** The URL of a server of that version, with the settings of `newerSettings` in its options. */
export function withNewerSettings(url: string, versionNumber: number): string {
  const known = newerSettings.filter(({ since }) => versionNumber >= since)
  if (known.length === 0) return url
  const given = readAddress(url).options
  const lines = known.map(({ settings }) => commandLineOf(settings))
  return withParameter(url, 'options', [...(given === undefined ? [] : [given]), ...lines].join(' '))
}

/**
 * The server ends the session of a client that does not answer any more: after 25 s without an answer to its probes,
 * and 20 s after it has sent something that was not received. On one machine the kernel closes the connections of a
 * process that died.
 */
const remoteSettings: SessionSettings = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '20000',
}

/**
 * For a session that holds a lock between its statements: between two of them the client never waits as long, so it
 * has vanished.
 */
export const endsWithClient: SessionSettings = { idle_session_timeout: '30000' }

const isLocal = ({ host }: Host): boolean =>
  isSocket(host) || host === 'localhost' || host === '::1' || host.startsWith('127.')

export function settingsOf({ hosts }: Address, { settings }: Session): SessionSettings {
  return { ...fixedSettings, ...(hosts.every(isLocal) ? {} : remoteSettings), ...settings }
}

/** The settings as command line options, which is how pg passes them. A later option overrides an earlier one. */
export function commandLineOf(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
    .join(' ')
}
