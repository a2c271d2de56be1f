/** Ends the process on a fault that nothing caught, after the log has its cause. */
import type { ProcessLog } from './log.ts'

/** From now on an uncaught exception and an unhandled rejection are one line of the log, and exit code 1. */
export function endOnFaults(log: ProcessLog): void {
  process.on('uncaughtException', (cause, origin) => {
    // What is under way is recovered as after a kill: the state of a process that failed so is not known.
    log.fatal({ origin, cause }, 'process.crashed')
    process.exit(1)
  })
}
