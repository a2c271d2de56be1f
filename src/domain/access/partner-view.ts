/**
 * Restricts orders and events to what a partner may see: the parts that requests to its webhooks contain, according to
 * their dialects.
 */
import type { Event, OrderSnapshot } from '../orders/event.ts'
import { instantOf } from '../shared/ids.ts'
import { orderParts, type OrderPart } from '../orders/order-fields.ts'
import type { Customer, Order, Site } from '../orders/order.ts'
import { isOrderTopic } from '../orders/topic.ts'
import { dialectRules, type Dialect } from '../dialects/registry.ts'

/** An order as a partner sees it. Parts that the partner's payloads do not contain are null. */
export interface PartnerOrderView extends Omit<Order, 'siteId' | 'customerId' | 'arrivingSent'> {
  readonly site: Site | null
  readonly customer: ShownCustomer | null
}

/** A customer as the API shows it. `marketing` is null in an order that a partner sees, whose payloads do not contain it. */
export type ShownCustomer = Omit<Customer, 'marketing'> & { readonly marketing: Customer['marketing'] | null }

/** An order as the API shows it: completely to the platform, restricted to a partner. */
export type ShownOrder = Order | PartnerOrderView

/** The latest event of an order for which the partner's webhooks of one dialect have a delivery that is not SKIPPED. */
export interface VisibleFields {
  readonly dialect: Dialect
  readonly event: Pick<Event, 'topic' | 'data'>
}

/**
 * Returns the order as these payloads show it. Each part has the value of the latest payload that contains it, so later
 * changes that were not sent to the partner are not visible. Null when there is no event.
 */
export function viewOrder(visibleFields: readonly VisibleFields[]): PartnerOrderView | null {
  const payloads = visibleFields
    .map(({ dialect, event }) => ({
      shows: dialectRules[dialect].shows,
      topic: event.topic,
      order: JSON.parse(event.data) as OrderSnapshot,
    }))
    .toSorted((one, other) => other.order.sequence - one.order.sequence)
  const [latest] = payloads
  if (latest === undefined) return null
  const { order, topic } = latest
  const latestWith = (part: OrderPart) => payloads.find(({ shows }) => shows.includes(part))?.order
  const window = latestWith('pickupWindow')?.pickupWindow ?? null
  const sites = latestWith('site')
  return {
    id: order.id,
    number: order.number,
    uid: order.uid,
    version: order.version,
    sequence: order.sequence,
    state: order.state,
    customerState: order.customerState,
    partnerIdentifier: latestWith('partnerIdentifier')?.partnerIdentifier ?? null,
    redemptionCode: latestWith('redemptionCode')?.redemptionCode ?? null,
    areaName: latestWith('areaName')?.areaName ?? null,
    source: latestWith('source')?.source ?? null,
    pickupWindow: window && { startsAt: new Date(window.startsAt), endsAt: new Date(window.endsAt) },
    etaAt: toDate(latestWith('etaAt')?.etaAt),
    arrivedAt: toDate(latestWith('arrivedAt')?.arrivedAt),
    createdAt: new Date(order.createdAt),
    updatedAt: new Date(order.updatedAt),
    deletedAt: topic === 'order.deleted' ? new Date(order.updatedAt) : null,
    site: sites === undefined ? null : viewSite(sites, latestWith('siteName')),
    customer: viewCustomer(latestWith('customer')),
  }
}

// The site's creation time is that of its id. Its update time is not sent to partners, so the order's is used.
function viewSite({ site, updatedAt }: OrderSnapshot, named: OrderSnapshot | undefined): Site {
  const times = { createdAt: instantOf(site.id), updatedAt: new Date(updatedAt) }
  // The site of an order never changes, so every snapshot of the order names the same site.
  return { ...site, name: named?.site.name ?? '', ...times }
}

function viewCustomer(payload: OrderSnapshot | undefined): ShownCustomer | null {
  if (payload?.customer == null) return null
  const { customer, updatedAt } = payload
  return { ...customer, marketing: null, createdAt: instantOf(customer.id), updatedAt: new Date(updatedAt) }
}

function toDate(instant: string | null | undefined): Date | null {
  return instant == null ? null : new Date(instant)
}

/** Returns an event's data without the members of the order that none of the dialects contains. */
export function viewData(
  { topic, data }: Pick<Event, 'topic' | 'data'>,
  dialects: readonly Dialect[],
): string {
  // A dialect sends the data of other topics completely, or does not send the topic.
  if (!isOrderTopic(topic)) return data
  const shown = partsOf(dialects)
  // Returns the stored text, because parsing and serializing it again could change it.
  if (orderParts.every((part) => shown.has(part))) return data
  const { site, customer, ...order } = JSON.parse(data) as OrderSnapshot
  const own = Object.entries(order).filter(([name]) => !isPart(name) || shown.has(name))
  const { name: siteName, ...where } = site
  return JSON.stringify({
    ...Object.fromEntries(own),
    ...(shown.has('site') && { site: shown.has('siteName') ? { ...where, name: siteName } : where }),
    ...(shown.has('customer') && { customer }),
  })
}

/** Returns whether a request of `dialect` contains no more parts of an event than requests of `others` contain. */
export function showsNoMore(dialect: Dialect, others: readonly Dialect[]): boolean {
  const shown = partsOf(others)
  return others.length > 0 && dialectRules[dialect].shows.every((part) => shown.has(part))
}

/** Returns an event without its data, for a partner whose webhooks did not receive the event. */
export function redactedEvent({
  eventId,
  topic,
  createdAt,
}: {
  readonly eventId: string
  readonly topic: string
  readonly createdAt: Date
}): Event {
  return { id: eventId, topic, orderId: null, sequence: null, data: '{}', createdAt }
}

function partsOf(dialects: readonly Dialect[]): ReadonlySet<OrderPart> {
  return new Set(dialects.flatMap((dialect) => dialectRules[dialect].shows))
}

function isPart(name: string): name is OrderPart {
  return (orderParts as readonly string[]).includes(name)
}
