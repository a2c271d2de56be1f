/** Ends the process in order when it is told to, at once when it is told twice, and when whoever started it has died. */
import type { Log } from '../flow/ports.ts'

/** How often we look whether npm, which started us, still lives. */
const lookEveryMs = 250
/** A terminal tells us and npm, and npm tells us again: that is one wish to stop, not two. */
const sameWishMs = 1_000

export interface Shutdown {
  readonly stop: () => Promise<void>
  readonly log: Log
  /** True when npm started us: killed outright, it cannot tell us, and we would hold the data folder for ever. */
  readonly endWithParent: boolean
}

export function endOnSignals({ stop, log, endWithParent }: Shutdown): void {
  let endingSinceMs: number | undefined
  const end = (why: string): void => {
    if (endingSinceMs !== undefined) {
      if (performance.now() - endingSinceMs < sameWishMs) return
      log.warn({ why }, 'stop.forced')
      process.exit(1)
    }
    endingSinceMs = performance.now()
    log.info({ why }, 'stop.began')
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ cause: error }, 'stop.failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', () => end('SIGINT'))
  process.on('SIGTERM', () => end('SIGTERM'))
  if (!endWithParent) return
  const parent = process.ppid
  setInterval(() => {
    // It was killed, and so are we: what was under way is recovered as after any other kill.
    if (process.ppid !== parent) process.exit(1)
  }, lookEveryMs).unref()
}
