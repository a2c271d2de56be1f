/**
 * Limits the concurrent DNS look-ups of each project, and the time of one look-up. A project with unresponsive name
 * servers delays only its own requests. Does not resolve names itself.
 */
import { makeKeyedLimit } from '../runtime/keyed-limit.ts'
import { untilAborted } from '../runtime/until-aborted.ts'
import { NoAnswerInTime, within } from '../runtime/within.ts'
import { classifyLookup } from './classify-error.ts'
import type { Resolve } from './guard/resolve.ts'
import { NoAnswerError } from './response/no-answer-error.ts'

/**
 * Returns the addresses of a name; the list may be empty. Throws NoAnswerError: DNS_FAILED when the name cannot be
 * resolved or the look-up exceeds its time limit, INTERRUPTED when the signal is aborted first.
 */
export type LookUp = (projectId: string, host: string, signal: AbortSignal) => Promise<readonly string[]>

/** Time limit of a look-up from its start. Time spent in the queue counts towards the request's time limit only. */
export const dnsLimitMs = 3_000
/** Concurrent look-ups of one project. The limit of 1,000 concurrent sends bounds the look-ups of all projects. */
export const maxLookUpsPerProject = 100

/** Wraps `resolve` with the limits. `perProject`: concurrent look-ups of one project. */
export function makeLookUp(resolve: Resolve, perProject = maxLookUpsPerProject): LookUp {
  const limitOfProject = makeKeyedLimit(perProject)
  return async (projectId, host, signal) => {
    try {
      return await untilAborted(
        limitOfProject(projectId, async () => {
          signal.throwIfAborted()
          return limited(() => resolve(host, projectId), signal)
        }),
        signal,
      )
    } catch (error) {
      if (signal.aborted) throw new NoAnswerError('INTERRUPTED', 'the name is no longer needed', error)
      const answer = error instanceof NoAnswerError ? error.answer : classifyLookup(error)
      if (answer !== null) throw new NoAnswerError(answer.kind, answer.detail, error)
      throw error
    }
  }
}

/**
 * Returns the result of a look-up, or fails when the time limit has passed or the signal is aborted. The look-up itself
 * cannot be cancelled.
 */
async function limited(
  lookUp: () => Promise<readonly string[]>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await within(dnsLimitMs, 'the look-up', untilAborted(lookUp(), signal))
  } catch (error) {
    if (!(error instanceof NoAnswerInTime)) throw error
    throw new NoAnswerError('DNS_FAILED', `the host name was not resolved within ${dnsLimitMs} ms`, error)
  }
}
