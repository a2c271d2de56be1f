/** Logs an outage of the feed's reads once at its begin and once at its end, over all projects. */
import type { Log } from '../ports/log.ts'

/** Tracks the projects whose reads fail. */
export interface Outage {
  /** A read of the project failed. */
  failed(projectId: string, cause: unknown): void
  /** A read of the project succeeded. */
  succeeded(projectId: string): void
  /** The project has no subscriptions any more. */
  forget(projectId: string): void
}

/** Creates the tracker. */
export function makeOutage(log: Log): Outage {
  const failing = new Set<string>()
  return {
    failed: (projectId, cause) => {
      if (failing.size === 0) log.warn({ projectId, cause }, 'feed.read-failed')
      failing.add(projectId)
    },
    succeeded: (projectId) => {
      if (failing.delete(projectId) && failing.size === 0) log.info({ projectId }, 'feed.read-recovered')
    },
    forget: (projectId) => void failing.delete(projectId),
  }
}
