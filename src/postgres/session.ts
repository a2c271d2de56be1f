/**
 * The settings of every session that Orderbell opens. A database, a role or a server may have other defaults; what our
 * statements and both drivers depend on is fixed here, at the connection, where it overrides all of them.
 */

import type { Address } from './address.ts'

export type SessionSettings = Readonly<Record<string, string>>

export interface Session {
  /** The connection's name in pg_stat_activity. */
  readonly name: string
  /** Besides the settings that are fixed for every session, and above them. */
  readonly settings?: SessionSettings
}

/** Names and values that every PostgreSQL since 14 knows, and that any role may set. */
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
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  row_security: 'on',
  // An accepted event survives a crash of the server.
  synchronous_commit: 'on',
  exit_on_error: 'off',
  // Limits that would end our own statements and idle connections: each pool sets those that it wants.
  statement_timeout: '0',
  lock_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  // Compiling a statement takes PostgreSQL seconds where there are policies and many partitions; ours run for moments.
  jit: 'off',
  plan_cache_mode: 'auto',
}

export function settingsOf({ sessionAttributes }: Address, { settings }: Session): SessionSettings {
  const all = { ...fixedSettings, ...settings }
  if (sessionAttributes !== 'read-write') return all
  // Whether a server takes writes by default is what decides there.
  const { default_transaction_read_only: _, ...rest } = all
  return rest
}

/** The settings as command line options, which is how pg passes them. A later option overrides an earlier one. */
export function commandLineOf(settings: SessionSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\\s]/g, '\\$&')}`)
    .join(' ')
}
