/**
 * Limits the concurrent DNS look-ups of each project, and the time of one look-up. A project with unresponsive name
 * servers delays only its own requests. Does not resolve names itself.
 */
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

interface ProjectLookups {
  underWay: number
  readonly waiting: Set<() => void>
}

/** Wraps `resolve` with the limits. `perProject`: concurrent look-ups of one project. */
export function makeLookUp(resolve: Resolve, perProject = maxLookUpsPerProject): LookUp {
  const lookupsOf = new Map<string, ProjectLookups>()

  async function turn(projectId: string, signal: AbortSignal): Promise<() => void> {
    const turns = lookupsOf.get(projectId) ?? { underWay: 0, waiting: new Set() }
    lookupsOf.set(projectId, turns)
    if (turns.underWay < perProject) turns.underWay += 1
    else await waited(turns, signal) // the finished look-up passes its slot on, so `underWay` stays the same
    return () => {
      const [next] = turns.waiting
      if (next !== undefined) next()
      else turns.underWay -= 1
      // Projects without running look-ups are removed.
      if (turns.underWay === 0) lookupsOf.delete(projectId)
    }
  }

  return async (projectId, host, signal) => {
    const leave = await turn(projectId, signal)
    try {
      return await within(resolve(host, projectId), signal)
    } catch (error) {
      const answer = error instanceof NoAnswerError ? error.answer : classifyLookup(error)
      if (answer !== null) throw new NoAnswerError(answer.kind, answer.detail, error)
      throw error
    } finally {
      leave()
    }
  }
}

function waited({ waiting }: ProjectLookups, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      waiting.delete(onTurn)
      reject(noLongerNeeded())
    }
    const onTurn = (): void => {
      waiting.delete(onTurn)
      signal.removeEventListener('abort', onAbort)
      resolve()
    }
    waiting.add(onTurn)
    signal.addEventListener('abort', onAbort)
  })
}

/**
 * Returns the result of a look-up, or fails with DNS_FAILED after the time limit. The look-up itself cannot be
 * cancelled.
 */
function within(answer: Promise<readonly string[]>, signal: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end(() =>
        reject(new NoAnswerError('DNS_FAILED', `the host name was not resolved within ${dnsLimitMs} ms`)),
      )
    }, dnsLimitMs)
    const onAbort = () => end(() => reject(noLongerNeeded()))
    function end(say: () => void): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      say()
    }
    signal.addEventListener('abort', onAbort)
    answer.then(
      (addresses) => end(() => resolve(addresses)),
      (error: unknown) => end(() => reject(error instanceof Error ? error : new Error(String(error)))),
    )
  })
}

function noLongerNeeded(): NoAnswerError {
  return new NoAnswerError('INTERRUPTED', 'the name is no longer needed')
}
