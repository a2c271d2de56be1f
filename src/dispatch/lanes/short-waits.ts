/**
 * Starts lanes again after short delays, by timers of this process instead of jobs, for example when a rate limit
 * allows the next request. If the process dies meanwhile, the sweep finds the due deliveries.
 */

/** Delays up to this many milliseconds are waited for here. Relying on the sweep in rare cases costs less than a job each time. */
export const maxShortWaitMs = 2_000

export interface ShortWaits {
  /** Starts the lane after `delayMs`, unless it starts earlier anyway. */
  add(webhookId: string, delayMs: number): void
  /** Starts no more lanes. */
  stop(): void
}

/** `onDue` must not throw. */
export function makeShortWaits(
  {
    pause,
    monotonicMs,
  }: { readonly pause: (ms: number) => Promise<void>; readonly monotonicMs: () => number },
  onDue: (webhookId: string) => void,
): ShortWaits {
  /** The time of the next start of each waiting lane. */
  const startsAtMs = new Map<string, number>()
  let isStopped = false

  return {
    add: (webhookId, delayMs) => {
      const atMs = monotonicMs() + delayMs
      const earlierMs = startsAtMs.get(webhookId)
      if (isStopped || (earlierMs !== undefined && earlierMs <= atMs)) return
      startsAtMs.set(webhookId, atMs)
      void pause(delayMs).then(() => {
        // A later call may have asked for an earlier start, which is over.
        if (isStopped || startsAtMs.get(webhookId) !== atMs) return
        startsAtMs.delete(webhookId)
        onDue(webhookId)
      })
    },
    stop: () => {
      isStopped = true
      startsAtMs.clear()
    },
  }
}
