/** A project: a tenant of the installation, with its own keys, orders and webhooks. */
export interface Project {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
}
