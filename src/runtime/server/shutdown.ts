/**
 * Shuts the process down on the first SIGINT or SIGTERM, and exits at once on a second one or when npm, which started
 * the process, has died. Exits with an error when the shutdown exceeds its time limit. Running deliveries end in `drain`
 * of `dispatch/lanes/lane.ts`, and after 20 s (`drainMs` in `src/dispatcher.ts`) they are settled as INTERRUPTED.
 */
import type { Log } from '../../ports/log.ts'

/** Interval of the check whether npm still runs. */
const lookEveryMs = 250
/**
 * Signals within this time are one request: a terminal signals this process and npm, and npm signals this process
 * again.
 */
const sameRequestMs = 1_000
/** Running sends have 20 s. The remaining seconds are for storing their results and closing connections. */
const defaultBudgetMs = 26_000

/** Options of the shutdown. */
export interface Shutdown {
  readonly stop: () => Promise<void>
  /** Names of the resources that are not closed yet. Logged when the time limit is exceeded. */
  readonly open: () => readonly string[]
  readonly log: Log
  /**
   * True when npm started this process. A killed npm sends no signal, and the process would keep the data folder
   * locked.
   */
  readonly endWithParent: boolean
  /** Time limit of `stop`. Default 26 s. */
  readonly budgetMs?: number
  /** Exit code after a complete shutdown. Default 0. An interrupted command uses 1. */
  readonly exitCode?: number
}

/**
 * Installs the signal handlers. Must be called before any resource is opened, because a process without a handler
 * ignores SIGTERM when it is the first process of a container.
 */
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
    // npm was killed, so this process exits at once. Running work is recovered as after any other kill.
    if (process.ppid !== parent) process.exit(1)
  }, lookEveryMs).unref()
}
