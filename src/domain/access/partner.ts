/** Partners: the integrators of a project, who own webhooks. */

/** Partners of one project. */
export const maxPartners = 1_000

export interface Partner {
  readonly id: string
  /** For people, 1 to 200 characters. */
  readonly name: string
  readonly createdAt: Date
}
