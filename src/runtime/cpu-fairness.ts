/**
 * Runs synchronous work that blocks the event loop, such as validation against a project's JSON Schema. Each project
 * runs one piece of work at a time and pauses after a long one, so that other projects can run.
 */
import type { RunFairly } from '../ports/platform.ts'

/** Work that takes less time is not followed by a pause. */
const shortMs = 10
/**
 * The pause is this many times as long as the work before it. One project thus blocks the process at most a fifth of
 * the time.
 */
const restShare = 4

/** Creates the scheduler. It returns the result of the work, or rejects with its error. */
export function makeCpuFairness(): RunFairly {
  /** For each project, the end of its last pause. Entries are removed when the pause is over. */
  const rested = new Map<string, Promise<void>>()

  return (projectId, work) => {
    let tookMs = 0
    const timed = () => {
      const beganMs = performance.now()
      try {
        return work()
      } finally {
        tookMs = performance.now() - beganMs
      }
    }
    const result = (rested.get(projectId) ?? Promise.resolve()).then(timed)
    const rest = result.then(
      () => pause(tookMs),
      () => pause(tookMs),
    )
    rested.set(projectId, rest)
    void rest.then(() => {
      if (rested.get(projectId) === rest) rested.delete(projectId)
    })
    return result
  }
}

async function pause(tookMs: number): Promise<void> {
  if (tookMs < shortMs) return
  // unref: the connections of waiting clients keep the process alive, the timer does not have to.
  await new Promise((resolve) => setTimeout(resolve, tookMs * restShare).unref())
}
