/**
 * A feed: what is recorded in a project, in the order of its positions, each once. A follower first
 * scans the table from where it left off and then goes live; one that falls behind goes back to
 * scanning. Each process reads a project's new rows once, whatever the number of followers.
 */
import type { Fed } from '../domain/feed.ts'
import type { Feed, FeedStore } from '../flow/feed-ports.ts'
import type { Log } from '../flow/ports.ts'

/** Rows of one read. */
const pageSize = 500
/** What waits for one slow follower; beyond, it scans again once it is ready. */
const maxWaiting = 1_000
/** How often projects with followers are looked at though nobody told anything. */
const lookEveryMs = 5_000

export interface LiveFeed<T extends Fed> extends Feed<T> {
  /** Something may be new: of one project, or (null) of any. */
  look(projectId: string | null): void
  close(): void
}

interface Follower<T> {
  /** Puts what was read before the follower, or tells it (false) that it has fallen behind. */
  offer(items: readonly T[]): void
  end(): void
}

/** What a process knows of one project while somebody follows it. */
interface Hub<T> {
  /** The last position that was offered to live followers; null until it is known. */
  position: number | null
  readonly live: Set<Follower<T>>
  readonly followers: Set<Follower<T>>
  reading: Promise<void> | undefined
  lookAgain: boolean
}

export function makeFeed<T extends Fed>(store: FeedStore<T>, log: Log): LiveFeed<T> {
  const hubs = new Map<string, Hub<T>>()

  const read = async (projectId: string, hub: Hub<T>): Promise<void> => {
    while (hub.lookAgain) {
      hub.lookAgain = false
      hub.position ??= (await store.bounds(projectId)).last
      for (;;) {
        const items = await store.after(projectId, hub.position, pageSize)
        hub.position = items.at(-1)?.position ?? hub.position
        for (const follower of hub.live) follower.offer(items)
        if (items.length < pageSize) break
      }
    }
  }

  const lookAt = (projectId: string, hub: Hub<T>): Promise<void> => {
    hub.lookAgain = true
    hub.reading ??= read(projectId, hub)
      .catch((error: unknown) => {
        // The next word, or the next look, reads from the same position again.
        log.warn({ projectId, cause: error }, 'feed.not-read')
      })
      .finally(() => (hub.reading = undefined))
    return hub.reading
  }

  const look = (projectId: string | null): void => {
    for (const [id, hub] of hubs) if (projectId === null || projectId === id) void lookAt(id, hub)
  }
  const timer = setInterval(() => look(null), lookEveryMs)
  timer.unref()

  const join = (projectId: string, follower: Follower<T>): Hub<T> => {
    const hub = hubs.get(projectId) ?? {
      position: null,
      live: new Set(),
      followers: new Set(),
      reading: undefined,
      lookAgain: false,
    }
    hubs.set(projectId, hub)
    hub.followers.add(follower)
    return hub
  }

  const leave = (projectId: string, hub: Hub<T>, follower: Follower<T>): void => {
    hub.live.delete(follower)
    hub.followers.delete(follower)
    if (hub.followers.size === 0 && hubs.get(projectId) === hub) hubs.delete(projectId)
  }

  return {
    look,
    bounds: (projectId) => store.bounds(projectId),
    close: () => {
      clearInterval(timer)
      for (const hub of hubs.values()) for (const follower of hub.followers) follower.end()
    },
    follow: (projectId, after, { webhookIds, passes }) => {
      const isWished = (item: T): boolean =>
        (webhookIds === null || webhookIds.includes(item.webhookId)) && passes(item)
      let waiting: T[] = []
      let behind = false
      const isBehind = (): boolean => behind
      let ended = false
      const isEnded = (): boolean => ended
      let stir: () => void = () => undefined
      const follower: Follower<T> = {
        offer: (items) => {
          if (waiting.length + items.length > maxWaiting) {
            behind = true
            waiting = []
            hub.live.delete(follower)
          } else waiting.push(...items)
          stir()
        },
        end: () => {
          ended = true
          stir()
        },
      }
      const hub = join(projectId, follower)

      // Live at once, so that what happens while this is set up is waiting and not lost.
      const starting = after === null ? startLive() : Promise.resolve(after)
      async function startLive(): Promise<number> {
        while (hub.position === null && !isEnded()) await lookAt(projectId, hub)
        if (!isEnded()) hub.live.add(follower)
        return hub.position ?? 0
      }

      async function* items(): AsyncGenerator<T, void, undefined> {
        let position = await starting
        while (!isEnded()) {
          if (hub.live.has(follower)) {
            const taken = waiting
            waiting = []
            for (const item of taken) {
              if (item.position <= position) continue
              position = item.position
              if (isWished(item)) yield item
            }
            if (waiting.length === 0 && hub.live.has(follower) && !isEnded())
              await new Promise<void>((resolve) => (stir = resolve))
            continue
          }
          behind = false
          const page = await store.after(projectId, position, pageSize)
          for (const item of page) {
            position = item.position
            if (isWished(item)) yield item
          }
          if (page.length === pageSize) continue
          if (hub.position === null) await lookAt(projectId, hub)
          // From here to the next await nothing else runs: whatever is offered after this is newer, and
          // what lies between is already behind us.
          if (!isBehind() && hub.position !== null && position >= hub.position) hub.live.add(follower)
        }
      }
      const generator = items()
      const finish = (): void => {
        follower.end()
        leave(projectId, hub, follower)
      }
      return {
        next: async () => {
          try {
            const result = await generator.next()
            if (result.done === true) finish()
            return result
          } catch (error) {
            // Whoever follows does not return what has failed: it would be read for, and never be asked.
            finish()
            throw error
          }
        },
        return: async () => {
          // The generator may be waiting for news that never comes: it is stirred before it is ended.
          finish()
          await generator.return()
          return { done: true, value: undefined }
        },
        throw: async (error: unknown) => {
          finish()
          return generator.throw(error)
        },
        [Symbol.asyncIterator]() {
          return this
        },
      }
    },
  }
}
