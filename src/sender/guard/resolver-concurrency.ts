/**
 * Turns for look-ups by the system's resolver, which blocks threads: a few at a time, one of each project, and the
 * projects that wait in turn, so that a project whose names resolve slowly delays itself and not the others.
 */

/** Resolves when it is the project's turn, with the function that ends the turn. */
export type AcquireTurn = (projectId: string) => Promise<() => void>

export function makeResolverConcurrency(atATime: number): AcquireTurn {
  const busy = new Set<string>()
  /** In the order in which their turn comes. */
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
        // The others come first now.
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
