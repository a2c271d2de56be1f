/**
 * How much the feeds read at once in one process, so that what is watched live does not keep what is asked waiting: the
 * API has twelve connections. Each project takes one turn at a time for news and one for replays, and stands in line again.
 */
import pLimit from 'p-limit'

/** Reads of what is new, of all projects. */
const newsAtOnce = 3
/** Pages of replays, of all projects. */
const pagesAtOnce = 2

export type LimitRead = <R>(work: () => Promise<R>) => Promise<R>

export interface ReadConcurrency {
  readonly news: LimitRead
  readonly pages: LimitRead
}

/** Shared by all feeds of a process. */
export function makeReadConcurrency(): ReadConcurrency {
  return { news: pLimit(newsAtOnce), pages: pLimit(pagesAtOnce) }
}
