/** A subscriber of the contract's Live document. */
import { documents } from '../../api/support/fixtures.ts'
import { followBy } from './feed-subscription.ts'

export interface AttemptEvent {
  readonly cursor: string
  readonly attempt: { readonly id: string; readonly number: number; readonly outcome: string }
  readonly delivery: {
    readonly id: string
    readonly state: string
    readonly event: { readonly topic: string; readonly order: { readonly number: number } }
    readonly webhook: { readonly id: string }
  }
}

export const follow = followBy<AttemptEvent>('deliveryAttempts', documents.Live)
