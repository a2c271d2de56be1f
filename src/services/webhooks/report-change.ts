/** Reports a change of a webhook to its owners: in the feed of webhook changes, and by notices. */
import type { NewWebhookChange } from '../../domain/feed/webhook-change.ts'
import type { WrittenNotices } from '../../ports/dispatch-store.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import type { FeedNotifier } from '../../ports/feed-store.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

interface NotifyDeps extends Pick<MutationDeps, 'laneScheduler'> {
  readonly feedNotifier: FeedNotifier
  readonly projectId: string
}

/** What the notification after the commit needs: the webhooks with a notice to send. Null: nothing was written. */
export type Notified = Pick<WrittenNotices, 'due'> | null

/**
 * Writes a change of a webhook to the feed of webhook changes, and the notice of it. It must be the transaction's last
 * statement, because it locks the position counters of the feeds until the commit. Returns null when there is no change
 * to write.
 */
export async function writeWebhookChange(
  { system }: Pick<MutationDeps, 'system'>,
  tx: ProjectTx,
  change: NewWebhookChange | null,
): Promise<Notified> {
  if (change === null) return null
  await tx.insertWebhookChange(change)
  const { kind, webhookId, reason, message } = change
  if (kind !== 'DISABLED' && kind !== 'ENABLED') return { due: [] }
  const fact =
    kind === 'DISABLED'
      ? ({ webhookId, topic: 'webhook.disabled', details: { reason, message } } as const)
      : ({ webhookId, topic: 'webhook.enabled', details: { message } } as const)
  return tx.insertNotices(fact, (of) => system.newId(of))
}

/**
 * Notifies the feeds, and wakes the lanes of the notices. Call it after the commit of a transaction that called
 * `writeWebhookChange`.
 */
export function notifyFeeds(
  { feedNotifier, projectId, laneScheduler }: NotifyDeps,
  notified: Notified,
): void {
  if (notified === null) return
  feedNotifier.notify('WEBHOOK_CHANGES', [projectId])
  if (notified.due.length === 0) return
  feedNotifier.notify('EVENTS', [projectId])
  laneScheduler.wakeNow(notified.due)
}
