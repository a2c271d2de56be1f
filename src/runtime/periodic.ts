/**
 * Work that a process begins again and again by its own timer. Timers of Node run on the monotonic clock: no jump of
 * the system's clock, and nothing outside the process, delays them.
 */
import type { Log } from '../ports/platform.ts'

export interface Regular {
  /** Begins the work now, besides its regular beginnings. */
  now(): void
  /** Begins it no more and waits for what runs, for `withinMs` at most. */
  stop(withinMs: number): Promise<void>
}

export interface RegularOptions {
  readonly everyMs: number
  /** Another delay before the first beginning; absent: it begins at once. */
  readonly firstAfterMs?: number
  /** A beginning is left out while a run is younger than this; absent: never. */
  readonly aloneForMs?: number
  readonly work: () => Promise<void>
  readonly log: Log
  /** What a failure is logged as. */
  readonly failedAs: string
}

/** Processes that were started together drift apart, so that they do not all ask PostgreSQL at one instant. */
const jitterShare = 0.1

export function regularly({
  everyMs,
  firstAfterMs = 0,
  aloneForMs = 0,
  ...options
}: RegularOptions): Regular {
  const { work, log, failedAs } = options
  /** Runs under way, by when they began. */
  const running = new Map<Promise<void>, number>()
  let stopped = false
  let timer = setTimeout(begin, firstAfterMs).unref()

  function begin(): void {
    timer = setTimeout(begin, everyMs * (1 + jitterShare * (2 * Math.random() - 1))).unref()
    now()
  }

  function now(): void {
    const nowMs = performance.now()
    if (stopped || [...running.values()].some((beganMs) => nowMs - beganMs < aloneForMs)) return
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
      let limit: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (limit = setTimeout(resolve, withinMs)))
      await Promise.race([Promise.all(running.keys()), late])
      clearTimeout(limit)
    },
  }
}
