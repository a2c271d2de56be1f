/**
 * A feed: what is recorded in a project, in the order of its positions, each once. A follower (`follower.ts`) first scans
 * the table from where it left off (`pages.ts`) and then goes live; one that falls behind goes back to scanning. Each
 * process reads a project's new rows once (`hub.ts`), whatever the number of followers.
 */
import type { FeedItem } from '../domain/feed/feed.ts'
import type { Feed, FeedStore } from '../ports/feed-store.ts'
import type { Log } from '../ports/platform.ts'
import { follow } from './subscription.ts'
import { makeHub, type Hub } from './hub.ts'
import { makeOutage } from './outage.ts'
import { makeReadConcurrency } from './read-concurrency.ts'

/** How often projects with followers are looked at though nobody told anything. */
const lookEveryMs = 5_000

export interface LiveFeed<T extends FeedItem> extends Feed<T> {
  /** Something may be new: of one project, or (null) of any. */
  look(projectId: string | null): void
  /** Ends all who follow. */
  close(): void
}

/** `turns` are shared by the feeds of a process. */
export function makeFeed<T extends FeedItem>(store: FeedStore<T>, log: Log, turns = makeReadConcurrency()): LiveFeed<T> {
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
