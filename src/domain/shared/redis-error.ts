/**
 * Returns whether Redis refused a command because the server is a read-only replica. The error of a Lua script contains
 * READONLY in the middle of its message.
 */
export function isReadOnlyReplica(error: Error): boolean {
  return /\bREADONLY\b/.test(error.message)
}
