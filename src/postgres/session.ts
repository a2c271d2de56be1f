/**
 * The settings of every session that Orderbell opens. A database, a role or a server may have other defaults. Settings
 * on which the statements and both drivers depend are fixed here and sent at the start of a connection, where they
 * override all defaults.
 */
import { isSocket, readAddress, withParameter, type Address } from './address.ts'
import { statementMs } from './dead-connections.ts'
import type { Host } from './host.ts'

export type SessionSettings = Readonly<Record<string, string>>

export interface Session {
  /** The application name of the connection in pg_stat_activity. */
  readonly name: string
  /** Additional settings of this session. They override the fixed ones. */
  readonly settings?: SessionSettings
  /** Overrides `silentMs`, the time without a response after which a connection counts as silent. Null: no limit. */
  readonly silentMs?: number | null
}

/**
 * Settings that PostgreSQL has had since version 14 and that any role may set. `default_transaction_read_only` is not
 * set: hosting providers set it while a disk is nearly full, and then nothing should be written.
 */
const fixedSettings: SessionSettings = {
  client_encoding: 'UTF8',
  // The only format of dates and times that the drivers parse.
  datestyle: 'ISO,MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  bytea_output: 'hex',
  // Floats with all their digits.
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
  // Longer than any statement of a pool takes. Migrations have another limit.
  statement_timeout: String(statementMs),
  lock_timeout: '0',
  // If a process disappears during a transaction, its locks are released after 10 s.
  idle_in_transaction_session_timeout: '10000',
  // A limit would end the idle connections of the pools.
  idle_session_timeout: '0',
  // With policies and many partitions, JIT compilation takes PostgreSQL seconds. The statements themselves take
  // milliseconds.
  jit: 'off',
  plan_cache_mode: 'auto',
}

/** Settings that older servers reject, by the version that introduced them. */
const newerSettings: readonly { readonly since: number; readonly settings: SessionSettings }[] = [
  // A new role has only the privileges that Orderbell grants.
  { since: 160_000, settings: { createrole_self_grant: '' } },
  { since: 170_000, settings: { transaction_timeout: '0', restrict_nonsystem_relation_kind: '' } },
]

/** The URL with those `newerSettings` in its options that the server's version knows. */
export function withNewerSettings(url: string, versionNumber: number): string {
  const known = newerSettings.filter(({ since }) => versionNumber >= since)
  if (known.length === 0) return url
  const given = readAddress(url).options
  const lines = known.map(({ settings }) => commandLineOf(settings))
  return withParameter(url, 'options', [...(given === undefined ? [] : [given]), ...lines].join(' '))
}

/**
 * PostgreSQL ends the session of a client that has disappeared: after 25 s without a response to keepalive probes, or
 * 20 s after data that were not acknowledged. Not needed on the same machine, where the kernel closes the connections
 * of a process that died.
 */
const remoteSettings: SessionSettings = {
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '20000',
}

/**
 * For a session that holds a lock between its statements. The client never waits 30 s between two statements, so a
 * session that is idle for that long has lost its client.
 */
export const endsWithClient: SessionSettings = { idle_session_timeout: '30000' }

const isLocal = ({ host }: Host): boolean =>
  isSocket(host) || host === 'localhost' || host === '::1' || host.startsWith('127.')

export function settingsOf({ hosts }: Address, { settings }: Session): SessionSettings {
  return { ...fixedSettings, ...(hosts.every(isLocal) ? {} : remoteSettings), ...settings }
}

/** The settings as command line options, which is how pg sends them. A later option overrides an earlier one. */
export function commandLineOf(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
    .join(' ')
}
