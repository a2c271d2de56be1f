/**
 * A feed: the recorded items of a project or of the installation, in the order of their positions, each exactly once. A subscription first
 * catches up from the table and then receives live items; when it falls behind, it catches up from the table again.
 * Each process reads the new rows of a project once, however many subscriptions it has.
 */
import { noProject, type FeedItem } from '../domain/feed/feed.ts'
import type { Feed, FeedStore } from '../ports/feed-store.ts'
import type { Log } from '../ports/log.ts'
import { follow } from './subscription.ts'
import { makeHub, type Hub } from './hub.ts'
import { makeOutage } from './outage.ts'
import { makeReadConcurrency } from './read-concurrency.ts'

/**
 * Interval at which projects with live subscribers are read without a notification, in case a notification was lost.
 */
const pollEveryMs = 5_000

/** A feed that notifications can trigger. */
export interface LiveFeed<T extends FeedItem> extends Feed<T> {
  /** Reads the new items of one project, or of all projects with live subscribers (null). */
  readNew(projectId: string | null): void
  /** Ends all subscriptions. */
  close(): void
}

/** Creates a feed. `readConcurrency`: the limits on concurrent reads, shared by all feeds of a process. */
export function makeFeed<T extends FeedItem>(
  store: FeedStore<T>,
  log: Log,
  readConcurrency = makeReadConcurrency(),
): LiveFeed<T> {
  const hubs = new Map<string, Hub<T>>()
  const outage = makeOutage(log)

  const hubOf = (projectId: string): Hub<T> => {
    const existing = hubs.get(projectId)
    if (existing !== undefined) return existing
    const hub: Hub<T> = makeHub(projectId, {
      store,
      readConcurrency,
      outage,
      onLeft: () => void hubs.delete(projectId),
    })
    hubs.set(projectId, hub)
    return hub
  }

  const readNew = (projectId: string | null): void => {
    if (projectId === null) for (const hub of hubs.values()) hub.readNew()
    else for (const each of [projectId, noProject]) hubs.get(each)?.readNew()
  }
  const timer = setInterval(() => readNew(null), pollEveryMs)
  timer.unref()

  return {
    readNew,
    bounds: (projectId) => store.bounds(projectId),
    follow: (projectId, after, filter) => follow(hubOf(projectId), after, filter),
    close: () => {
      clearInterval(timer)
      for (const hub of hubs.values()) hub.end()
    },
  }
}
