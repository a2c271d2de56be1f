/**
 * The live subscribers of one project, indexed by webhook. An item is offered only to the subscribers of its webhook.
 */
import type { FeedItem } from '../domain/feed/feed.ts'

/** One subscription, as the hub sees it. */
export interface Slot<T> {
  /** The webhooks that the subscription follows. Null means all. */
  readonly webhookIds: ReadonlySet<string> | null
  /** Offers the next item of a followed webhook. The slot may detach itself during the call. */
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
  /** Offers the item to all subscribers that follow its webhook. */
  offer(item: T): void
}

/** Creates an empty index. */
export function makeSubscribers<T extends FeedItem>(): SubscriberIndex<T> {
  const slots = new Set<Slot<T>>()
  const slotsOfAll = new Set<Slot<T>>()
  const slotsByWebhook = new Map<string, Set<Slot<T>>>()
  return {
    slots,
    add: (slot) => {
      slots.add(slot)
      if (slot.webhookIds === null) slotsOfAll.add(slot)
      for (const webhookId of slot.webhookIds ?? []) {
        const slotsOfWebhook = slotsByWebhook.get(webhookId) ?? new Set()
        slotsByWebhook.set(webhookId, slotsOfWebhook)
        slotsOfWebhook.add(slot)
      }
    },
    remove: (slot) => {
      slots.delete(slot)
      slotsOfAll.delete(slot)
      for (const webhookId of slot.webhookIds ?? []) {
        const slotsOfWebhook = slotsByWebhook.get(webhookId)
        slotsOfWebhook?.delete(slot)
        if (slotsOfWebhook?.size === 0) slotsByWebhook.delete(webhookId)
      }
    },
    offer: (item) => {
      for (const slot of slotsOfAll) slot.offer(item)
      for (const slot of slotsByWebhook.get(item.webhookId) ?? []) slot.offer(item)
    },
  }
}
