/** A subscriber of webhookChanges. */
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { followBy } from './feed-subscription.ts'

export interface ChangeEvent {
  readonly cursor: string
  readonly change: {
    readonly kind: string
    readonly at: string
    readonly reason: string | null
    readonly message: string
  }
  readonly webhook: { readonly id: string; readonly enabled: boolean }
}

const query = `subscription Changes($filter: WebhookChangeFilter, $after: String) {
  webhookChanges(filter: $filter, after: $after) { cursor change { kind at reason message } webhook { id enabled } }
}`

export const followChanges = followBy<ChangeEvent>('webhookChanges', query)

/** The cursor before the first change of a project. For a PARTNER key it contains the partner. */
export function changesFromStart(whose: { readonly projectId: string; readonly partnerId?: string }): string {
  const { projectId, partnerId = null } = whose
  const filter = { webhookIds: [], partnerIds: [], kinds: [] }
  return writeCursor({ list: 'webhookChanges', projectId, partnerId, filter }, '0')
}

/** Each change as one line: the webhook's id, the kind, the reason. */
export function summaryOf(events: readonly ChangeEvent[]) {
  return events.map(({ webhook, change: { kind, reason } }) =>
    [webhook.id, kind, ...(reason === null ? [] : [reason])].join(' '),
  )
}
