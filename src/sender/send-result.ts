/** Parts of the result of a request that do not depend on the response. */
import type { NoAnswer, SendResult } from '../domain/deliveries/outcome.ts'
import type { Trace } from './dial.ts'

type Phases = SendResult['phases']

const noPhases: Phases = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null }

/**
 * Replaces parts of the result of a blocked request: it has no address and no timings, because they would reveal what
 * a name resolves to in the internal network.
 */
export const redactedBlockedResult: Pick<SendResult, 'resolvedAddress' | 'phases'> = {
  resolvedAddress: null,
  phases: noPhases,
}

/** The durations of the phases in whole milliseconds. Null: the phase did not take place. */
export function phasesOf({ dnsMs, connectMs, tlsMs }: Trace, firstByteMs: number | null): Phases {
  return {
    dnsMs: rounded(dnsMs),
    connectMs: rounded(connectMs),
    tlsMs: rounded(tlsMs),
    firstByteMs: rounded(firstByteMs),
  }
}

/** The result of a request that was not sent. */
export function unsent(answer: NoAnswer): SendResult {
  return {
    answer,
    response: null,
    resolvedAddress: null,
    durationMs: 0,
    phases: noPhases,
    resentOnNewConnection: false,
  }
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms)
}
