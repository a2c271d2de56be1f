/**
 * Collects wake-ups and stores them in the queue in batches. `push` only keeps the wake-up in memory; a few stores run
 * concurrently. While the queue is unavailable the wake-ups wait here, at most one per key, so never more than there
 * are webhooks. The function `store` turns wake-ups into jobs.
 */
import { within } from './backend/timeout.ts'
import type { ReportFault } from './backend/faults.ts'

/** With fewer than `from` wake-ups waiting, a store takes one; otherwise it takes all of them, up to `atMost`. */
export interface StoreSizes {
  readonly from: number
  readonly atMost: number
}

export interface WakePump<W> {
  /** Adds a wake-up. It replaces a waiting wake-up with the same key. */
  push(key: string, wake: W): void
  /** Resolves when all wake-ups that were pushed so far are stored. */
  flush(): Promise<void>
  /** Ignores further wake-ups and discards the waiting ones. Returns how many were discarded. */
  stop(): number
}

// Measured on the PostgreSQL backend: 1,700 adds/s sequentially, 2,300 with four at once, no more with eight.
const STORES_AT_A_TIME = 4
// On PostgreSQL `addBulk` creates two temporary tables (about 5 ms), and an `add` takes 0.4 ms. 500 wake-ups take 60 ms
// in bulk and 210 ms with adds. Below about this number adds are cheaper.
export const inBulk: StoreSizes = { from: 24, atMost: 250 }
// A busy webhook is woken thousands of times a second. One store within this time is sufficient for each key.
const REST_MS = 5
const STORE_WITHIN_MS = 5_000
const RETRY_FIRST_MS = 100
const RETRY_AT_MOST_MS = 2_000

export function makeWakePump<W>(
  place: string,
  store: (wakeUps: readonly W[]) => Promise<void>,
  report: ReportFault,
  sizes: StoreSizes = inBulk,
): WakePump<W> {
  const pending = new Map<string, W>()
  // Keys that are being stored. Two concurrent stores of one key could complete in the wrong order.
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
    // After a failure a single store is tried; the others follow when it succeeds.
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
