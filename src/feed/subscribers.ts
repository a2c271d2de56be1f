/** Who is live in one project, found by the webhook that something happened to: what nobody watches costs nobody anything. */
import type { FeedItem } from '../domain/feed/feed.ts'

/** The place of one follower. */
export interface Slot<T> {
  /** What it watches; null: all. */
  readonly webhookIds: ReadonlySet<string> | null
  /** What comes next of what it watches. It may give up its seat in here. */
  take(item: T): void
  /** All up to the position was offered, and what follows cannot be: it reads on by itself. */
  disconnectAll(position: number): void
  /** The feed closes. */
  end(): void
}

export interface Audience<T> {
  readonly slots: ReadonlySet<Slot<T>>
  add(slot: Slot<T>): void
  remove(slot: Slot<T>): void
  /** To all who watch its webhook. */
  show(item: T): void
}

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
