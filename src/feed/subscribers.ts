/** Who is live in one project, found by the webhook that something happened to: what nobody watches costs nobody anything. */
import type { Fed } from '../domain/feed/feed.ts'

/** The place of one follower. */
export interface Seat<T> {
  /** What it watches; null: all. */
  readonly webhookIds: ReadonlySet<string> | null
  /** What comes next of what it watches. It may give up its seat in here. */
  take(item: T): void
  /** All up to the position was offered, and what follows cannot be: it reads on by itself. */
  scatter(position: number): void
  /** The feed closes. */
  end(): void
}

export interface Audience<T> {
  readonly seats: ReadonlySet<Seat<T>>
  add(seat: Seat<T>): void
  remove(seat: Seat<T>): void
  /** To all who watch its webhook. */
  show(item: T): void
}

export function makeAudience<T extends Fed>(): Audience<T> {
  const seats = new Set<Seat<T>>()
  const ofAll = new Set<Seat<T>>()
  const ofWebhooks = new Map<string, Set<Seat<T>>>()
  return {
    seats,
    add: (seat) => {
      seats.add(seat)
      if (seat.webhookIds === null) ofAll.add(seat)
      for (const webhookId of seat.webhookIds ?? []) {
        const watching = ofWebhooks.get(webhookId) ?? new Set()
        ofWebhooks.set(webhookId, watching)
        watching.add(seat)
      }
    },
    remove: (seat) => {
      seats.delete(seat)
      ofAll.delete(seat)
      for (const webhookId of seat.webhookIds ?? []) {
        const watching = ofWebhooks.get(webhookId)
        watching?.delete(seat)
        if (watching?.size === 0) ofWebhooks.delete(webhookId)
      }
    },
    show: (item) => {
      for (const seat of ofAll) seat.take(item)
      for (const seat of ofWebhooks.get(item.webhookId) ?? []) seat.take(item)
    },
  }
}
