/**
 * When the events of subscriptions are answered: those of one project in rounds, so that they share their statements,
 * and so that a flood of attempts leaves the process to who sends them: whoever watches a flood hears of the last a
 * moment later. An event on a quiet line does not wait.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { contextsOfRound, type Context } from '../core/context.ts'

/** Events of one round. */
const eventsAtOnce = 200
/** How long the next round waits for this one: what takes longer goes on beside it, and does not keep others waiting. */
const roundMs = 250
/** From so many on that came during a round it is a flood; fewer are answered at once, as those are who catch up. */
const floodFrom = 50
/** How long the events of a flood wait for more to come along. */
const gatherMs = 20
/** Of that time, from what share on others are taken to need the process. Then events rest longer: */
const busyShare = 0.7
/** by the time that their round took, so many times, */
const restsOfRound = 2.5
/** but no longer than this. */
const longestRestMs = 500
/** Of a project that was forgotten the next event begins anew, also while a round is under way. */
const maxProjects = 500

/** Answers an event when it is its turn, in a context that its round shares. */
export type BatchEvents = <T>(answer: (contextOf: (context: Context) => Context) => Promise<T>) => Promise<T>

/** The turns of a project's events. */
export function makeEventBatching(): (projectId: string) => BatchEvents {
  const projects = new LRUCache<string, BatchEvents>({ max: maxProjects })
  return (projectId) => {
    const turns = projects.get(projectId) ?? makeRounds()
    projects.set(projectId, turns)
    return turns
  }
}

type Member = (contextOf: (context: Context) => Context) => Promise<void>

function makeRounds(): BatchEvents {
  let waiting: Member[] = []
  let playing = false

  const play = async (): Promise<void> => {
    while (waiting.length > 0) {
      const members = waiting.slice(0, eventsAtOnce)
      waiting = waiting.slice(eventsAtOnce)
      const beganMs = performance.now()
      await playRound(members)
      if (waiting.length >= floodFrom) await rest(performance.now() - beganMs)
    }
    playing = false
  }

  return (answer) =>
    new Promise((resolve, reject) => {
      // It is answered when it is done, and not when its round is.
      waiting.push((contextOf) => answer(contextOf).then(resolve, reject))
      if (playing) return
      playing = true
      // Whatever is brought in this same turn of the event loop comes along.
      setImmediate(() => void play())
    })
}

async function playRound(members: readonly Member[]): Promise<void> {
  const contextOf = contextsOfRound()
  const over = new AbortController()
  const late = pause(roundMs, undefined, { signal: over.signal }).catch(() => undefined)
  await Promise.race([Promise.all(members.map((member) => member(contextOf))), late])
  over.abort()
}

/** Between two rounds: none of the project's events is under way, so that what the process does then is done for others. */
async function rest(roundTookMs: number): Promise<void> {
  const before: EventLoopUtilization = performance.eventLoopUtilization()
  await pause(gatherMs)
  if (performance.eventLoopUtilization(before).utilization < busyShare) return
  await pause(Math.min(longestRestMs, roundTookMs * restsOfRound))
}
