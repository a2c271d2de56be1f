/**
 * The state of one project's feed in one process while the project has subscriptions: the position up to which new rows
 * were read and offered to the live subscribers. Rows are read once, one read at a time. Without a live subscriber
 * nothing is read.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { PositionExpired, type FeedItem } from '../domain/feed/feed.ts'
import type { FeedStore } from '../ports/feed-store.ts'
import { makeSubscribers, type Slot } from './subscribers.ts'
import type { Outage } from './outage.ts'
import { makePages, pageSize, retryMs, type Asked } from './catch-up.ts'
import type { ReadConcurrency } from './read-concurrency.ts'

/** Pause between two reads. A busy project receives hundreds of notifications per second. */
const restMs = 10

/** The feed of one project in this process. */
export interface Hub<T extends FeedItem> {
  /** Registers a subscription, live or not, until it leaves. */
  join(slot: Slot<T>): void
  leave(slot: Slot<T>): void
  /**
   * Makes the slot live: it receives all items after the returned position. `position` is the position up to which the
   * subscription has read by itself. It must read the items between the two positions by itself.
   */
  attach(slot: Slot<T>, position: number): number
  detach(slot: Slot<T>): void
  /** The position up to which all items were offered. Null without a live subscriber. */
  position(): number | null
  /** The newest position in the table. Retries on failure as long as there are subscriptions; then returns 0. */
  newest(): Promise<number>
  /** Requests the page after the position, for catching up. */
  pageAfter(position: number): Asked<T>
  /** Reads new items, if a subscriber is live. */
  look(): void
  /** Ends all subscriptions. */
  end(): void
}

interface Surroundings<T extends FeedItem> {
  readonly store: FeedStore<T>
  readonly turns: ReadConcurrency
  readonly outage: Outage
  /** The last subscription has left. */
  readonly onLeft: () => void
}

/** Creates the hub of one project. */
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
    // All subscribers may have fallen behind during the loop. Then there is no live position any more.
    if (position !== null) position = items.at(-1)?.position ?? position
  }

  /**
   * Disconnects all live subscribers after retention removed rows that were not read yet. Each subscription then
   * catches up and finds out by itself whether it missed items.
   */
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
      // The live subscribers left during the read, or others with a different position joined. The rows are not theirs.
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
        // Live subscribers stay live. The read is repeated from the same position.
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
        // Notifications since the subscription's last read were ignored, because no subscriber was live.
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
