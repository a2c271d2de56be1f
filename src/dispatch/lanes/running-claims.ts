/**
 * The claims that run in this process. Their number is limited, and two of them never share a project, so that one
 * project's long claim does not delay the other projects.
 */
import type { Lane } from './waiting-lanes.ts'

export interface RunningClaims {
  /** Whether one more claim may start. */
  hasRoom(): boolean
  /** Whether a claim of the lane is running. */
  has(webhookId: string): boolean
  /** Whether no running claim has a lane of the project. */
  mayClaim(projectId: string): boolean
  /**
   * Records that deliveries of the lane may have become due since its claim started. Returns false when no claim of the
   * lane is running.
   */
  markDue(webhookId: string): boolean
  begin(lanes: Iterable<Lane>): void
  /** Ends the claim of the lanes. Returns the webhook ids of those that `markDue` was called for. */
  end(lanes: Iterable<Lane>): ReadonlySet<string>
  /** Counts the claim until the promise settles. */
  track(claim: Promise<void>): void
  /** The counted claims. */
  all(): readonly Promise<void>[]
}

export function makeRunningClaims(maxClaims: number): RunningClaims {
  const claims = new Set<Promise<void>>()
  const projects = new Set<string>()
  /** Lanes in a running claim; true when deliveries may have become due since the claim started. */
  const lanesDue = new Map<string, boolean>()

  return {
    hasRoom: () => claims.size < maxClaims,
    has: (webhookId) => lanesDue.has(webhookId),
    mayClaim: (projectId) => !projects.has(projectId),
    markDue: (webhookId) => {
      if (!lanesDue.has(webhookId)) return false
      lanesDue.set(webhookId, true)
      return true
    },
    begin: (lanes) => {
      for (const { projectId, webhookId } of lanes) {
        projects.add(projectId)
        lanesDue.set(webhookId, false)
      }
    },
    end: (lanes) => {
      const due = new Set<string>()
      for (const { projectId, webhookId } of lanes) {
        projects.delete(projectId)
        if (lanesDue.get(webhookId) === true) due.add(webhookId)
        lanesDue.delete(webhookId)
      }
      return due
    },
    track: (claim) => {
      const counted = claim.finally(() => claims.delete(counted))
      claims.add(counted)
    },
    all: () => [...claims],
  }
}
