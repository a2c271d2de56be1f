/**
 * Writes of webhooks, as part of a project's transaction. An advisory lock per project separates fan-outs from changes
 * of the webhooks.
 */
import { and, asc, count, eq, inArray, isNull, sql, type SQL } from 'drizzle-orm'
import type { NewWebhookChange } from '../../../domain/feed/webhook-change.ts'
import type { Scope } from '../../../domain/access/scope.ts'
import { presets, type Preset } from '../../../domain/webhooks/preset.ts'
import type { Subscriber, Webhook } from '../../../domain/webhooks/webhook.ts'
import type { EncryptedSecrets } from '../../../ports/dispatch-store.ts'
import { withProjectScope } from '../../connection/tenant-scope.ts'
import { bucketLength } from '../../dispatch/settle/attempt-counters.ts'
import { writeChanges } from '../../feed/webhook-changes.ts'
import { fromWebhook, toConditions, toEncryptedSecrets, toWebhook } from '../../shared/row-mapping.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { pendingReplays, webhookHealth, webhooks, webhookAttemptCounts } from '../../schema/index.ts'

/** A change of a webhook's credentials, encrypted. */
export interface EncryptedCredentials {
  /** The new signing secret. Undefined: not changed. */
  readonly secret: string | undefined
  /** Until when the replaced secret also signs; null: not at all. Ignored when `secret` is undefined. */
  readonly previousUntil: Date | null
  /** The new token. Null: removed. Undefined: not changed. */
  readonly token: string | null | undefined
}

/**
 * The secret before the last rotation while requests are signed with it too, else null. Compared with the start of the
 * transaction, on the database clock.
 */
export const previousSecret = sql<
  string | null
>`case when ${webhooks.previousSecretUntil} > now() then ${webhooks.previousEncryptedSecret} end`

/**
 * The project's advisory lock. Transactions that need the set of webhooks unchanged share it; transactions that change
 * a webhook hold it exclusively. So a fan-out cannot create a delivery for a webhook that is being deleted.
 */
export function webhookSetLock({ projectId }: Scope): SQL {
  return sql`hashtextextended(${`orderbell.webhooks.${projectId}`}, 0)`
}

/** Returns the webhooks without deleted ones. No other transaction can add or delete one until this one ends. */
export async function subscribers({
  tx,
  scope,
}: Pick<WriteContext, 'tx' | 'scope'>): Promise<readonly Subscriber[]> {
  // With a partner's scope, the other partners' webhooks would not be found and would receive no delivery.
  if (scope.partnerId !== null)
    throw new Error(`expected the platform to fan out, it is partner ${scope.partnerId}`)
  // Sent together: PostgreSQL begins the second statement when the first has the lock.
  const [, found] = await Promise.all([
    tx.execute(sql`select pg_advisory_xact_lock_shared(${webhookSetLock(scope)})`),
    tx
      .select({
        id: webhooks.id,
        topics: webhooks.topics,
        filters: webhooks.filters,
        dialect: webhooks.dialect,
        ordering: webhooks.ordering,
        disabledAt: webhooks.disabledAt,
      })
      .from(webhooks)
      .where(and(eq(webhooks.projectId, scope.projectId), isNull(webhooks.deletedAt)))
      .orderBy(asc(webhooks.id)),
  ])
  return found.map((webhook) => ({ ...webhook, filters: toConditions(webhook.filters) }))
}

/** Counts the webhooks without deleted ones. No other transaction can add or delete one until this one ends. */
export async function countWebhooks({
  tx,
  scope,
}: WriteContext): Promise<Readonly<Record<'all' | Preset, number>>> {
  await lockWebhookSet({ tx, scope })
  // The limits apply to the project, so the webhooks of all partners are counted. The partner learns no more than the
  // number.
  const rows = await withProjectScope(tx, scope, () =>
    tx
      .select({ preset: webhooks.preset, count: count() })
      .from(webhooks)
      .where(and(eq(webhooks.projectId, scope.projectId), isNull(webhooks.deletedAt)))
      .groupBy(webhooks.preset),
  )
  const of = (preset: Preset) => rows.find((row) => row.preset === preset)?.count ?? 0
  const counts = presets.map((preset) => [preset, of(preset)] as const)
  const all = rows.reduce((sum, row) => sum + row.count, 0)
  return { ...(Object.fromEntries(counts) as Record<Preset, number>), all }
}

export async function insertWebhook(
  { tx, scope }: WriteContext,
  webhook: Webhook,
  { secrets, token }: EncryptedSecrets,
): Promise<void> {
  const [encryptedSecret = null] = secrets
  refuseOtherPartner(scope, webhook)
  await lockWebhookSet({ tx, scope })
  await tx
    .insert(webhooks)
    .values({ ...fromWebhook(webhook, scope.projectId), encryptedSecret, encryptedToken: token })
  await tx.insert(webhookHealth).values({ webhookId: webhook.id })
}

/**
 * Locks the webhook for an update. No event is fanned out in the project until the transaction ends. Also returns
 * deleted webhooks. `withHealth`: also locks the webhook's health, so that no attempt is counted; `resetHealth` needs
 * that lock.
 */
export async function lockWebhook(
  context: WriteContext,
  id: string,
  { withHealth }: { readonly withHealth: boolean } = { withHealth: false },
): Promise<Webhook | null> {
  await lockWebhookSet(context)
  const [row] = await context.tx
    .select()
    .from(webhooks)
    .innerJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
    .where(isWebhook(context, id))
    // Locks the health row before the webhook's row, the order that settles use. PostgreSQL locks in the order of this
    // list.
    .for('update', { of: withHealth ? [webhookHealth, webhooks] : webhooks })
  return row === undefined ? null : toWebhook(row.webhooks, row.webhook_health)
}

export async function updateWebhook(context: WriteContext, webhook: Webhook): Promise<void> {
  refuseOtherPartner(context.scope, webhook)
  const { id, ...values } = fromWebhook(webhook, context.scope.projectId)
  await context.tx.update(webhooks).set(values).where(isWebhook(context, id))
}

/** Deletes the partner's webhooks that are not deleted, with the lock of `lockWebhookSet`. Returns their ids. */
export async function deleteWebhooksOf(context: WriteContext, partnerId: string): Promise<readonly string[]> {
  const { tx, scope, now } = context
  const deleted = await tx
    .update(webhooks)
    .set({
      version: sql`${webhooks.version} + 1`,
      updatedAt: sql`greatest(now(), ${webhooks.updatedAt})`,
      deletedAt: now,
    })
    .where(
      and(
        eq(webhooks.projectId, scope.projectId),
        eq(webhooks.partnerId, partnerId),
        isNull(webhooks.deletedAt),
      ),
    )
    .returning({ id: webhooks.id })
  return deleted.map(({ id }) => id)
}

/** Resets the webhook's health: earlier failures no longer count. */
export async function resetHealth(context: WriteContext, webhookId: string): Promise<void> {
  const { tx } = context
  const bucket = sql`date_bin(${bucketLength}, now(), 'epoch')`
  const soFar = (
    column: typeof webhookAttemptCounts.succeeded | typeof webhookAttemptCounts.failed,
  ) => sql`coalesce((
    select ${column} from ${webhookAttemptCounts}
    where ${webhookAttemptCounts.webhookId} = ${webhookId} and ${webhookAttemptCounts.at} = ${bucket}
  ), 0)`
  await tx
    .update(webhookHealth)
    .set({
      consecutiveFailures: 0,
      failingSince: null,
      countersStartAt: sql`now()`,
      probes: 0,
      probeDueAt: null,
      pendingSucceeded: soFar(webhookAttemptCounts.succeeded),
      pendingFailed: soFar(webhookAttemptCounts.failed),
    })
    .where(
      inArray(
        webhookHealth.webhookId,
        tx.select({ id: webhooks.id }).from(webhooks).where(isWebhook(context, webhookId)),
      ),
    )
}

/**
 * Adds a change at the next position of the project's feed. It locks the feed until the transaction ends, so call it
 * last. The caller notifies the feed after the commit.
 */
export async function insertWebhookChange(
  { tx, scope: { projectId } }: WriteContext,
  change: NewWebhookChange,
): Promise<void> {
  await tx.execute(writeChanges(sql, [{ ...change, projectId }]))
}

/** Enqueues the replay of the deliveries with this `skippedSince`. `replaySkipped` carries it out. */
export async function enqueueReplay(
  context: WriteContext,
  webhookId: string,
  skippedSince: Date,
): Promise<void> {
  await context.tx.execute(sql`
    insert into ${pendingReplays} (webhook_id, skipped_since)
    select id, ${skippedSince.toISOString()}::timestamptz from ${webhooks} where ${isWebhook(context, webhookId)}
    on conflict do nothing`)
}

/** Sets the webhook's credentials. Undefined members are not changed. */
export async function setCredentials(
  context: WriteContext,
  webhookId: string,
  { secret, previousUntil, token }: EncryptedCredentials,
): Promise<void> {
  const values = {
    ...(secret !== undefined && {
      encryptedSecret: secret,
      previousEncryptedSecret: previousUntil === null ? null : sql`${webhooks.encryptedSecret}`,
      previousSecretUntil: previousUntil,
    }),
    ...(token !== undefined && { encryptedToken: token }),
  }
  if (Object.keys(values).length === 0) return
  await context.tx.update(webhooks).set(values).where(isWebhook(context, webhookId))
}

/** Returns the credentials that are valid at `now`. */
export async function webhookSecrets(context: WriteContext, webhookId: string): Promise<EncryptedSecrets> {
  const [row] = await context.tx
    .select({ current: webhooks.encryptedSecret, previous: previousSecret, token: webhooks.encryptedToken })
    .from(webhooks)
    .where(isWebhook(context, webhookId))
  return toEncryptedSecrets(row?.current ?? null, row?.previous ?? null, row?.token ?? null)
}

function isWebhook({ scope, conditions }: WriteContext, id: string): SQL | undefined {
  return and(eq(webhooks.projectId, scope.projectId), eq(webhooks.id, id), conditions.webhooks)
}

/** Locks the set of the project's webhooks: no event is fanned out and no webhook changes until the transaction ends. */
export async function lockWebhookSet({ tx, scope }: Pick<WriteContext, 'tx' | 'scope'>): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(${webhookSetLock(scope)})`)
}

/** Throws if a partner would write a webhook that is not its own. */
function refuseOtherPartner({ partnerId }: Scope, webhook: Webhook): void {
  if (partnerId !== null && webhook.partnerId !== partnerId)
    throw new Error(`expected webhook ${webhook.id} to be of ${partnerId}, it is of ${webhook.partnerId}`)
}
