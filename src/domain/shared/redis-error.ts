/** Whether Redis refuses a command because the server is a read-only replica. A script's error has the word in its middle. */
export function isReadOnlyReplica(error: Error): boolean {
  return /\bREADONLY\b/.test(error.message)
}
