/** Tests for the error codes of PostgreSQL (SQLSTATE) that Orderbell handles. */
import { errorCode } from './error-code.ts'

/** Returns the SQLSTATE of a failed statement. Drizzle wraps the driver's error, which is then its cause. */
function sqlstateOf(error: unknown): string {
  return errorCode(error instanceof Error ? (error.cause ?? error) : error)
}

/** deadlock_detected: PostgreSQL rolled the transaction back, so all of it can be repeated. */
export function isDeadlock(error: unknown): boolean {
  return sqlstateOf(error) === '40P01'
}

/** lock_not_available: the statement waited for a lock as long as `lock_timeout` allows. */
export function isLockNotAvailable(error: unknown): boolean {
  return sqlstateOf(error) === '55P03'
}

/** check_violation: no partition exists for an inserted row. The tables have no other check constraint. */
export function isMissingPartition(error: unknown): boolean {
  return sqlstateOf(error) === '23514'
}

/** insufficient_privilege. */
export function isForbidden(error: unknown): boolean {
  return sqlstateOf(error) === '42501'
}

/**
 * duplicate_object, unique_violation, or internal_error ("tuple concurrently updated"): another process creates or
 * grants the same role at the same time.
 */
export function isConcurrentRoleChange(error: unknown): boolean {
  return ['42710', '23505', 'XX000'].includes(sqlstateOf(error))
}

/** undefined_object or invalid_parameter_value: the server does not know a setting, or its system does not support it. */
export function isUnsupportedSetting(error: unknown): boolean {
  return ['42704', '22023'].includes(sqlstateOf(error))
}

/** query_canceled: the statement took longer than the connection's statement timeout. */
export function isQueryCanceled(error: unknown): boolean {
  return sqlstateOf(error) === '57014'
}

/** too_many_connections: the server, the database or the role has no free connection. */
export function isTooManyConnections(error: unknown): boolean {
  return sqlstateOf(error) === '53300'
}

/**
 * PostgreSQL refused a statement or the commit, and kept the connection: the transaction was rolled back. After a
 * lost connection, or an error that ends it, this is not known.
 */
export function isRolledBack(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return typeof cause === 'object' && cause !== null && 'severity' in cause && cause.severity === 'ERROR'
}
