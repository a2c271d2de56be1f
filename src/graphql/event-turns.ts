/**
 * When the events of subscriptions are answered: those of one project in rounds, so that they ask for the same at the
 * same time and share their statements (`event-reads.ts`), and so that a flood of attempts leaves the process to who
 * sends them: whoever watches a flood hears of the last a moment later. An event on a quiet line does not wait.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { batched } from '../flow/batch.ts'
import type { Turns } from './deadline.ts'

/** Events of one round. */
const eventsAtOnce = 200
/** How long events that came during a round wait for more to come along, unless they are as many. */
const gatherMs = 20
/** How long the next round waits for this one: what takes longer goes on beside it, and does not keep others waiting. */
const roundMs = 250
/** Of a project that was forgotten the next event begins anew, also while a round is under way. */
const maxProjects = 500

/** The turns of a project's events. */
export function makeEventTurns(): (projectId: string) => Turns {
  const projects = new LRUCache<string, Turns>({ max: maxProjects })
  return (projectId) => {
    const turns = projects.get(projectId) ?? makeRounds()
    projects.set(projectId, turns)
    return turns
  }
}

function makeRounds(): Turns {
  const begin = batched<() => Promise<unknown>, undefined>(eventsAtOnce, playRound, () => pause(gatherMs))
  return (work) =>
    new Promise((resolve, reject) => {
      // It is answered when it is done, and not when its round is.
      const answer = (): Promise<void> => work().then(resolve, reject)
      void begin(answer)
    })
}

async function playRound(works: readonly (() => Promise<unknown>)[]): Promise<readonly undefined[]> {
  const over = new AbortController()
  const late = pause(roundMs, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([Promise.all(works.map((work) => work())), late])
  over.abort()
  return []
}
