/**
 * Wakes on their way into the queue. `push` only remembers; a few stores run at a time. While
 * the queue is away the wakes wait here, one per key and so never more than there are webhooks,
 * and are stored when it is back. What a wake becomes is decided by `store`.
 */
import { within } from './backend/timeout.ts'
import type { ReportFault } from './backend/faults.ts'

/** Below `from` wakes, one store takes one wake; from there on it takes all, up to `atMost`. */
export interface StoreSizes {
  readonly from: number
  readonly atMost: number
}

export interface WakePump<W> {
  /** A later wake under the same key takes the place of the one that still waits. */
  push(key: string, wake: W): void
  /** Resolves when all that was pushed so far is stored. */
  flush(): Promise<void>
  /** Takes no more and forgets what waits; says how many that were. */
  stop(): number
}

// Measured on the Postgres backend: 1,700 adds/s one after the other, 2,300 at four, no more at eight.
const STORES_AT_A_TIME = 4
// There `addBulk` creates two temp tables (some 5 ms), an `add` takes 0.4 ms: 500 wakes take 60 ms
// in bulk and 210 ms by adds, and below about this number the adds are cheaper.
export const inBulk: StoreSizes = { from: 24, atMost: 250 }
// A webhook under fire is woken thousands of times a second: one store in this time says it all.
const REST_MS = 5
const STORE_WITHIN_MS = 5_000
const RETRY_FIRST_MS = 100
const RETRY_AT_MOST_MS = 2_000

export function makeWakePump<W>(
  place: string,
  store: (laneScheduler: readonly W[]) => Promise<void>,
  report: ReportFault,
  sizes: StoreSizes = inBulk,
): WakePump<W> {
  const pending = new Map<string, W>()
  // Two stores of one key at once could overtake each other.
  const underWay = new Set<string>()
  const resting = new Set<string>()
  const flushes = new Set<{ keys: Set<string>; done: () => void }>()
  let storing = 0
  let failuresInARow = 0
  let retryTimer: NodeJS.Timeout | undefined
  let scheduled = false
  let stopped = false

  function schedule(): void {
    if (scheduled || stopped || retryTimer !== undefined) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      if (!stopped && retryTimer === undefined) start()
    })
  }

  function start(): void {
    // After a failure one store feels the way; the others follow when it went through.
    const slots = failuresInARow > 0 ? 1 : STORES_AT_A_TIME
    while (storing < slots) {
      const batch = take()
      if (batch.size === 0) return
      void storeBatch(batch)
    }
  }

  function take(): Map<string, W> {
    const free = new Map<string, W>()
    for (const [key, wake] of pending) {
      if (underWay.has(key) || resting.has(key)) continue
      free.set(key, wake)
      if (free.size === sizes.atMost) break
    }
    if (free.size < sizes.from) for (const key of [...free.keys()].slice(1)) free.delete(key)
    for (const key of free.keys()) {
      pending.delete(key)
      underWay.add(key)
    }
    return free
  }

  async function storeBatch(batch: ReadonlyMap<string, W>): Promise<void> {
    storing++
    try {
      await within(STORE_WITHIN_MS, `storing ${batch.size} wakes`, store([...batch.values()]))
      failuresInARow = 0
    } catch (fault) {
      report(place, fault)
      for (const [key, wake] of batch) if (!pending.has(key) && !stopped) pending.set(key, wake)
      failuresInARow++
      retryLater()
    }
    storing--
    for (const key of batch.keys()) {
      underWay.delete(key)
      resting.add(key)
    }
    setTimeout(() => rested(batch), REST_MS)
    settleFlushes(batch)
    schedule()
  }

  function retryLater(): void {
    if (retryTimer !== undefined || stopped) return
    const waitMs = Math.min(RETRY_FIRST_MS * 2 ** (failuresInARow - 1), RETRY_AT_MOST_MS)
    retryTimer = setTimeout(() => {
      retryTimer = undefined
      schedule()
    }, waitMs)
  }

  function rested(batch: ReadonlyMap<string, W>): void {
    for (const key of batch.keys()) resting.delete(key)
    if (pending.size > 0) schedule()
  }

  function settleFlushes(batch: ReadonlyMap<string, W>): void {
    for (const flush of flushes) {
      for (const key of batch.keys()) if (!pending.has(key)) flush.keys.delete(key)
      if (flush.keys.size > 0) continue
      flushes.delete(flush)
      flush.done()
    }
  }

  return {
    push: (key, wake) => {
      if (stopped) return
      pending.set(key, wake)
      schedule()
    },
    flush: async () => {
      const keys = new Set([...pending.keys(), ...underWay])
      if (keys.size === 0) return
      await new Promise<void>((resolve) => {
        flushes.add({ keys, done: resolve })
      })
    },
    stop: () => {
      stopped = true
      clearTimeout(retryTimer)
      const forgottenWakes = pending.size
      pending.clear()
      for (const flush of flushes) flush.done()
      return forgottenWakes
    },
  }
}
