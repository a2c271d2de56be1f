/**
 * Creates the events `order.arriving` that are due. The sweep of every dispatcher runs it, so a due time outlives any
 * process. What a process has created but not removed when it died is found again, and makes no second event.
 */
import type { ArrivingStore, DueArrival } from '../ports/arriving-store.ts'
import type { Log } from '../ports/log.ts'

/** Due times that are handled at once. Their orders share transactions. */
const batchSize = 200
/** A due time that cannot be handled, or whose ETA has moved, comes up again after this time. */
const againAfterMs = 10_000

export interface ArrivingDeps {
  readonly store: ArrivingStore
  /** Creates the event, unless there was one, or the order needs none (`services/orders/send-arriving.ts`). */
  readonly send: (due: DueArrival) => Promise<'SENT' | 'DROPPED' | 'WAITS'>
  readonly log: Log
}

/** Returns the number of events. Starts no further batch after the signal. */
export async function createArriving(deps: ArrivingDeps, signal: AbortSignal): Promise<number> {
  const { store } = deps
  let sent = 0
  while (!signal.aborted) {
    const due = await store.due(batchSize)
    const outcomes = await Promise.all(due.map((arrival) => outcomeOf(deps, arrival)))
    const withOutcome = (...wanted: readonly string[]) =>
      due.filter((_, index) => wanted.includes(outcomes[index] ?? ''))
    await store.remove(withOutcome('SENT', 'DROPPED'))
    await store.postpone(withOutcome('WAITS', 'FAILED'), againAfterMs)
    sent += withOutcome('SENT').length
    if (due.length < batchSize) break
  }
  return sent
}

async function outcomeOf(
  { send, log }: ArrivingDeps,
  due: DueArrival,
): Promise<'SENT' | 'DROPPED' | 'WAITS' | 'FAILED'> {
  try {
    return await send(due)
  } catch (error) {
    log.error({ ...due, cause: error }, 'order.arriving-failed')
    return 'FAILED'
  }
}
