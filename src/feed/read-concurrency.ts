/**
 * Limits the concurrent reads of all feeds in one process, so that live feeds do not use up the API's twelve database
 * connections. A project has at most one read of new items and one catch-up read in the queue at a time.
 */
import pLimit from 'p-limit'

/** Concurrent reads of new items, over all projects. */
const newsAtOnce = 3
/** Concurrent catch-up reads, over all projects. */
const pagesAtOnce = 2

/** Runs a read within a limit. */
export type LimitRead = <R>(work: () => Promise<R>) => Promise<R>

/** The limits: `news` for reads of new items, `pages` for catch-up reads. */
export interface ReadConcurrency {
  readonly news: LimitRead
  readonly pages: LimitRead
}

/** Creates the limits. One instance is shared by all feeds of a process. */
export function makeReadConcurrency(): ReadConcurrency {
  return { news: pLimit(newsAtOnce), pages: pLimit(pagesAtOnce) }
}
