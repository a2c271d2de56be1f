/** Partners: the integrators of a project. They own webhooks. */

/** Maximum number of partners per project. */
export const maxPartners = 1_000

export interface Partner {
  readonly id: string
  /** 1 to 200 code points. */
  readonly name: string
  readonly createdAt: Date
}
