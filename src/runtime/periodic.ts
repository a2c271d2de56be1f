/**
 * Runs work periodically by a timer of this process. Node's timers use the monotonic clock, so changes of the system
 * clock do not affect them. Runs may overlap.
 */
import type { Log } from '../ports/log.ts'
import { within } from './within.ts'

/** Periodic work. */
export interface PeriodicWork {
  /** Starts a run now, in addition to the periodic runs. */
  now(): void
  /** Starts no more runs, and waits at most `withinMs` for the current ones. */
  stop(withinMs: number): Promise<void>
}

/** Options of periodic work. */
export interface PeriodicOptions {
  /** The interval, plus or minus 10 % at random. */
  readonly everyMs: number
  /** Delay before the first run. Default 0. */
  readonly firstAfterMs?: number
  /**
   * A run is skipped while an earlier run began less than this time ago and has not ended. Default 0: never skipped.
   */
  readonly exclusiveMs?: number
  readonly work: () => Promise<void>
  readonly log: Log
  /** The log event of a failed run. */
  readonly failedAs: string
}

/**
 * Random variation of the interval, so that processes that were started together do not query PostgreSQL
 * simultaneously.
 */
const jitterShare = 0.1

/** Starts periodic work. A failed run is logged, and the next one runs as usual. */
export function runPeriodically({
  everyMs,
  firstAfterMs = 0,
  exclusiveMs = 0,
  ...options
}: PeriodicOptions): PeriodicWork {
  const { work, log, failedAs } = options
  /** The current runs, with their start times. */
  const running = new Map<Promise<void>, number>()
  let stopped = false
  let timer = setTimeout(begin, firstAfterMs).unref()

  function begin(): void {
    timer = setTimeout(begin, everyMs * (1 + jitterShare * (2 * Math.random() - 1))).unref()
    now()
  }

  function now(): void {
    const nowMs = performance.now()
    if (stopped || [...running.values()].some((beganMs) => nowMs - beganMs < exclusiveMs)) return
    const run = work()
      .catch((error: unknown) => log.error({ cause: error }, failedAs))
      .finally(() => running.delete(run))
    running.set(run, nowMs)
  }

  return {
    now,
    stop: async (withinMs) => {
      stopped = true
      clearTimeout(timer)
      // The runs never reject, so an error means that the time limit has passed.
      await within(withinMs, 'periodic work', Promise.all(running.keys())).catch(() => undefined)
    },
  }
}
