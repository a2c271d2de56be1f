/** A subscriber of `events`. */
import { followBy } from './feed-subscription.ts'

export interface LiveEvent {
  readonly cursor: string
  readonly event: {
    readonly id: string
    readonly topic: string
    readonly sequence: number | null
    readonly createdAt: string
    readonly order: {
      readonly id: string
      readonly state: string
      readonly site: { readonly id: string } | null
      readonly customer: { readonly name: string } | null
    } | null
  }
}

/** The document of the contract. */
export const eventsDocument = `subscription LiveEvents($filter: EventFilter, $after: String) {
  events(filter: $filter, after: $after) { cursor event { id topic sequence createdAt order { id number state customerState version site { id } customer { name } } } }
}`
export const followEvents = followBy<LiveEvent>('events', eventsDocument)
