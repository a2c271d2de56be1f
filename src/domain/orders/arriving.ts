/**
 * `order.arriving`: an event some minutes before the ETA of an order ("10 minutes out" in FlyBuy's document). A project
 * names the minutes. Each order has at most one such event for each number of minutes.
 */
import { laterOf } from '../shared/instant.ts'
import { problem, type Problem } from '../shared/problem.ts'
import { orderEvent, type Event, type OrderSnapshot } from './event.ts'
import { isFinal, type Customer, type Order, type Site } from './order.ts'

/** Maximum numbers of minutes of a project. */
export const maxArrivingMinutes = 5
/** The largest number of minutes: 3 hours. */
export const longestArrivingMinutes = 180

/** The `data` of `order.arriving`. */
export interface ArrivingSnapshot extends OrderSnapshot {
  readonly minutes: number
}

const minuteMs = 60_000

/** Returns the numbers of minutes, largest first. INVALID, TOO_MANY. */
export function checkArrivingMinutes(
  minutes: readonly number[],
  field: readonly string[],
): readonly number[] | Problem {
  if (minutes.length > maxArrivingMinutes)
    return problem(
      'TOO_MANY',
      field,
      `at most ${maxArrivingMinutes} numbers of minutes, found ${minutes.length}`,
    )
  const wrong = minutes.find((each) => each < 1 || each > longestArrivingMinutes)
  if (wrong !== undefined)
    return problem('INVALID', field, `each must be 1 to ${longestArrivingMinutes} minutes, found ${wrong}`)
  if (new Set(minutes).size !== minutes.length)
    return problem('INVALID', field, 'each number of minutes must occur once')
  return minutes.toSorted((a, b) => b - a)
}

/**
 * What happens at a due time. SEND: the event. WAIT: the ETA was moved, and the due time with it. DROP: never an event,
 * because there was one, or the order has no ETA, is final or deleted, or its customer has arrived.
 */
export function arrivingStep(order: Order, minutes: number, now: Date): 'SEND' | 'WAIT' | 'DROP' {
  const { state, customerState, etaAt, deletedAt, arrivedAt, arrivingSent } = order
  if (etaAt === null || deletedAt !== null || isFinal(state)) return 'DROP'
  if (arrivedAt !== null || customerState === 'COMPLETED' || arrivingSent.includes(minutes)) return 'DROP'
  return etaAt.getTime() - minutes * minuteMs > now.getTime() ? 'WAIT' : 'SEND'
}

/**
 * The order with the event for this number of minutes. Its version does not change, because nothing of it changes.
 * `updatedAt` does: receivers of FLYBUY take a request with the same `updated_at` as the one before for a repeat.
 */
export function arrivingOrder(order: Order, minutes: number, now: Date): Order {
  return {
    ...order,
    sequence: order.sequence + 1,
    arrivingSent: [...order.arrivingSent, minutes],
    updatedAt: laterOf(now, order.updatedAt),
  }
}

/** Returns the event. `order` is the result of `arrivingOrder`. */
export function arrivingEvent(
  order: Order,
  minutes: number,
  { site, customer }: { readonly site: Site; readonly customer: Customer | null },
  id: string,
): Event {
  const change = { order, topic: 'order.arriving', stateChanged: false, customerStateChanged: false } as const
  const event = orderEvent(change, site, customer, id)
  const data: ArrivingSnapshot = { ...(JSON.parse(event.data) as OrderSnapshot), minutes }
  return { ...event, data: JSON.stringify(data) }
}
