/** Ends the process on what nothing can catch: a fault, after the log has its cause, and a closed standard output. */
import type { ProcessLog } from './log.ts'

/**
 * From now on the process ends in order, as at a SIGTERM, when nobody reads its standard output any more (`| head`).
 * What is printed afterwards is dropped.
 */
export function endOnClosedOutput(): void {
  let isEnding = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!isEnding) process.kill(process.pid, 'SIGTERM')
    isEnding = true
  })
}

/** From now on an uncaught exception and an unhandled rejection are one line of the log, and exit code 1. */
export function endOnFaults(log: ProcessLog): void {
  process.on('uncaughtException', (cause, origin) => {
    // What is under way is recovered as after a kill: the state of a process that failed so is not known.
    log.fatal({ origin, cause }, 'process.crashed')
    process.exit(1)
  })
}
