/** What happens to a webhook that its owner is told at once: that it was made, that it fails, that it is off and why, that it is on again. */
import { among, amongKnown } from './attempt-filter.ts'
import type { Fed } from './feed.ts'
import type { DisabledReason } from './policy/disable.ts'

export const webhookChangeKinds = ['CREATED', 'FAILING', 'DISABLED', 'ENABLED'] as const
export type WebhookChangeKind = (typeof webhookChangeKinds)[number]

export interface WebhookChange extends Fed {
  readonly kind: WebhookChangeKind
  readonly at: Date
  /** Why it is off; null unless DISABLED. */
  readonly reason: DisabledReason | null
  /** For people: what happened, and what will or may come next. */
  readonly message: string
}

/** What is given must all hold; an empty list does not filter. */
export interface WebhookChangeFilter {
  readonly webhookIds: readonly string[]
  readonly partnerIds: readonly string[]
  readonly kinds: readonly WebhookChangeKind[]
}

export function passesChange(
  { webhookIds, partnerIds, kinds }: WebhookChangeFilter,
  change: WebhookChange,
): boolean {
  return (
    among(webhookIds, change.webhookId) &&
    amongKnown(partnerIds, change.partnerId) &&
    among(kinds, change.kind)
  )
}
