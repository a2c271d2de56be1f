/** The ordering of a webhook's deliveries: whether the events of one order wait for each other. */

export const orderings = ['NONE', 'PER_ORDER', 'LATEST_ONLY'] as const

/**
 * NONE: deliveries do not wait. PER_ORDER: a delivery waits for earlier ones of its order. LATEST_ONLY: as PER_ORDER, and a
 * delivery is skipped when a newer event of its order exists.
 */
export type Ordering = (typeof orderings)[number]

/** Digits of a sequence in a place. A sequence is a 32-bit integer. */
const digits = 10

/**
 * The place of an event among those of its order, as text that sorts by order and sequence: `ord_...:0000000012`. The SQL
 * function `order_place` writes the same. Null: the event has no order.
 */
export function orderPlaceOf(event: {
  readonly orderId: string | null
  readonly sequence: number | null
}): string | null {
  const { orderId, sequence } = event
  return orderId === null || sequence === null
    ? null
    : `${orderId}:${sequence.toString().padStart(digits, '0')}`
}
