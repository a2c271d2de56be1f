/** A store that fails, told once when it begins and once when it is over, whoever asks in between and how often. */
import type { Log } from '../ports/platform.ts'

export interface Outage {
  /** This project could not be read. */
  began(projectId: string, cause: unknown): void
  /** It was read. */
  over(projectId: string): void
  /** Nobody wants it read any more. */
  forget(projectId: string): void
}

export function makeOutage(log: Log): Outage {
  const failing = new Set<string>()
  return {
    began: (projectId, cause) => {
      if (failing.size === 0) log.warn({ projectId, cause }, 'feed.read-failed')
      failing.add(projectId)
    },
    over: (projectId) => {
      if (failing.delete(projectId) && failing.size === 0) log.info({ projectId }, 'feed.read-recovered')
    },
    forget: (projectId) => void failing.delete(projectId),
  }
}
