/** Stores the events of customers in the transactions of their changes. */
import type { Event } from '../../domain/orders/event.ts'
import type { Customer } from '../../domain/orders/order.ts'
import type { FeedNotifier } from '../../ports/feed-store.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import { deliveriesOf, dueOf } from '../changes/fan-out.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

/** What a change of a customer uses. */
export interface CustomerDeps extends MutationDeps {
  readonly projectId: string
  readonly feedNotifier: FeedNotifier
}

/** A customer after a change, and its event. */
export interface ChangedCustomer {
  readonly customer: Customer
  /** Null when nothing changed. */
  readonly eventId: string | null
  /** Null when nothing changed, or when an earlier request stored the event. */
  readonly event: Event | null
}

/** An event that a transaction has stored. */
export interface StoredEvent {
  readonly event: Event
  /** The webhooks whose lanes have a new delivery. */
  readonly dueWebhooks: readonly string[]
}

/** Stores the event with its deliveries. Call it last: other changes of the project wait for the row that it locks. */
export async function storeEvent(
  { system }: Pick<MutationDeps, 'system'>,
  tx: ProjectTx,
  customerId: string,
  event: Event,
): Promise<StoredEvent> {
  const deliveries = deliveriesOf(event, null, await tx.eventSubscribers(), system)
  await tx.insertEvent({ event, deliveries, customerId })
  return { event, dueWebhooks: dueOf(deliveries) }
}

/** After the commit: notifies the feed and wakes the lanes. Null: no event was stored. */
export function announce(
  { projectId, feedNotifier, laneScheduler }: CustomerDeps,
  stored: StoredEvent | null,
): void {
  if (stored === null) return
  feedNotifier.notify('EVENTS', [projectId])
  if (stored.dueWebhooks.length > 0) laneScheduler.wakeNow(stored.dueWebhooks)
}

/** The event that was stored; null when there was none. */
export function eventOf(stored: StoredEvent | null): Event | null {
  return stored?.event ?? null
}
