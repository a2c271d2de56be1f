/**
 * How many requests are under way to one host, over all projects of this process, so that a thousand webhooks which
 * somebody aims at one victim stay polite. Whoever would be one too many waits before it is sent, never while its
 * time runs: a lane leaves its deliveries where they are (`flow/lane.ts`), a test waits for its turn here.
 */

/** Of a host's requests one project may have this share, so that one that floods leaves room for the others. */
const shareOfOneProject = 0.8

export interface Hosts {
  /** How many more there may be; of a project that is not known, as many as of any. */
  room(host: string, projectId?: string): number
  /** Counts one from now until the function that it answers is called, however many there are. */
  enter(host: string, projectId: string): () => void
  /** As `enter`, when there is room; null when there was none for so long. */
  inTurn(host: string, projectId: string, maxWaitMs: number): Promise<(() => void) | null>
}

interface Host {
  underWay: number
  readonly ofProject: Map<string, number>
  readonly waiting: Set<Waiting>
}

interface Waiting {
  readonly projectId: string
  readonly admit: () => void
}

/** `onLeft` is called with a host's name whenever one has left and those who wait here have had their turn. */
export function makeHosts(perHost: number, onLeft: (host: string) => void = () => undefined): Hosts {
  const perProject = Math.ceil(perHost * shareOfOneProject)
  const hosts = new Map<string, Host>()

  function roomIn({ underWay, ofProject }: Host, projectId: string): number {
    return Math.min(perHost - underWay, perProject - (ofProject.get(projectId) ?? 0))
  }

  function enter(name: string, projectId: string): () => void {
    const host: Host = hosts.get(name) ?? { underWay: 0, ofProject: new Map(), waiting: new Set() }
    hosts.set(name, host)
    host.underWay += 1
    host.ofProject.set(projectId, (host.ofProject.get(projectId) ?? 0) + 1)
    let isIn = true
    return () => {
      if (!isIn) return
      isIn = false
      leave(name, host, projectId)
    }
  }

  function leave(name: string, host: Host, projectId: string): void {
    host.underWay -= 1
    const left = (host.ofProject.get(projectId) ?? 0) - 1
    if (left > 0) host.ofProject.set(projectId, left)
    else host.ofProject.delete(projectId)
    for (const each of host.waiting) if (roomIn(host, each.projectId) > 0) each.admit()
    // Nothing is kept of a host that nobody rings.
    if (host.underWay === 0) hosts.delete(name)
    onLeft(name)
  }

  return {
    // Those who wait need not be counted: what they could have they were given as soon as it was there.
    room(name, projectId) {
      const host = hosts.get(name)
      if (host === undefined) return projectId === undefined ? perHost : perProject
      return projectId === undefined ? perHost - host.underWay : roomIn(host, projectId)
    },
    enter,
    async inTurn(name, projectId, maxWaitMs) {
      const host = hosts.get(name)
      if (host === undefined || roomIn(host, projectId) > 0) return enter(name, projectId)
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
