/**
 * A feed: the recorded items of a project, in the order of their positions, each exactly once. A subscription first
 * catches up from the table and then receives live items; when it falls behind, it catches up from the table again.
 * Each process reads the new rows of a project once, however many subscriptions it has.
 */
import type { FeedItem } from '../domain/feed/feed.ts'
import type { Feed, FeedStore } from '../ports/feed-store.ts'
import type { Log } from '../ports/platform.ts'
import { follow } from './subscription.ts'
import { makeHub, type Hub } from './hub.ts'
import { makeOutage } from './outage.ts'
import { makeReadConcurrency } from './read-concurrency.ts'

/**
 * Interval at which projects with live subscribers are read without a notification, in case a notification was lost.
 */
const lookEveryMs = 5_000

/** A feed that notifications can trigger. */
export interface LiveFeed<T extends FeedItem> extends Feed<T> {
  /** Reads the new items of one project, or of all projects with live subscribers (null). */
  look(projectId: string | null): void
  /** Ends all subscriptions. */
  close(): void
}

/** Creates a feed. `turns`: the limit on concurrent reads, shared by all feeds of a process. */
export function makeFeed<T extends FeedItem>(
  store: FeedStore<T>,
  log: Log,
  turns = makeReadConcurrency(),
): LiveFeed<T> {
  const hubs = new Map<string, Hub<T>>()
  const outage = makeOutage(log)

  const hubOf = (projectId: string): Hub<T> => {
    const known = hubs.get(projectId)
    if (known !== undefined) return known
    const hub: Hub<T> = makeHub(projectId, {
      ...{ store, turns, outage },
      onLeft: () => void hubs.delete(projectId),
    })
    hubs.set(projectId, hub)
    return hub
  }

  const look = (projectId: string | null): void => {
    if (projectId !== null) hubs.get(projectId)?.look()
    else for (const hub of hubs.values()) hub.look()
  }
  const timer = setInterval(() => look(null), lookEveryMs)
  timer.unref()

  return {
    look,
    bounds: (projectId) => store.bounds(projectId),
    follow: (projectId, after, wish) => follow(hubOf(projectId), after, wish),
    close: () => {
      clearInterval(timer)
      for (const hub of hubs.values()) hub.end()
    },
  }
}
