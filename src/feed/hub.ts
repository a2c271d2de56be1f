/**
 * What a process knows of one project while somebody follows it: how far what is new was read and offered to those who
 * are live. Rows are read once, one read at a time; without anybody live nothing is read. Replays are `pages.ts`.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { PositionExpired, type FeedItem } from '../domain/feed/feed.ts'
import type { FeedStore } from '../ports/feed-store.ts'
import { makeSubscribers, type Slot } from './subscribers.ts'
import type { Outage } from './outage.ts'
import { makePages, pageSize, retryMs, type Asked } from './catch-up.ts'
import type { ReadConcurrency } from './read-concurrency.ts'

/** Between the end of one read and the next: a busy project is told of hundreds of times a second. */
const restMs = 10

export interface Hub<T extends FeedItem> {
  /** Counts a follower as one of this hub's, live or not, until it leaves. */
  join(slot: Slot<T>): void
  leave(slot: Slot<T>): void
  /**
   * From now on the seat takes all that comes after the answered position. Of what lies between `position`, up to which
   * it has read, and that one, nothing is brought to it.
   */
  attach(slot: Slot<T>, position: number): number
  detach(slot: Slot<T>): void
  /** Up to which all was offered; null while nobody is live. */
  position(): number | null
  /** The newest position there is. Waits for a store that fails, while anybody is there. */
  newest(): Promise<number>
  pageAfter(position: number): Asked<T>
  /** Something may be new. */
  look(): void
  end(): void
}

interface Surroundings<T extends FeedItem> {
  readonly store: FeedStore<T>
  readonly turns: ReadConcurrency
  readonly outage: Outage
  /** Nobody is left. */
  readonly onLeft: () => void
}

export function makeHub<T extends FeedItem>(
  projectId: string,
  { store, turns, outage, onLeft }: Surroundings<T>,
): Hub<T> {
  const subscribers = makeSubscribers<T>()
  const followers = new Set<Slot<T>>()
  let position: number | null = null
  let lookAgain = false
  let isReading = false

  const worked = (): void => outage.over(projectId)
  const failed = (cause: unknown): void => {
    if (followers.size > 0) outage.began(projectId, cause)
  }
  const pages = makePages((after: number) => store.after(projectId, after, pageSize), turns.pages, {
    failed,
    worked,
  })

  const detach = (slot: Slot<T>): void => {
    subscribers.remove(slot)
    if (subscribers.slots.size === 0) position = null
  }

  const offer = (items: readonly T[]): void => {
    for (const item of items) subscribers.show(item)
    // All may have fallen behind meanwhile: then nobody knows any more where we are.
    if (position !== null) position = items.at(-1)?.position ?? position
  }

  /** Of a hub that was asleep for so long each follower finds out for itself whether it has missed something. */
  const disconnectAll = (upTo: number): void => {
    for (const slot of [...subscribers.slots]) {
      detach(slot)
      slot.disconnectAll(upTo)
    }
  }

  const readOn = async (): Promise<void> => {
    for (;;) {
      const from = position
      if (from === null) return
      const items = await turns
        .news(() => (position === from ? store.after(projectId, from, pageSize) : Promise.resolve(null)))
        .catch((error: unknown) => {
          if (!(error instanceof PositionExpired)) throw error
          if (position === from) disconnectAll(from)
          return null
        })
      // All have left meanwhile, and others came who begin elsewhere: what was read is not what follows for them.
      if (items === null || position !== from) continue
      offer(items)
      if (items.length < pageSize) return
      await nextTurn()
    }
  }

  const read = async (): Promise<void> => {
    isReading = true
    while (lookAgain && position !== null) {
      lookAgain = false
      try {
        await readOn()
        worked()
        await pause(restMs, undefined, { ref: false })
      } catch (error) {
        // Those who are live stay so, and are read for from the same position as soon as it can be.
        failed(error)
        lookAgain = true
        await pause(retryMs, undefined, { ref: false })
      }
    }
    isReading = false
  }

  const look = (): void => {
    if (position === null) return
    lookAgain = true
    if (!isReading) void read()
  }

  let asking: Promise<number> | undefined
  const ask = async (): Promise<number> => {
    while (followers.size > 0) {
      try {
        const bounds = await turns.news(() =>
          followers.size > 0 ? store.bounds(projectId) : Promise.resolve(null),
        )
        if (bounds === null) break
        worked()
        return bounds.last
      } catch (error) {
        failed(error)
        await pause(retryMs, undefined, { ref: false })
      }
    }
    return 0
  }

  return {
    join: (slot) => void followers.add(slot),
    leave: (slot) => {
      detach(slot)
      if (!followers.delete(slot) || followers.size > 0) return
      outage.forget(projectId)
      onLeft()
    },
    attach: (slot, readUpTo) => {
      subscribers.add(slot)
      if (position === null) {
        position = readUpTo
        // Nobody listened to the words of what came since it was read.
        look()
      }
      return position
    },
    detach,
    position: () => position,
    newest: () => (asking ??= ask().finally(() => (asking = undefined))),
    pageAfter: (after) => pages.after(after),
    look,
    end: () => {
      for (const slot of followers) slot.end()
    },
  }
}
