/**
 * Logs errors of the queue's connections: the first at once, then at most one per place in 10 s, with the number of
 * those left out. A server that is unavailable for a minute causes hundreds of error events with the same content.
 */
import type { Log } from '../../ports/log.ts'
import { errorCode } from '../../domain/shared/error-code.ts'

const ONE_LINE_PER_MS = 10_000

export type ReportFault = (place: string, fault: unknown) => void

export function makeFaultLog(log: Log): ReportFault {
  const places = new Map<string, { lastAt: number; suppressed: number }>()
  return (place, fault) => {
    const now = performance.now()
    const known = places.get(place)
    if (known !== undefined && now - known.lastAt < ONE_LINE_PER_MS) {
      known.suppressed++
      return
    }
    places.set(place, { lastAt: now, suppressed: 0 })
    log.warn({ place, cause: causeOf(fault), suppressed: known?.suppressed ?? 0 }, 'queue.faulted')
  }
}

/** Joins the messages of an error and of its causes. A refused connection has an empty message and only a code. */
export function causeOf(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const own = fault.message === '' ? `${fault.name} ${errorCode(fault)}`.trim() : fault.message
  return fault.cause === undefined ? own : `${own}: ${causeOf(fault.cause)}`
}
