/**
 * The live subscribers of one project, indexed by subject (the webhook of an attempt, the order of an event). An item is
 * offered only to those that follow its subject or everything.
 */
import type { FeedItem } from '../domain/feed/feed.ts'

/** One subscription, as the hub sees it. */
export interface Slot<T> {
  /** The subjects that the subscription follows. Null means all. */
  readonly subjectIds: ReadonlySet<string> | null
  /** Offers the next item of a followed subject. The slot may detach itself during the call. */
  offer(item: T): void
  /**
   * Ends the live state. All items up to the position were offered; the subscription must read later items by itself.
   */
  disconnect(position: number): void
  /** Ends the subscription, because the feed closes. */
  end(): void
}

/** The index of live subscribers. */
export interface SubscriberIndex<T> {
  readonly slots: ReadonlySet<Slot<T>>
  add(slot: Slot<T>): void
  remove(slot: Slot<T>): void
  /** Offers the item to all subscribers that follow its subject. */
  offer(item: T): void
}

/** Creates an empty index. `subjectOf`: see `FeedStore`. */
export function makeSubscribers<T extends FeedItem>(
  subjectOf: (item: T) => string | null,
): SubscriberIndex<T> {
  const slots = new Set<Slot<T>>()
  const slotsOfAll = new Set<Slot<T>>()
  const slotsBySubject = new Map<string, Set<Slot<T>>>()
  return {
    slots,
    add: (slot) => {
      slots.add(slot)
      if (slot.subjectIds === null) slotsOfAll.add(slot)
      for (const subjectId of slot.subjectIds ?? []) {
        const slotsOfSubject = slotsBySubject.get(subjectId) ?? new Set()
        slotsBySubject.set(subjectId, slotsOfSubject)
        slotsOfSubject.add(slot)
      }
    },
    remove: (slot) => {
      slots.delete(slot)
      slotsOfAll.delete(slot)
      for (const subjectId of slot.subjectIds ?? []) {
        const slotsOfSubject = slotsBySubject.get(subjectId)
        slotsOfSubject?.delete(slot)
        if (slotsOfSubject?.size === 0) slotsBySubject.delete(subjectId)
      }
    },
    offer: (item) => {
      for (const slot of slotsOfAll) slot.offer(item)
      const subjectId = subjectOf(item)
      if (subjectId === null) return
      for (const slot of slotsBySubject.get(subjectId) ?? []) slot.offer(item)
    },
  }
}
