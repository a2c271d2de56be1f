/**
 * Lanes that wait for a request slot, in memory. Projects are served round robin, within a project its hosts round
 * robin, and within a host the lanes in order of arrival, so that neither a project with many webhooks nor a host with
 * many webhooks delays the others.
 */

export interface Lane {
  readonly webhookId: string
  readonly projectId: string
  /** The host of the webhook's URL. Requests to one host share a limit. */
  readonly host: string
}

/** Which projects, hosts and lanes may be served. */
export interface FreeCapacity {
  forProject(projectId: string): boolean
  atHost(host: string, projectId: string): boolean
  forLane(lane: Lane): boolean
}

export interface WaitingLanes {
  /**
   * Adds the lane behind the other lanes of its project and host. A lane that is already waiting keeps its position.
   */
  add(lane: Lane): void
  has(webhookId: string): boolean
  isEmpty(): boolean
  remove(webhookId: string): void
  /** Removes and returns the next lane that may be served, as its project and its host; null when there is none. */
  next(free: FreeCapacity): Lane | null
  clear(): void
}

type LanesOfHost = Map<string, Lane>
type HostsOfProject = Map<string, LanesOfHost>

export function makeWaitingLanes(): WaitingLanes {
  const lanes = new Map<string, Lane>()
  const projects = new Map<string, HostsOfProject>()

  function remove(webhookId: string): void {
    const lane = lanes.get(webhookId)
    if (lane === undefined) return
    lanes.delete(webhookId)
    const hosts = projects.get(lane.projectId)
    const lanesOfHost = hosts?.get(lane.host)
    lanesOfHost?.delete(webhookId)
    if (lanesOfHost?.size === 0) hosts?.delete(lane.host)
    if (hosts?.size === 0) projects.delete(lane.projectId)
  }

  /** Moves the lane's project and host behind the others. Projects and hosts without free capacity keep their positions. */
  function moveBehind({ webhookId, projectId, host }: Lane): void {
    const hosts = projects.get(projectId)
    const lanesOfHost = hosts?.get(host)
    if (hosts !== undefined) moveToEnd(projects, projectId, hosts)
    if (hosts !== undefined && lanesOfHost !== undefined) moveToEnd(hosts, host, lanesOfHost)
    remove(webhookId)
  }

  function firstAtFreeHost(projectId: string, hosts: HostsOfProject, free: FreeCapacity): Lane | null {
    for (const [host, lanesOfHost] of hosts) {
      if (!free.atHost(host, projectId)) continue
      for (const lane of lanesOfHost.values()) if (free.forLane(lane)) return lane
    }
    return null
  }

  return {
    add: (lane) => {
      if (lanes.has(lane.webhookId)) return
      lanes.set(lane.webhookId, lane)
      const hosts = ensure<HostsOfProject>(projects, lane.projectId)
      ensure<LanesOfHost>(hosts, lane.host).set(lane.webhookId, lane)
    },
    has: (webhookId) => lanes.has(webhookId),
    isEmpty: () => lanes.size === 0,
    remove,
    next: (free) => {
      for (const [projectId, hosts] of projects) {
        if (!free.forProject(projectId)) continue
        const lane = firstAtFreeHost(projectId, hosts, free)
        if (lane === null) continue
        moveBehind(lane)
        return lane
      }
      return null
    },
    clear: () => {
      lanes.clear()
      projects.clear()
    },
  }
}

function moveToEnd<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
}

function ensure<V extends Map<string, unknown>>(map: Map<string, V>, key: string): V {
  const found = map.get(key) ?? (new Map() as V)
  map.set(key, found)
  return found
}
