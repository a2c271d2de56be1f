/**
 * How many requests are under way to one host, over all projects of this process, so that a thousand webhooks that
 * somebody aims at one victim do not flood it. A request that finds no room waits before it is sent, never while its
 * time limit runs: a lane leaves its deliveries in PostgreSQL, a test request waits here.
 */
import { makeCapacity, type Capacity } from '../domain/deliveries/capacity.ts'

export interface Hosts {
  hasRoom(host: string, projectId: string): boolean
  /** Counts one request from now until the returned function is called, whether there is room or not. */
  enter(host: string, projectId: string): () => void
  /** As `enter`, when there is room; null when there was none for so long. */
  acquire(host: string, projectId: string, maxWaitMs: number): Promise<(() => void) | null>
}

interface Host {
  readonly capacity: Capacity
  readonly waiting: Set<Waiting>
}

interface Waiting {
  readonly projectId: string
  readonly admit: () => void
}

/** `onLeft` is called whenever a request has left a host and those that wait here have had their turn. */
export function makeHosts(perHost: number, onLeft: () => void = () => undefined): Hosts {
  const hosts = new Map<string, Host>()

  function hasRoom(name: string, projectId: string): boolean {
    // A host without requests has room for one.
    return hosts.get(name)?.capacity.hasRoom(projectId) ?? true
  }

  function enter(name: string, projectId: string): () => void {
    const host: Host = hosts.get(name) ?? { capacity: makeCapacity(perHost), waiting: new Set() }
    hosts.set(name, host)
    host.capacity.take(projectId)
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      leave(name, host, projectId)
    }
  }

  function leave(name: string, host: Host, projectId: string): void {
    host.capacity.give(projectId)
    for (const each of host.waiting) if (host.capacity.hasRoom(each.projectId)) each.admit()
    // Nothing is kept of a host to which no request is under way.
    if (host.capacity.taken() === 0) hosts.delete(name)
    onLeft()
  }

  return {
    hasRoom,
    enter,
    async acquire(name, projectId, maxWaitMs) {
      const host = hosts.get(name)
      if (host === undefined || host.capacity.hasRoom(projectId)) return enter(name, projectId)
      return new Promise((resolve) => {
        const end = (leaveLater: (() => void) | null): void => {
          clearTimeout(timer)
          host.waiting.delete(waiting)
          resolve(leaveLater)
        }
        const timer = setTimeout(() => end(null), maxWaitMs)
        const waiting: Waiting = { projectId, admit: () => end(enter(name, projectId)) }
        host.waiting.add(waiting)
      })
    },
  }
}
