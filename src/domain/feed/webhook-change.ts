import type { FeedItem } from './feed.ts'
import type { DisabledReason } from '../policies/disable.ts'
import type { SkippedDeliveries, Webhook } from '../webhooks/webhook.ts'
import { among, amongKnown } from '../lists/filters.ts'

export const webhookChangeKinds = ['CREATED', 'FAILING', 'DISABLED', 'ENABLED'] as const
export type WebhookChangeKind = (typeof webhookChangeKinds)[number]

export interface WebhookChange extends FeedItem {
  readonly kind: WebhookChangeKind
  readonly at: Date
  /** Why it is off; null unless DISABLED. */
  readonly reason: DisabledReason | null
  /** For people: what happened, and what will or may come next. */
  readonly message: string
}

/** What is to be told, before it has its place in the feed. */
export type NewWebhookChange = Omit<WebhookChange, 'position' | 'partnerId'>

/**
 * What an owner is told of a change that was asked for; null: nothing. `before` is null for a webhook that is new.
 * Of one that is deleted nothing is told. `skipped`: what becomes of what it missed while it was off.
 */
export function changeOf(
  before: Webhook | null,
  { id: webhookId, disabled }: Webhook,
  at: Date,
  skipped: SkippedDeliveries = 'KEEP',
): NewWebhookChange | null {
  const told = { webhookId, at, reason: null }
  if (before === null) {
    const message = disabled === null ? 'Registered.' : 'Registered, and off until it is enabled.'
    return { ...told, kind: 'CREATED', message }
  }
  if (before.disabled === null && disabled !== null)
    return { ...told, kind: 'DISABLED', reason: disabled.reason, message: disabled.message }
  if (before.disabled !== null && disabled === null)
    return { ...told, kind: 'ENABLED', message: `Enabled on request: ${enabledMessages[skipped]}` }
  return null
}

const held = 'what was held is attempted as it falls due, and no old failure is held against it.'
const enabledMessages: Readonly<Record<SkippedDeliveries, string>> = {
  REPLAY: `${held} What it missed while it was off is brought back.`,
  KEEP: `${held} What it missed while it was off stays skipped.`,
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
