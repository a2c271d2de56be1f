/**
 * Repeats a transaction that PostgreSQL ended because of a deadlock: all of it was rolled back. Settles have their own
 * retry, in `dispatch/settle-statement.ts`.
 */

const tries = 3
const deadlock = '40P01'

/** Tries at most three times. Other errors are thrown at once. */
export async function despiteDeadlocks<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isDeadlock(error) || attempt === tries) throw error
    }
  }
}

/** Drizzle wraps the driver's error. */
function isDeadlock(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error && 'code' in cause && cause.code === deadlock
}
