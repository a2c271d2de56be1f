/**
 * How many names a project may have looked up at once, and how long one look-up may take. A project whose name
 * servers are silent waits for itself alone. What is asked, and in which order, is `resolve.ts`.
 */
import { classifyLookup } from './classify-error.ts'
import type { Resolve } from './guard/resolve.ts'
import { NoAnswerError } from './response/no-answer-error.ts'

/**
 * The addresses of a name, none included. Throws NoAnswerError: DNS_FAILED when it cannot be resolved or takes longer
 * than the limit from its turn on, INTERRUPTED when the signal comes first.
 */
export type LookUp = (projectId: string, host: string, signal: AbortSignal) => Promise<readonly string[]>

/** From a look-up's turn to its answer; the wait before it runs on the request's own time limit. */
export const dnsLimitMs = 3_000
/** All together are bounded by the sends under way (`flow/places.ts`), which are a thousand. */
export const maxLookUpsPerProject = 100

interface ProjectLookups {
  underWay: number
  readonly waiting: Set<() => void>
}

export function makeLookUp(resolve: Resolve, perProject = maxLookUpsPerProject): LookUp {
  const lookupsOf = new Map<string, ProjectLookups>()

  async function turn(projectId: string, signal: AbortSignal): Promise<() => void> {
    const turns = lookupsOf.get(projectId) ?? { underWay: 0, waiting: new Set() }
    lookupsOf.set(projectId, turns)
    if (turns.underWay < perProject) turns.underWay += 1
    else await waited(turns, signal) // the place is handed over, not freed
    return () => {
      const [next] = turns.waiting
      if (next !== undefined) next()
      else turns.underWay -= 1
      // Nothing is kept of a project that looks nothing up.
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

/** The answer, or DNS_FAILED when it takes too long; a look-up itself cannot be called back. */
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
