/** A project: a tenant of the installation, with its own keys, orders and webhooks. */
export interface Project {
  readonly id: string
  readonly name: string
  /** The minutes before the ETA of an order at which there is an event `order.arriving`, largest first. */
  readonly arrivingMinutes: readonly number[]
  readonly createdAt: Date
}
