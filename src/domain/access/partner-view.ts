import type { Event, OrderSnapshot } from '../orders/event.ts'
import { instantOf } from '../shared/ids.ts'
import { orderParts, type OrderPart } from '../orders/order-fields.ts'
import type { Customer, Order, Site } from '../orders/order.ts'
import { isOrderTopic } from '../orders/topic.ts'
import { dialectRules, type Dialect } from '../dialects/registry.ts'

/** An order as a partner sees it. What its payloads do not carry is null. */
export interface PartnerOrderView extends Omit<Order, 'siteId' | 'customerId'> {
  readonly site: Site | null
  readonly customer: Customer | null
}

/** An order as somebody is shown it: to the platform all of it. */
export type ShownOrder = Order | PartnerOrderView

/** The latest event of an order that webhooks of one dialect were owed. */
export interface VisibleFields {
  readonly dialect: Dialect
  readonly event: Pick<Event, 'topic' | 'data'>
}

/**
 * The order as those payloads tell of it: each part as the latest of those that carry it had it, so that nothing
 * shows through that changed later. Null when there is none.
 */
export function viewOrder(visibleFields: readonly VisibleFields[]): PartnerOrderView | null {
  const told = visibleFields
    .map(({ dialect, event }) => ({
      shows: dialectRules[dialect].shows,
      topic: event.topic,
      order: JSON.parse(event.data) as OrderSnapshot,
    }))
    .toSorted((one, other) => other.order.sequence - one.order.sequence)
  const [latest] = told
  if (latest === undefined) return null
  const { order, topic } = latest
  const toldOf = (part: OrderPart) => told.find(({ shows }) => shows.includes(part))?.order
  const window = toldOf('pickupWindow')?.pickupWindow ?? null
  const sites = toldOf('site')
  return {
    ...{
      id: order.id,
      number: order.number,
      uid: order.uid,
      version: order.version,
      sequence: order.sequence,
    },
    state: order.state,
    customerState: order.customerState,
    partnerIdentifier: toldOf('partnerIdentifier')?.partnerIdentifier ?? null,
    redemptionCode: toldOf('redemptionCode')?.redemptionCode ?? null,
    areaName: toldOf('areaName')?.areaName ?? null,
    pickupWindow: window && { startsAt: new Date(window.startsAt), endsAt: new Date(window.endsAt) },
    etaAt: toDate(toldOf('etaAt')?.etaAt),
    arrivedAt: toDate(toldOf('arrivedAt')?.arrivedAt),
    createdAt: new Date(order.createdAt),
    updatedAt: new Date(order.updatedAt),
    deletedAt: topic === 'order.deleted' ? new Date(order.updatedAt) : null,
    site: sites === undefined ? null : seenSite(sites, toldOf('siteName')),
    customer: seenCustomer(toldOf('customer')),
  }
}

// Made when its id was made; changed, for all that was told, when the order was.
function seenSite({ site, updatedAt }: OrderSnapshot, named: OrderSnapshot | undefined): Site {
  const times = { createdAt: instantOf(site.id), updatedAt: new Date(updatedAt) }
  // An order's site never changes, so that whoever names one names this one.
  return { ...site, name: named?.site.name ?? '', ...times }
}

function seenCustomer(told: OrderSnapshot | undefined): Customer | null {
  if (told?.customer == null) return null
  const { customer, updatedAt } = told
  return { ...customer, createdAt: instantOf(customer.id), updatedAt: new Date(updatedAt) }
}

function toDate(instant: string | null | undefined): Date | null {
  return instant == null ? null : new Date(instant)
}

/** An event's data as webhooks of those dialects were owed it: an order's members that none of them carries are left out. */
export function viewData(
  { topic, data }: Pick<Event, 'topic' | 'data'>,
  dialects: readonly Dialect[],
): string {
  // Other topics are carried whole or not at all.
  if (!isOrderTopic(topic)) return data
  const shown = partsOf(dialects)
  // The text as it is: parsing and printing it again could change it.
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

/** Whether a request of the dialect tells nothing of an event that webhooks of the others were not owed with it. */
export function tellsNoMore(dialect: Dialect, others: readonly Dialect[]): boolean {
  const shown = partsOf(others)
  return others.length > 0 && dialectRules[dialect].shows.every((part) => shown.has(part))
}

/**
 * What a partner sees of an event that its webhooks missed, or that was never sent them: that it happened. What it
 * says they were not told.
 */
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
