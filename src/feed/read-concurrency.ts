/**
 * Limits the concurrent reads of all feeds in one process, so that live feeds do not use up the API's twelve database
 * connections. A project has at most one read of new items and one catch-up read in the queue at a time.
 */
import pLimit from 'p-limit'

/** Concurrent reads of new items, over all projects. */
const maxNewItemReads = 3
/** Concurrent catch-up reads, over all projects. */
const maxCatchUpReads = 2

/** Runs a read within a limit. */
export type LimitRead = <R>(work: () => Promise<R>) => Promise<R>

/** The limits: one for reads of new items, one for catch-up reads. */
export interface ReadConcurrency {
  readonly newItems: LimitRead
  readonly catchUp: LimitRead
}

/** Creates the limits. One instance is shared by all feeds of a process. */
export function makeReadConcurrency(): ReadConcurrency {
  return { newItems: pLimit(maxNewItemReads), catchUp: pLimit(maxCatchUpReads) }
}
