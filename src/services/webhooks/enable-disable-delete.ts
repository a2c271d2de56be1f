/**
 * Disables, enables and deletes webhooks on request, and writes changes of a webhook. Disable rules of the policy are
 * applied elsewhere, when attempts are settled.
 */
import {
  auditedWebhook,
  nothingReplaced,
  webhookChange,
  type ReplacedCredentials,
} from '../../domain/audit/snapshots.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { laterOf } from '../../domain/shared/instant.ts'
import { ok, problem, refused, type Problem, type Result } from '../../domain/shared/problem.ts'
import type { SkippedDeliveries, Webhook } from '../../domain/webhooks/webhook.ts'
import { changeOf } from '../../domain/feed/webhook-change.ts'
import { cancelInBatches, replayInBatches } from '../../dispatch/pending-work.ts'
import type { FeedNotifier } from '../../ports/feed-store.ts'
import type { Rates } from '../../ports/rate-limits.ts'
import type { Secrets } from '../../ports/secrets.ts'
import type { Sender } from '../../ports/sender.ts'
import type { ProjectTx } from '../../db/tenant/transaction.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import { notifyFeeds, writeWebhookChange, type Notified } from './report-change.ts'
import type { MutationDeps } from '../shared/mutation-context.ts'

export interface WebhookDeps extends MutationDeps {
  readonly sender: Sender
  readonly secrets: Secrets
  readonly rates: Rates
  readonly feedNotifier: FeedNotifier
  readonly projectId: string
  /** The partner of the caller's key; null for a key without a partner. */
  readonly partnerId: string | null
  /** The URL by which requests to receivers name this installation. */
  readonly publicUrl: string
  /** The User-Agent header of every request. */
  readonly userAgent: string
}

/** Batches of 1,000 deliveries that the deletion itself cancels. */
const maxCancelBatches = 20
/** Batches of 1,000 deliveries that enabling itself replays. */
const maxReplayBatches = 20

/**
 * Disables a webhook. Its pending deliveries are held until it is enabled. Disabling a webhook that a rule has disabled
 * ends its probes.
 */
export function disableWebhook(deps: WebhookDeps, id: string): Promise<Result<Webhook>> {
  const disabling = {
    operation: 'webhookDisable',
    step: 'webhook.disabled',
    replaced: nothingReplaced,
  }
  return changeWebhook(deps, id, disabling, (before, tx) => ok(asDisabled(before, tx.now)))
}

/**
 * Returns the webhook disabled with reason REQUESTED. A webhook that a rule has disabled stays disabled since then, and is
 * not probed any more. A webhook that is disabled on request already is returned unchanged.
 */
export function asDisabled(webhook: Webhook, now: Date): Webhook {
  if (webhook.disabled?.reason === 'REQUESTED') return webhook
  const message =
    'Disabled on request. Pending deliveries are kept, and new events are skipped. Call webhookEnable to continue: skipped REPLAY delivers the skipped events, KEEP does not.'
  return { ...webhook, disabled: { reason: 'REQUESTED', message, at: webhook.disabled?.at ?? now } }
}

/** Returns the webhook enabled and resets its health, so that earlier failures do not count against it. */
export async function asEnabled(webhook: Webhook, tx: ProjectTx): Promise<Webhook> {
  if (webhook.disabled === null) return webhook
  await tx.resetHealth(webhook.id)
  return { ...webhook, disabled: null, consecutiveFailures: 0 }
}

/**
 * Enables a webhook and resets its health. Held deliveries are attempted when they are due. REPLAY also makes the
 * deliveries pending that were skipped since the webhook was last disabled: the first 20,000 here, further ones by the
 * sweep.
 */
export async function enableWebhook(
  deps: WebhookDeps,
  { id, skipped }: { readonly id: string; readonly skipped: SkippedDeliveries },
): Promise<Result<Webhook>> {
  const enabling = {
    operation: 'webhookEnable',
    step: 'webhook.enabled',
    replaced: nothingReplaced,
    also: { skipped },
    skipped,
  }
  const result = await changeWebhook(deps, id, enabling, async (before, tx) => {
    if (before.disabled !== null && skipped === 'REPLAY') await tx.enqueueReplay(id, before.disabled.at)
    return ok(await asEnabled(before, tx))
  })
  if (!result.ok) return result
  if (skipped === 'REPLAY') await replayPending(deps, id)
  deps.laneScheduler.wakeNow([id])
  return result
}

// Runs after the commit, so that changes of orders do not wait for the replay of a backlog.
async function replayPending(deps: WebhookDeps, id: string): Promise<void> {
  try {
    const next = (limit: number) => deps.store.replaySkipped(id, limit)
    const replayed = await replayInBatches(deps.laneScheduler, next, maxReplayBatches)
    if (replayed > 0) deps.log.info({ webhookId: id, replayed }, 'webhook.replayed')
  } catch (error) {
    // The pending replay is stored in the database, and the sweep completes it.
    deps.log.warn({ webhookId: id, cause: error }, 'webhook.deferred-to-sweep')
  }
}

/**
 * Deletes a webhook and cancels its pending deliveries: the first 20,000 here, further ones by the sweep. Deleting a
 * deleted webhook returns the same id. NOT_FOUND.
 */
export async function deleteWebhook(deps: WebhookDeps, id: string): Promise<Result<string>> {
  const result = await transact<string>(deps.store, async (tx) => {
    const webhook = isIdOf('webhook', id) ? await tx.lockWebhook(id) : null
    if (webhook === null) return refused(webhookNotFound())
    if (webhook.deletedAt !== null) return ok(id)
    await tx.updateWebhook({
      ...webhook,
      version: webhook.version + 1,
      updatedAt: laterOf(tx.now, webhook.updatedAt),
      deletedAt: tx.now,
    })
    const audited = { before: auditedWebhook(webhook), after: null }
    await writeAuditEntry(deps, tx, { operation: 'webhookDelete', objectId: id, ...audited })
    return ok(id)
  })
  if (!result.ok) return result
  deps.log.info({ webhookId: id, cancelled: await cancelPendingOf(deps, id) }, 'webhook.deleted')
  return result
}

/**
 * Cancels pending deliveries of a deleted webhook: up to 20,000 here, further ones by the sweep. Call it after the
 * commit of the deletion, so that changes of orders do not wait for the cancellation of a backlog.
 */
export async function cancelPendingOf(deps: Pick<WebhookDeps, 'store' | 'log'>, id: string): Promise<number> {
  try {
    return await cancelInBatches((limit) => deps.store.cancelPending(id, limit), maxCancelBatches)
  } catch (error) {
    // The webhook is deleted nevertheless, and the sweep cancels the remaining deliveries.
    deps.log.warn({ webhookId: id, cause: error }, 'webhook.deferred-to-sweep')
    return 0
  }
}

export function webhookNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such webhook in this project')
}

/** How a change of a webhook is logged and audited. */
interface ChangeName {
  /** The mutation's name. */
  readonly operation: string
  /** The name of the log event. */
  readonly step: string
  readonly replaced: ReplacedCredentials
  /** Further fields of the request for the audit entry. */
  readonly also?: Readonly<Record<string, unknown>>
  /** Set when the change enables the webhook: whether its skipped deliveries are replayed. */
  readonly skipped?: SkippedDeliveries
}

type Change = (before: Webhook, tx: ProjectTx) => Result<Webhook> | Promise<Result<Webhook>>

/** Changes a webhook that is not deleted. Nothing is written when `change` returns the same object. NOT_FOUND. */
export async function changeWebhook(
  deps: WebhookDeps,
  id: string,
  { operation, step, replaced, also, skipped }: ChangeName,
  change: Change,
): Promise<Result<Webhook>> {
  const result = await transact<{
    readonly webhook: Webhook
    readonly isWritten: boolean
    readonly notified: Notified
  }>(deps.store, async (tx) => {
    const before = isIdOf('webhook', id)
      ? await tx.lockWebhook(id, { withHealth: skipped !== undefined })
      : null
    if (before === null || before.deletedAt !== null) return refused(webhookNotFound())
    const changed = await change(before, tx)
    if (!changed.ok) return changed
    if (changed.value === before) return ok({ webhook: before, isWritten: false, notified: null })
    const webhook = {
      ...changed.value,
      version: before.version + 1,
      updatedAt: laterOf(tx.now, before.updatedAt),
    }
    await tx.updateWebhook(webhook)
    const audited = webhookChange(before, webhook, replaced)
    if (audited !== null)
      await writeAuditEntry(deps, tx, {
        operation,
        objectId: id,
        before: audited.before,
        after: { ...audited.after, ...also },
      })
    const notified = await writeWebhookChange(deps, tx, changeOf(before, webhook, tx.now, skipped))
    return ok({ webhook, isWritten: true, notified })
  })
  if (!result.ok) return result
  const { webhook, isWritten, notified } = result.value
  notifyFeeds(deps, notified)
  if (isWritten) deps.log.info({ webhookId: id, version: webhook.version }, step)
  return ok(webhook)
}
