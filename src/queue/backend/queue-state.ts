/**
 * Whether the queue accepts and delivers jobs, as observed by this process. Logs when the first part fails, and when
 * the last failing part works again. While the queue is degraded, `dispatch/lanes/due-lanes.ts` runs the lanes.
 */
import type { Log } from '../../ports/log.ts'
import { causeOf } from './faults.ts'

export type QueueCondition = 'ok' | 'degraded'

export interface QueueState {
  condition(): QueueCondition
  /** Called after each change to `degraded`. */
  onDegraded(listener: () => void): void
  works(part: string): void
  fails(part: string, fault: unknown): void
}

export function makeQueueState(log: Log): QueueState {
  const failing = new Set<string>()
  const listeners: (() => void)[] = []
  let degradedAtMs = 0

  return {
    condition: () => (failing.size === 0 ? 'ok' : 'degraded'),
    onDegraded: (listener) => void listeners.push(listener),
    works: (part) => {
      if (!failing.delete(part) || failing.size > 0) return
      log.info({ degradedMs: Math.round(performance.now() - degradedAtMs) }, 'queue.recovered')
    },
    fails: (part, fault) => {
      const wasOk = failing.size === 0
      failing.add(part)
      if (!wasOk) return
      degradedAtMs = performance.now()
      log.warn({ part, cause: causeOf(fault) }, 'queue.degraded')
      for (const listener of listeners) listener()
    },
  }
}
