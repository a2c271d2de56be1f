/**
 * Limits concurrent look-ups by the system's resolver, which blocks threads. Each project has at most one running
 * look-up, and waiting projects are served round-robin. A project with slow names delays only itself.
 */

/** Resolves when the project may start a look-up. The look-up's end is reported by calling the returned function. */
export type AcquireTurn = (projectId: string) => Promise<() => void>

/** Creates a limit of `atATime` concurrent look-ups over all projects. */
export function makeResolverConcurrency(atATime: number): AcquireTurn {
  const busy = new Set<string>()
  /** Waiting look-ups by project, in the order in which the projects are served. */
  const waiting = new Map<string, (() => void)[]>()

  function startNext(): void {
    for (const [projectId, starts] of waiting) {
      if (busy.size >= atATime) return
      if (busy.has(projectId)) continue
      const start = starts.shift()
      waiting.delete(projectId)
      if (starts.length > 0) waiting.set(projectId, starts)
      busy.add(projectId)
      start?.()
    }
  }

  return (projectId) =>
    new Promise((resolve) => {
      const end = (): void => {
        busy.delete(projectId)
        // The project moves behind the other waiting projects.
        const mine = waiting.get(projectId)
        if (mine !== undefined && waiting.delete(projectId)) waiting.set(projectId, mine)
        startNext()
      }
      const starts = waiting.get(projectId) ?? []
      starts.push(() => resolve(end))
      waiting.set(projectId, starts)
      startNext()
    })
}
