/**
 * When the events of subscriptions are answered: those of one project in rounds, so that they share their statements,
 * and so that a flood of attempts leaves the process to who sends them: whoever watches a flood hears of the last a
 * moment later. An event on a quiet line does not wait.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { batched } from '../flow/batch.ts'
import { contextsOfRound, type Context } from './context.ts'

/** Events of one round. */
const eventsAtOnce = 200
/** How long events that came during a round wait for more to come along, unless they are as many. */
const gatherMs = 20
/** How long the next round waits for this one: what takes longer goes on beside it, and does not keep others waiting. */
const roundMs = 250
/** Of a project that was forgotten the next event begins anew, also while a round is under way. */
const maxProjects = 500

/** Answers an event when it is its turn, in a context that its round shares. */
export type EventTurns = <T>(answer: (contextOf: (context: Context) => Context) => Promise<T>) => Promise<T>

/** The turns of a project's events. */
export function makeEventTurns(): (projectId: string) => EventTurns {
  const projects = new LRUCache<string, EventTurns>({ max: maxProjects })
  return (projectId) => {
    const turns = projects.get(projectId) ?? makeRounds()
    projects.set(projectId, turns)
    return turns
  }
}

type Member = (contextOf: (context: Context) => Context) => Promise<void>

function makeRounds(): EventTurns {
  const join = batched<Member, undefined>(eventsAtOnce, playRound, () => pause(gatherMs))
  return (answer) =>
    new Promise((resolve, reject) => {
      // It is answered when it is done, and not when its round is.
      void join((contextOf) => answer(contextOf).then(resolve, reject))
    })
}

async function playRound(members: readonly Member[]): Promise<readonly undefined[]> {
  const contextOf = contextsOfRound()
  const over = new AbortController()
  const late = pause(roundMs, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([Promise.all(members.map((member) => member(contextOf))), late])
  over.abort()
  return []
}
