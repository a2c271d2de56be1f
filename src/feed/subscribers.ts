/**
 * The live subscribers of one project, indexed by webhook. An item is offered only to the subscribers of its webhook.
 */
import type { FeedItem } from '../domain/feed/feed.ts'

/** One subscription, as the hub sees it. */
export interface Slot<T> {
  /** The webhooks that the subscription follows. Null means all. */
  readonly webhookIds: ReadonlySet<string> | null
  /** Offers the next item of a followed webhook. The slot may detach itself during the call. */
  take(item: T): void
  /**
   * Ends the live state. All items up to the position were offered; the subscription must read later items by itself.
   */
  disconnectAll(position: number): void
  /** Ends the subscription, because the feed closes. */
  end(): void
}

/** The index of live subscribers. */
export interface Audience<T> {
  readonly slots: ReadonlySet<Slot<T>>
  add(slot: Slot<T>): void
  remove(slot: Slot<T>): void
  /** Offers the item to all subscribers that follow its webhook. */
  show(item: T): void
}

/** Creates an empty index. */
export function makeSubscribers<T extends FeedItem>(): Audience<T> {
  const slots = new Set<Slot<T>>()
  const ofAll = new Set<Slot<T>>()
  const ofWebhooks = new Map<string, Set<Slot<T>>>()
  return {
    slots,
    add: (slot) => {
      slots.add(slot)
      if (slot.webhookIds === null) ofAll.add(slot)
      for (const webhookId of slot.webhookIds ?? []) {
        const watching = ofWebhooks.get(webhookId) ?? new Set()
        ofWebhooks.set(webhookId, watching)
        watching.add(slot)
      }
    },
    remove: (slot) => {
      slots.delete(slot)
      ofAll.delete(slot)
      for (const webhookId of slot.webhookIds ?? []) {
        const watching = ofWebhooks.get(webhookId)
        watching?.delete(slot)
        if (watching?.size === 0) ofWebhooks.delete(webhookId)
      }
    },
    show: (item) => {
      for (const slot of ofAll) slot.take(item)
      for (const slot of ofWebhooks.get(item.webhookId) ?? []) slot.take(item)
    },
  }
}
