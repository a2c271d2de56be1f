/** A transaction that PostgreSQL ended because two waited for each other is done again: nothing of it was kept. What settles also try again is `settle.ts`. */

const tries = 3
const deadlock = '40P01'

/** Three times at the most; what fails otherwise is thrown as it is. */
export async function despiteDeadlocks<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work()
    } catch (error) {
      if (!isDeadlock(error) || attempt === tries) throw error
    }
  }
}

/** Drizzle wraps what the driver throws. */
function isDeadlock(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error && 'code' in cause && cause.code === deadlock
}
