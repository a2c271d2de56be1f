/**
 * Groups delayed wake-ups, usually for retries, so that lanes that are due at about the same time share a job, and
 * remembers which wake-ups are stored. A wake-up is never early. It is late by at most 100 ms, or 1 s if it was delayed
 * by 30 s or more.
 */

export interface DelayedWakeUp {
  readonly webhookId: string
  /** The end of the interval that contains the due time. In milliseconds, on the clock of `performance.now()`. */
  readonly wakeAtMs: number
}

const shortDelayMs = 30_000
const intervalMs = { short: 100, long: 1_000 }

/** `nowMs`: the time of `performance.now()`. */
export function delayedWakeUp(webhookId: string, delayMs: number, nowMs: number): DelayedWakeUp {
  const width = delayMs < shortDelayMs ? intervalMs.short : intervalMs.long
  return { webhookId, wakeAtMs: Math.ceil((nowMs + delayMs) / width) * width }
}

/** Of two wake-ups of a lane, the earlier. The lane that it runs reads its next due time again. */
export function earlierOf(a: DelayedWakeUp, b: DelayedWakeUp): DelayedWakeUp {
  return b.wakeAtMs < a.wakeAtMs ? b : a
}

/** The webhook ids of the wake-ups by the time of the wake-up. */
export function byTime(wakeUps: readonly DelayedWakeUp[]): ReadonlyMap<number, readonly string[]> {
  const groups = new Map<number, string[]>()
  for (const { webhookId, wakeAtMs } of wakeUps) {
    const group = groups.get(wakeAtMs)
    if (group === undefined) groups.set(wakeAtMs, [webhookId])
    else group.push(webhookId)
  }
  return groups
}

/** The wake-ups that this process has stored and that are not due yet. */
export interface StoredWakeUps {
  has(wakeUp: DelayedWakeUp): boolean
  /** Records stored wake-ups, and forgets those that were due before `nowMs`. */
  add(wakeUps: readonly DelayedWakeUp[], nowMs: number): void
}

export function makeStoredWakeUps(): StoredWakeUps {
  const webhooksAt = new Map<number, Set<string>>()
  return {
    has: ({ webhookId, wakeAtMs }) => webhooksAt.get(wakeAtMs)?.has(webhookId) === true,
    add: (wakeUps, nowMs) => {
      for (const atMs of webhooksAt.keys()) if (atMs < nowMs) webhooksAt.delete(atMs)
      for (const { webhookId, wakeAtMs } of wakeUps) {
        const webhooks = webhooksAt.get(wakeAtMs) ?? new Set()
        webhooksAt.set(wakeAtMs, webhooks.add(webhookId))
      }
    },
  }
}
