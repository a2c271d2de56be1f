/** Ends the process on uncaught errors, after logging the cause, and when its standard output is closed. */
import type { ProcessLog } from './log.ts'

/**
 * Installs a handler that shuts the process down as on SIGTERM when its standard output is closed (`| head`). Later
 * output is dropped.
 */
export function endOnClosedOutput(): void {
  let isEnding = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!isEnding) process.kill(process.pid, 'SIGTERM')
    isEnding = true
  })
}

/** Installs a handler that logs an uncaught exception or unhandled rejection once and exits with code 1. */
export function endOnFaults(log: ProcessLog): void {
  process.on('uncaughtException', (cause, origin) => {
    // The state of the process is unknown, so it does not shut down in order. Running work is recovered as after a
    // kill.
    log.fatal({ origin, cause }, 'process.crashed')
    process.exit(1)
  })
}
