/**
 * Ends the process in order at the first signal, at once at a second one, and when npm, which started it, has died.
 * Whatever keeps the orderly end from being reached, the process ends when its time is over.
 */
import type { Log } from '../../ports/platform.ts'

/** How often we look whether npm, which started us, still lives. */
const lookEveryMs = 250
/** A terminal signals us and npm, and npm signals us again: that is one request to stop, not two. */
const sameRequestMs = 1_000
/** The sends under way have 20 s (app.ts); a few more seconds are for writing down what came of them, and for closing. */
const defaultBudgetMs = 26_000

export interface Shutdown {
  readonly stop: () => Promise<void>
  /** What has not closed yet: the log names it when the time is over. */
  readonly open: () => readonly string[]
  readonly log: Log
  /** True when npm started us: killed outright, it cannot signal us, and we would hold the data folder for ever. */
  readonly endWithParent: boolean
  /** How long `stop` may take. */
  readonly budgetMs?: number
  /** The exit code of an orderly end; a command that was cut off is no success. */
  readonly exitCode?: number
}

/** To be called before anything is opened: as the first process of a container, a process without a listener ignores SIGTERM. */
export function endOnSignals(shutdown: Shutdown): void {
  const { stop, open, log, endWithParent, budgetMs = defaultBudgetMs, exitCode = 0 } = shutdown
  let endingSinceMs: number | undefined
  const end = (why: string): void => {
    if (endingSinceMs !== undefined) {
      if (performance.now() - endingSinceMs < sameRequestMs) return
      log.warn({ why }, 'stop.forced')
      process.exit(1)
    }
    endingSinceMs = performance.now()
    log.info({ why }, 'stop.began')
    setTimeout(() => {
      log.error({ budgetMs, open: open() }, 'stop.overdue')
      process.exit(1)
    }, budgetMs)
    stop().then(
      () => process.exit(exitCode),
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
