/**
 * Runs synchronous work that blocks the event loop. Limits how long the work of one project can block the requests of
 * other projects.
 */
export type RunFairly = <T>(projectId: string, work: () => T) => Promise<T>
