/** Events as the feed EVENTS sends them, and the filter of its subscriptions. */
import type { FeedItem } from './feed.ts'
import { amongKnown, isWithin, type EventFilter } from '../lists/filters.ts'
import type { ListedEvent } from '../orders/event.ts'
import { selectsTopic } from '../orders/topic.ts'

export interface EventFeedItem extends ListedEvent, FeedItem {
  /** The site of the order; null when the event is not about an order. */
  readonly siteId: string | null
  /** The partners with a webhook that the event was sent to. */
  readonly partnerIds: readonly string[]
}

/** Returns whether the event matches the filter. */
export function passesEvent(
  { orderIds, siteIds, topics, createdAt }: EventFilter,
  event: EventFeedItem,
): boolean {
  return (
    amongKnown(orderIds, event.orderId) &&
    amongKnown(siteIds, event.siteId) &&
    (topics.length === 0 || topics.some((selection) => selectsTopic(selection, event.topic))) &&
    isWithin(createdAt, event.createdAt)
  )
}
