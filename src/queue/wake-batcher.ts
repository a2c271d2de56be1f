/**
 * Collects wake-ups and stores them in the queue in batches. `push` only keeps the wake-up in memory. While the queue
 * is unavailable the wake-ups wait here, at most one per key, so never more than there are webhooks. The function
 * `store` turns a batch of wake-ups into jobs.
 */
import { within } from '../runtime/within.ts'
import type { ReportFault } from './backend/faults.ts'

export interface WakeBatcherOptions<W> {
  /** The name in the log. */
  readonly place: string
  readonly store: (wakeUps: readonly W[]) => Promise<void>
  readonly report: ReportFault
  /** Maximum wake-ups in one store. */
  readonly atMost: number
  /** Combines a waiting wake-up with a new one of the same key. Default: the new one replaces it. */
  readonly merge?: (waiting: W, pushed: W) => W
}

export interface WakeBatcher<W> {
  /** Adds wake-ups, each with its key. They may wait up to `patienceMs` for others to share a store with; default: 0. */
  push(wakeUps: Iterable<readonly [key: string, wakeUp: W]>, patienceMs?: number): void
  /** Starts no store until `hold(false)`. The wake-ups wait. */
  hold(isHeld: boolean): void
  /** Resolves when all wake-ups that were pushed so far are stored. Does not pause to gather more. */
  flush(): Promise<void>
  /** Ignores further wake-ups and discards the waiting ones. Returns how many were discarded. */
  stop(): number
}

const maxConcurrentStores = 4
/**
 * After a store that combined n pushes, the next one gathers for (n - 1) times this long. A store of one push is
 * followed by no pause, so that wake-ups that arrive one by one are not delayed. Above about 200 pushes a second the
 * pause grows to its maximum.
 */
const gatherPerPushMs = 5
/** With this pause, 500 changes a second add 40 jobs a second. */
const maxGatherMs = 25
const storeWithinMs = 5_000
const firstRetryMs = 100
const maxRetryMs = 2_000

/** Options and state of one batcher. */
interface BatcherState<W> {
  readonly options: WakeBatcherOptions<W>
  readonly pending: Map<string, W>
  /** Keys that are being stored. Two concurrent stores of one key could complete in the wrong order. */
  readonly storing: Set<string>
  readonly flushes: Set<{ readonly keys: Set<string>; readonly done: () => void }>
  /** Calls of `push` since the last store began. */
  pushes: number
  // On the clock of `performance.now()`:
  /** The end of the patience of the waiting wake-ups. */
  patientUntilMs: number
  /** The end of the pause after the last store. */
  gathersUntilMs: number
  lastStoreAtMs: number
  runningStores: number
  consecutiveFailures: number
  /** Runs until the next store may start: after a failure, or while wake-ups are gathered. */
  timer: NodeJS.Timeout | undefined
  retriesAfterFailure: boolean
  isScheduled: boolean
  isHeld: boolean
  isStopped: boolean
}

export function makeWakeBatcher<W>(options: WakeBatcherOptions<W>): WakeBatcher<W> {
  const state: BatcherState<W> = {
    options,
    pending: new Map(),
    storing: new Set(),
    flushes: new Set(),
    pushes: 0,
    patientUntilMs: Infinity,
    gathersUntilMs: -Infinity,
    lastStoreAtMs: -Infinity,
    runningStores: 0,
    consecutiveFailures: 0,
    timer: undefined,
    retriesAfterFailure: false,
    isScheduled: false,
    isHeld: false,
    isStopped: false,
  }
  return {
    push: (wakeUps, patienceMs = 0) => push(state, wakeUps, patienceMs),
    hold: (isHeld) => {
      state.isHeld = isHeld
      schedule(state)
    },
    flush: async () => {
      const keys = new Set([...state.pending.keys(), ...state.storing])
      if (keys.size === 0) return
      await new Promise<void>((resolve) => {
        state.flushes.add({ keys, done: resolve })
        schedule(state)
      })
    },
    stop: () => stop(state),
  }
}

function push<W>(state: BatcherState<W>, wakeUps: Iterable<readonly [string, W]>, patienceMs: number): void {
  if (state.isStopped) return
  const { pending, options } = state
  const { merge = (_waiting: W, pushed: W): W => pushed } = options
  for (const [key, wakeUp] of wakeUps) {
    const waiting = pending.get(key)
    pending.set(key, waiting === undefined ? wakeUp : merge(waiting, wakeUp))
  }
  state.pushes++
  state.patientUntilMs = Math.min(state.patientUntilMs, performance.now() + patienceMs)
  schedule(state)
}

/** Starts stores in the next event-loop iteration, so that wake-ups of the same iteration share a store. */
function schedule<W>(state: BatcherState<W>): void {
  if (state.isScheduled || state.isStopped || state.isHeld || state.retriesAfterFailure) return
  state.isScheduled = true
  setImmediate(() => {
    state.isScheduled = false
    if (!state.isStopped && !state.isHeld && !state.retriesAfterFailure) startStores(state)
  })
}

function startStores<W>(state: BatcherState<W>): void {
  // After a failure a single store is tried; the others follow when it succeeds.
  const slots = state.consecutiveFailures > 0 ? 1 : maxConcurrentStores
  clearTimeout(state.timer)
  while (state.runningStores < slots && state.pending.size > 0) {
    const pauseMs = pauseBeforeStore(state)
    if (pauseMs > 0) {
      state.timer = setTimeout(() => schedule(state), pauseMs)
      return
    }
    const batch = takeBatch(state)
    if (batch.size === 0) return
    void storeBatch(state, batch)
  }
}

/** Milliseconds to gather more wake-ups before the next store; 0 or less: none. */
function pauseBeforeStore<W>(state: BatcherState<W>): number {
  if (state.flushes.size > 0 || state.pending.size >= state.options.atMost) return 0
  // While a store is running, wake-ups are gathered until it ends. If it takes long, the next one does not wait for it.
  const gathersUntilMs = state.runningStores > 0 ? state.lastStoreAtMs + maxGatherMs : state.gathersUntilMs
  return Math.max(gathersUntilMs, state.patientUntilMs) - performance.now()
}

function takeBatch<W>(state: BatcherState<W>): Map<string, W> {
  const { pending, storing, options } = state
  const batch = new Map<string, W>()
  for (const [key, wakeUp] of pending) {
    if (storing.has(key)) continue
    batch.set(key, wakeUp)
    if (batch.size === options.atMost) break
  }
  for (const key of batch.keys()) {
    pending.delete(key)
    storing.add(key)
  }
  state.patientUntilMs = pending.size > 0 ? -Infinity : Infinity
  return batch
}

async function storeBatch<W>(state: BatcherState<W>, batch: ReadonlyMap<string, W>): Promise<void> {
  const { pending, storing, options } = state
  state.lastStoreAtMs = performance.now()
  state.gathersUntilMs = state.lastStoreAtMs + Math.min((state.pushes - 1) * gatherPerPushMs, maxGatherMs)
  state.pushes = 0
  state.runningStores++
  try {
    await within(storeWithinMs, `storing ${batch.size} wake-ups`, options.store([...batch.values()]))
    state.consecutiveFailures = 0
  } catch (fault) {
    options.report(options.place, fault)
    for (const [key, wakeUp] of batch) if (!pending.has(key) && !state.isStopped) pending.set(key, wakeUp)
    state.patientUntilMs = -Infinity
    state.consecutiveFailures++
    retryLater(state)
  }
  state.runningStores--
  for (const key of batch.keys()) storing.delete(key)
  settleFlushes(state, batch)
  schedule(state)
}

function retryLater<W>(state: BatcherState<W>): void {
  if (state.retriesAfterFailure || state.isStopped) return
  const waitMs = Math.min(firstRetryMs * 2 ** (state.consecutiveFailures - 1), maxRetryMs)
  state.retriesAfterFailure = true
  clearTimeout(state.timer)
  state.timer = setTimeout(() => {
    state.retriesAfterFailure = false
    schedule(state)
  }, waitMs)
}

function settleFlushes<W>({ flushes, pending }: BatcherState<W>, batch: ReadonlyMap<string, W>): void {
  for (const flush of flushes) {
    for (const key of batch.keys()) if (!pending.has(key)) flush.keys.delete(key)
    if (flush.keys.size > 0) continue
    flushes.delete(flush)
    flush.done()
  }
}

function stop<W>(state: BatcherState<W>): number {
  state.isStopped = true
  clearTimeout(state.timer)
  const discarded = state.pending.size
  state.pending.clear()
  for (const flush of state.flushes) flush.done()
  return discarded
}
