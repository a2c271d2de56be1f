/**
 * Runs synchronous work that blocks the event loop, such as validation against a project's JSON Schema. Each project
 * runs one piece of work at a time and pauses after a long one, so that other projects can run.
 */
import type { RunFairly } from '../ports/cpu-fairness.ts'
import { makeKeyedLimit } from './keyed-limit.ts'

/** Work that takes less time is not followed by a pause. */
const shortMs = 10
/**
 * The pause is this many times as long as the work before it. One project thus blocks the process at most a fifth of
 * the time.
 */
const pauseFactor = 4

/** Creates the scheduler. It returns the result of the work, or rejects with its error. */
export function makeCpuFairness(): RunFairly {
  const oneOfProject = makeKeyedLimit(1)
  return (projectId, work) =>
    new Promise((resolve) => {
      void oneOfProject(projectId, async () => {
        const beganMs = performance.now()
        const result = (async () => work())()
        const tookMs = performance.now() - beganMs
        resolve(result)
        await pauseAfter(tookMs)
      })
    })
}

async function pauseAfter(tookMs: number): Promise<void> {
  if (tookMs < shortMs) return
  // unref: the connections of waiting clients keep the process alive, the timer does not have to.
  await new Promise((resolve) => setTimeout(resolve, tookMs * pauseFactor).unref())
}
