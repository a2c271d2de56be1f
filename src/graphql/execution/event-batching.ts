/**
 * Batches the subscription events of each project, so that events share statements and do not starve the dispatcher.
 * Under load, subscribers receive events slightly later. Without load, an event waits only for the current event-loop
 * iteration.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import { contextsOfBatch, type ProjectContext } from '../core/context.ts'

/** Maximum number of events in one batch. */
const maxBatchSize = 200
/**
 * How long the next batch waits for this one. Slower events continue in parallel, and do not delay the others.
 */
const maxBatchMs = 250
/**
 * If at least this many events wait at the end of a batch, the next batch starts after a pause. Fewer events start at
 * once, which includes the events of a subscriber that catches up.
 */
const pauseFromEvents = 50
/** The first part of the pause, in which the batch collects more events. */
const lingerMs = 20
/**
 * If the event loop was busy for at least this share of the first part, other work needs the process, and the pause has
 * a second part.
 */
const busyShare = 0.7
/** Duration of the second part, as a multiple of the duration of the last batch. */
const pauseFactor = 2.5
/** Maximum duration of the second part. */
const maxPauseMs = 500
/**
 * Maximum number of projects that are remembered. The next event of a forgotten project starts a batch at once, even
 * while an earlier batch is running.
 */
const maxProjects = 500

/** Makes a context whose loaders the events of the batch share. */
export type WithLoaders = (context: ProjectContext) => ProjectContext

/** Calls `answer` when the batch of the event runs. */
export type BatchEvents = <T>(answer: (withLoaders: WithLoaders) => Promise<T>) => Promise<T>

/** Returns a function that gives the batching of one project. */
export function makeEventBatching(): (projectId: string) => BatchEvents {
  const projects = new LRUCache<string, BatchEvents>({ max: maxProjects })
  return (projectId) => {
    const batching = projects.get(projectId) ?? makeBatching()
    projects.set(projectId, batching)
    return batching
  }
}

type Member = (withLoaders: WithLoaders) => Promise<void>

function makeBatching(): BatchEvents {
  let waiting: Member[] = []
  let isRunning = false

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const members = waiting.slice(0, maxBatchSize)
      waiting = waiting.slice(maxBatchSize)
      const beganMs = performance.now()
      await runBatch(members)
      if (waiting.length >= pauseFromEvents) await pauseAfter(performance.now() - beganMs)
    }
    isRunning = false
  }

  return (answer) =>
    new Promise((resolve, reject) => {
      // Resolves when this event is answered, not when its batch is complete.
      waiting.push((withLoaders) => answer(withLoaders).then(resolve, reject))
      if (isRunning) return
      isRunning = true
      // Events of the same event-loop iteration join the batch.
      setImmediate(() => void run())
    })
}

async function runBatch(members: readonly Member[]): Promise<void> {
  const withLoaders = contextsOfBatch()
  const complete = new AbortController()
  const late = pause(maxBatchMs, undefined, { signal: complete.signal }).catch(() => undefined)
  await Promise.race([Promise.all(members.map((member) => member(withLoaders))), late])
  complete.abort()
}

/**
 * Pauses between two batches. No event of the project is running then, except those that exceeded `maxBatchMs`, so the
 * utilization of the event loop shows how much other work the process has.
 */
async function pauseAfter(batchMs: number): Promise<void> {
  const before: EventLoopUtilization = performance.eventLoopUtilization()
  await pause(lingerMs)
  if (performance.eventLoopUtilization(before).utilization < busyShare) return
  await pause(Math.min(maxPauseMs, batchMs * pauseFactor))
}
