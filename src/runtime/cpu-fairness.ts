/**
 * Work that holds up the whole process while it is done, such as judging by a partner's JSON Schema: one thing at a
 * time for each project, and after one that took long a rest, in which everybody else has his turn.
 */
import type { RunFairly } from '../ports/platform.ts'

/** What takes less needs no rest. */
const shortMs = 10
/** A rest is so many times as long as the work before it: a project holds up the others a fifth of the time at the most. */
const restShare = 4

export function makeCpuFairness(): RunFairly {
  /** By project: when its next may begin. Whose last has rested is forgotten. */
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
  // Who waits has a connection, which keeps the process alive.
  await new Promise((resolve) => setTimeout(resolve, tookMs * restShare).unref())
}
