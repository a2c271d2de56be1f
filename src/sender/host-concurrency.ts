/**
 * Limits the concurrent requests to one host, over all projects of this process, so that many webhooks with the same
 * target cannot overload that host. A request waits before it is sent and before its time limit starts. A lane leaves
 * its deliveries in PostgreSQL meanwhile; a test request waits here.
 */
import { makeCapacity, type Capacity } from '../domain/deliveries/capacity.ts'

/** Counts the running requests of each host. */
export interface HostConcurrency {
  /** Whether the project may start one more request to the host. */
  hasRoom(host: string, projectId: string): boolean
  /** Counts one request until the returned function is called, even beyond the limit. */
  enter(host: string, projectId: string): () => void
  /** Like `enter`, but waits for free capacity. Returns null after `maxWaitMs`. */
  acquire(host: string, projectId: string, maxWaitMs: number): Promise<(() => void) | null>
}

interface Host {
  readonly capacity: Capacity
  readonly waiting: Set<WaitingRequest>
}

interface WaitingRequest {
  readonly projectId: string
  readonly admit: () => void
}

/**
 * `perHost`: the limit of concurrent requests to one host. `onRequestEnded` is called when a request has ended, after the
 * waiting requests were admitted.
 */
export function makeHostConcurrency(
  perHost: number,
  onRequestEnded: () => void = () => undefined,
): HostConcurrency {
  const hosts = new Map<string, Host>()

  function hasRoom(name: string, projectId: string): boolean {
    // A host without running requests always has capacity.
    return hosts.get(name)?.capacity.hasRoom(projectId) ?? true
  }

  function enter(name: string, projectId: string): () => void {
    const host: Host = hosts.get(name) ?? { capacity: makeCapacity(perHost), waiting: new Set() }
    hosts.set(name, host)
    host.capacity.take(projectId)
    let isRunning = true
    return () => {
      if (!isRunning) return
      isRunning = false
      leave(name, host, projectId)
    }
  }

  function leave(name: string, host: Host, projectId: string): void {
    host.capacity.give(projectId)
    for (const each of host.waiting) if (host.capacity.hasRoom(each.projectId)) each.admit()
    // Hosts without running requests are removed.
    if (host.capacity.taken() === 0) hosts.delete(name)
    onRequestEnded()
  }

  return {
    hasRoom,
    enter,
    async acquire(name, projectId, maxWaitMs) {
      const host = hosts.get(name)
      if (host === undefined || host.capacity.hasRoom(projectId)) return enter(name, projectId)
      return new Promise((resolve) => {
        const end = (leaveHost: (() => void) | null): void => {
          clearTimeout(timer)
          host.waiting.delete(waiting)
          resolve(leaveHost)
        }
        const timer = setTimeout(() => end(null), maxWaitMs)
        const waiting: WaitingRequest = { projectId, admit: () => end(enter(name, projectId)) }
        host.waiting.add(waiting)
      })
    },
  }
}
