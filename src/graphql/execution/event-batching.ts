/**
 * Batches the subscription events of each project, so that events share statements and do not starve the dispatcher.
 * Under load, subscribers receive events slightly later. Without load, an event waits only for the current event-loop
 * iteration.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { contextsOfRound, type Context } from '../core/context.ts'

/** Maximum number of events in one batch. */
const eventsAtOnce = 200
/**
 * How long the next batch waits for this one. Slower events continue in parallel, and do not delay the others.
 */
const roundMs = 250
/**
 * If at least this many events wait at the end of a batch, the next batch starts after a pause. Fewer events start at
 * once, which includes the events of a subscriber that catches up.
 */
const floodFrom = 50
/** The first part of the pause, in which the batch collects more events. */
const gatherMs = 20
/**
 * If the event loop was busy for at least this share of the first part, other work needs the process, and the pause has
 * a second part.
 */
const busyShare = 0.7
/** Duration of the second part, as a multiple of the duration of the last batch. */
const restsOfRound = 2.5
/** Maximum duration of the second part. */
const longestRestMs = 500
/**
 * Maximum number of projects that are remembered. The next event of a forgotten project starts a batch at once, even
 * while an earlier batch is running.
 */
const maxProjects = 500

/**
 * Calls `answer` when the batch of the event runs. `contextOf` makes a context whose loaders the events of the batch
 * share.
 */
export type BatchEvents = <T>(answer: (contextOf: (context: Context) => Context) => Promise<T>) => Promise<T>

/** Returns a function that gives the batching of one project. */
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
      // Resolves when this event is answered, not when its batch is complete.
      waiting.push((contextOf) => answer(contextOf).then(resolve, reject))
      if (playing) return
      playing = true
      // Events of the same event-loop iteration join the batch.
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

/**
 * Pauses between two batches. No event of the project is running then, except those that exceeded `roundMs`, so the
 * utilization of the event loop shows how much other work the process has.
 */
async function rest(roundTookMs: number): Promise<void> {
  const before: EventLoopUtilization = performance.eventLoopUtilization()
  await pause(gatherMs)
  if (performance.eventLoopUtilization(before).utilization < busyShare) return
  await pause(Math.min(longestRestMs, roundTookMs * restsOfRound))
}
