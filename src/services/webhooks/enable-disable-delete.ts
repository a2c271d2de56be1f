/**
 * Webhooks stopped, started and deleted by people, and how any change of one is written. Registering one is
 * `create-webhook.ts`, changing what is set on it `update-webhook.ts`; stopping by a rule is `settle.ts`.
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
import { changeOf, type NewWebhookChange } from '../../domain/feed/webhook-change.ts'
import { cancelInBatches, replayInBatches } from '../../dispatch/pending-work.ts'
import type { FeedNotifier } from '../../ports/feed-store.ts'
import type { Rates, Secrets, Sender } from '../../ports/platform.ts'
import type { ProjectTx } from '../../ports/tenant-transaction.ts'
import { writeAuditEntry } from '../shared/write-audit-entry.ts'
import { transact } from '../shared/transact.ts'
import type { MutationWorld } from '../shared/mutation-context.ts'

export interface WebhookWorld extends MutationWorld {
  readonly sender: Sender
  readonly secrets: Secrets
  readonly rates: Rates
  readonly news: FeedNotifier
  readonly projectId: string
  /** The partner whose key acts; null: the platform's. */
  readonly partnerId: string | null
  /** What Orderbell calls itself to receivers. */
  readonly publicUrl: string
  /** The User-Agent of every request. */
  readonly userAgent: string
}

/** What a deletion calls off itself, in batches of a thousand. */
const maxCancelBatches = 20
/** What enabling brings back itself, in batches of a thousand. */
const maxReplayBatches = 20

/** What is pending is held until the webhook is enabled. One that is stopped already stays as it is. */
export function disableWebhook(world: WebhookWorld, id: string): Promise<Result<Webhook>> {
  const disabling = {
    operation: 'webhookDisable',
    step: 'webhook.disabled',
    replaced: nothingReplaced,
  }
  return changeWebhook(world, id, disabling, (before, tx) => ok(asStopped(before, tx.now)))
}

/** As a person stops it; one that is stopped already stays as it is. */
export function asStopped(webhook: Webhook, now: Date): Webhook {
  if (webhook.disabled !== null) return webhook
  const message =
    'Stopped on request. What is pending is held, what happens meanwhile is skipped. Call webhookEnable to go on: skipped REPLAY brings back what was skipped, KEEP does not.'
  return { ...webhook, disabled: { reason: 'REQUESTED', message, at: now } }
}

/** As a person starts it: no old failure is held against it. */
export async function asStarted(webhook: Webhook, tx: ProjectTx): Promise<Webhook> {
  if (webhook.disabled === null) return webhook
  await tx.resetHealth(webhook.id)
  return { ...webhook, disabled: null, consecutiveFailures: 0 }
}

/**
 * What was held is attempted as soon as it is due, and no old failure is held against the webhook. REPLAY brings
 * back what it missed since it was last stopped: the first 20,000 here, the rest by the sweep.
 */
export async function enableWebhook(
  world: WebhookWorld,
  { id, skipped }: { readonly id: string; readonly skipped: SkippedDeliveries },
): Promise<Result<Webhook>> {
  const enabling = {
    operation: 'webhookEnable',
    step: 'webhook.enabled',
    replaced: nothingReplaced,
    also: { skipped },
    skipped,
  }
  const result = await changeWebhook(world, id, enabling, async (before, tx) => {
    if (before.disabled !== null && skipped === 'REPLAY') await tx.enqueueReplay(id, before.disabled.at)
    return ok(await asStarted(before, tx))
  })
  if (!result.ok) return result
  if (skipped === 'REPLAY') await replayOwed(world, id)
  world.laneScheduler.wakeNow([id])
  return result
}

// After the commit: nobody who changes an order has to wait for a backlog to be brought back.
async function replayOwed(world: WebhookWorld, id: string): Promise<void> {
  try {
    const next = (limit: number) => world.store.replaySkipped(id, limit)
    const replayed = await replayInBatches(world.laneScheduler, next, maxReplayBatches)
    if (replayed > 0) world.log.info({ webhookId: id, replayed }, 'webhook.replayed')
  } catch (error) {
    // It stands in the database what is owed, and the sweep brings it back.
    world.log.warn({ webhookId: id, cause: error }, 'webhook.deferred-to-sweep')
  }
}

/** Its pending deliveries are cancelled: of a long backlog the first 20,000 here, the rest by the sweep. Deleting it again answers the same. */
export async function deleteWebhook(world: WebhookWorld, id: string): Promise<Result<string>> {
  const result = await transact<string>(world.store, async (tx) => {
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
    await writeAuditEntry(world, tx, { operation: 'webhookDelete', objectId: id, ...audited })
    return ok(id)
  })
  if (!result.ok) return result
  world.log.info({ webhookId: id, cancelled: await cancelPendingOf(world, id) }, 'webhook.deleted')
  return result
}

// After the commit: nobody who changes an order has to wait for a backlog to be called off.
async function cancelPendingOf(world: WebhookWorld, id: string): Promise<number> {
  try {
    return await cancelInBatches((limit) => world.store.cancelPending(id, limit), maxCancelBatches)
  } catch (error) {
    // The webhook is deleted all the same, and the sweep calls off what is left.
    world.log.warn({ webhookId: id, cause: error }, 'webhook.deferred-to-sweep')
    return 0
  }
}

export function webhookNotFound(): Problem {
  return problem('NOT_FOUND', ['id'], 'there is no such webhook in this project')
}

/** What a change of a webhook is called. */
interface ChangeName {
  /** The mutation's name. */
  readonly operation: string
  /** As the log calls it. */
  readonly step: string
  readonly replaced: ReplacedCredentials
  /** What the audit log says besides of what was asked for. */
  readonly also?: Readonly<Record<string, unknown>>
  /** What becomes of what the webhook missed, where the change enables it. */
  readonly skipped?: SkippedDeliveries
}

type Change = (before: Webhook, tx: ProjectTx) => Result<Webhook> | Promise<Result<Webhook>>

/** Changes a webhook that is there; one that comes out the same is not written. */
export async function changeWebhook(
  world: WebhookWorld,
  id: string,
  { operation, step, replaced, also, skipped }: ChangeName,
  change: Change,
): Promise<Result<Webhook>> {
  const result = await transact<{
    readonly webhook: Webhook
    readonly isWritten: boolean
    readonly isNotified: boolean
  }>(world.store, async (tx) => {
    const before = isIdOf('webhook', id)
      ? await tx.lockWebhook(id, { withHealth: skipped !== undefined })
      : null
    if (before === null || before.deletedAt !== null) return refused(webhookNotFound())
    const changed = await change(before, tx)
    if (!changed.ok) return changed
    if (changed.value === before) return ok({ webhook: before, isWritten: false, isNotified: false })
    const webhook = {
      ...changed.value,
      version: before.version + 1,
      updatedAt: laterOf(tx.now, before.updatedAt),
    }
    await tx.updateWebhook(webhook)
    const audited = webhookChange(before, webhook, replaced)
    if (audited !== null)
      await writeAuditEntry(world, tx, {
        ...{ operation, objectId: id, before: audited.before },
        after: { ...audited.after, ...also },
      })
    const isNotified = await tell(tx, changeOf(before, webhook, tx.now, skipped))
    return ok({ webhook, isWritten: true, isNotified })
  })
  if (!result.ok) return result
  const { webhook, isWritten, isNotified } = result.value
  if (isNotified) notifyFeeds(world)
  if (isWritten) world.log.info({ webhookId: id, version: webhook.version }, step)
  return ok(webhook)
}

/** Tells the webhook's owner of a change, as the last of what a transaction does; answers whether there was anything to tell. */
export async function tell(tx: ProjectTx, change: NewWebhookChange | null): Promise<boolean> {
  if (change === null) return false
  await tx.insertWebhookChange(change)
  return true
}

/** After the commit of what `tell` has written. */
export function notifyFeeds({ news, projectId }: Pick<WebhookWorld, 'news' | 'projectId'>): void {
  news.tell('WEBHOOK_CHANGES', [projectId])
}
