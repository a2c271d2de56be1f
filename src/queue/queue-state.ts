/**
 * Whether the queue takes jobs and hands them out, as this process knows it: from its own writes, and from lanes
 * that stay due although jobs for them were stored. Logs one line for each change.
 */
import type { Log } from '../flow/ports.ts'
import { causeOf } from './faults.ts'

export type QueueCondition = 'ok' | 'degraded'

export interface QueueState {
  condition(): QueueCondition
  /** Called after each change to `degraded`. */
  onDegraded(listener: () => void): void
  /** The queue stored what `writer` gave it. */
  stored(writer: string): void
  /** The queue did not store what `writer` gave it. */
  refused(writer: string, fault: unknown): void
  /** A lane's job arrived in this process. */
  fetched(): void
  /** Lanes are due for longer than a working queue takes. */
  lanesOverdue(): void
}

/**
 * A worker that has had no job for this time, while lanes are overdue, gets none. Each sweep gives such lanes a job, so it
 * is longer than the time between two sweeps, and shorter than the time after which a lane is overdue.
 */
const silentForMs = 8_000
const fetchWriter = 'fetch'

export function makeQueueState(log: Log): QueueState {
  /** What fails, by writer. */
  const faults = new Map<string, unknown>()
  const listeners: (() => void)[] = []
  let lastFetchAtMs = performance.now()
  let degradedAtMs = 0

  function refused(writer: string, fault: unknown): void {
    const wasOk = faults.size === 0
    faults.set(writer, fault)
    if (!wasOk) return
    degradedAtMs = performance.now()
    log.warn({ writer, cause: causeOf(fault) }, 'queue.degraded')
    for (const listener of listeners) listener()
  }

  function works(writer: string): void {
    if (!faults.delete(writer) || faults.size > 0) return
    log.info({ degradedMs: Math.round(performance.now() - degradedAtMs) }, 'queue.recovered')
  }

  return {
    condition: () => (faults.size === 0 ? 'ok' : 'degraded'),
    onDegraded: (listener) => void listeners.push(listener),
    stored: works,
    refused,
    fetched: () => {
      lastFetchAtMs = performance.now()
      works(fetchWriter)
    },
    lanesOverdue: () => {
      const silentMs = performance.now() - lastFetchAtMs
      if (silentMs < silentForMs) return
      refused(fetchWriter, `lanes are due and no job arrived for ${Math.round(silentMs)} ms`)
    },
  }
}
