/**
 * Writes of webhooks, as part of a project's transaction. An advisory lock per project separates fan-outs from changes
 * of the webhooks.
 */
import { and, asc, count, eq, inArray, isNull, sql } from 'drizzle-orm'
import { presets, type Preset } from '../../domain/webhooks/preset.ts'
import type { Webhook } from '../../domain/webhooks/webhook.ts'
import type { ProjectTx } from '../../ports/tenant-transaction.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Tx } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { noPartition } from '../maintenance/partitions.ts'
import {
  fromAttempt,
  fromHeaders,
  fromWebhook,
  toEncryptedSecrets,
  toWebhook,
} from '../shared/row-mapping.ts'
import {
  attemptContents,
  attempts,
  replays,
  webhookHealth,
  webhooks,
  webhookAttemptCounts,
} from '../schema/index.ts'
import { withProjectScope } from '../connection/tenant-scope.ts'
import { bucketLength } from '../dispatch/attempt-counters.ts'
import { writeChanges } from '../feed/webhook-changes.ts'

type WebhookTx = Pick<
  ProjectTx,
  | 'subscribers'
  | 'countWebhooks'
  | 'insertWebhook'
  | 'lockWebhook'
  | 'updateWebhook'
  | 'resetHealth'
  | 'insertWebhookChange'
  | 'enqueueReplay'
  | 'setCredentials'
  | 'webhookSecrets'
  | 'insertTestAttempt'
>

/**
 * The secret before the last rotation while requests are signed with it too, else null. Compared with the start of the
 * transaction, on the database clock.
 */
export const previousSecret = sql<
  string | null
>`case when ${webhooks.previousSecretUntil} > now() then ${webhooks.previousSealedSecret} end`

/**
 * The project's advisory lock. Transactions that need the set of webhooks unchanged share it; transactions that change
 * a webhook hold it exclusively.
 */
export function webhookSetLock(projectId: string) {
  return sql`hashtextextended(${`orderbell.webhooks.${projectId}`}, 0)`
}

export function makeWebhookTx(tx: Tx, scope: Scope): WebhookTx {
  const { projectId, partnerId } = scope
  const conditions = tenantConditions(scope)
  // A fan-out cannot create a delivery for a webhook that is being deleted.
  const webhookSet = webhookSetLock(projectId)

  return {
    subscribers: async () => {
      // With a partner's scope, the other partners' webhooks would not be found and would receive no delivery.
      if (partnerId !== null) throw new Error(`expected the platform to fan out, it is partner ${partnerId}`)
      await tx.execute(sql`select pg_advisory_xact_lock_shared(${webhookSet})`)
      return tx
        .select({
          id: webhooks.id,
          topics: webhooks.topics,
          filters: webhooks.filters,
          dialect: webhooks.dialect,
          disabledAt: webhooks.disabledAt,
        })
        .from(webhooks)
        .where(and(eq(webhooks.projectId, projectId), isNull(webhooks.deletedAt)))
        .orderBy(asc(webhooks.id))
    },
    countWebhooks: async () => {
      await tx.execute(sql`select pg_advisory_xact_lock(${webhookSet})`)
      // The limits apply to the project, so the webhooks of all partners are counted. The partner learns no more than
      // the number.
      const rows = await withProjectScope(tx, scope, () =>
        tx
          .select({ preset: webhooks.preset, count: count() })
          .from(webhooks)
          .where(and(eq(webhooks.projectId, projectId), isNull(webhooks.deletedAt)))
          .groupBy(webhooks.preset),
      )
      const of = (preset: Preset) => rows.find((row) => row.preset === preset)?.count ?? 0
      const counts = presets.map((preset) => [preset, of(preset)] as const)
      const all = rows.reduce((sum, row) => sum + row.count, 0)
      return { ...(Object.fromEntries(counts) as Record<Preset, number>), all }
    },
    insertWebhook: async (webhook, { secrets: [sealedSecret = null], token }) => {
      keepOwn(webhook)
      await tx.execute(sql`select pg_advisory_xact_lock(${webhookSet})`)
      await tx
        .insert(webhooks)
        .values({ ...fromWebhook(webhook, projectId), sealedSecret, sealedToken: token })
      await tx.insert(webhookHealth).values({ webhookId: webhook.id })
    },
    lockWebhook: async (id, { withHealth } = { withHealth: false }) => {
      await tx.execute(sql`select pg_advisory_xact_lock(${webhookSet})`)
      const [row] = await tx
        .select()
        .from(webhooks)
        .innerJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
        .where(isWebhook(id))
        // Locks the health row before the webhook's row, the order that settles use. PostgreSQL locks in the order of
        // this list.
        .for('update', { of: withHealth ? [webhookHealth, webhooks] : webhooks })
      return row === undefined ? null : toWebhook(row.webhooks, row.webhook_health)
    },
    updateWebhook: async (webhook) => {
      keepOwn(webhook)
      const { id, ...values } = fromWebhook(webhook, projectId)
      await tx.update(webhooks).set(values).where(isWebhook(id))
    },
    resetHealth: async (webhookId) => {
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
          pendingSucceeded: soFar(webhookAttemptCounts.succeeded),
          pendingFailed: soFar(webhookAttemptCounts.failed),
        })
        .where(
          inArray(
            webhookHealth.webhookId,
            tx.select({ id: webhooks.id }).from(webhooks).where(isWebhook(webhookId)),
          ),
        )
    },
    insertWebhookChange: async (change) => {
      await tx.execute(writeChanges(sql, [{ ...change, projectId }]))
    },
    enqueueReplay: async (webhookId, skippedSince) => {
      await tx.execute(sql`
        insert into ${replays} (webhook_id, missed_since)
        select id, ${skippedSince.toISOString()}::timestamptz from ${webhooks} where ${isWebhook(webhookId)}
        on conflict do nothing`)
    },
    setCredentials: async (webhookId, { secret, previousUntil, token }) => {
      const values = {
        ...(secret !== undefined && {
          sealedSecret: secret,
          previousSealedSecret: previousUntil === null ? null : sql`${webhooks.sealedSecret}`,
          previousSecretUntil: previousUntil,
        }),
        ...(token !== undefined && { sealedToken: token }),
      }
      if (Object.keys(values).length > 0) await tx.update(webhooks).set(values).where(isWebhook(webhookId))
    },
    webhookSecrets: async (webhookId) => {
      const [row] = await tx
        .select({
          current: webhooks.sealedSecret,
          previous: previousSecret,
          token: webhooks.sealedToken,
        })
        .from(webhooks)
        .where(isWebhook(webhookId))
      return toEncryptedSecrets(row?.current ?? null, row?.previous ?? null, row?.token ?? null)
    },
    insertTestAttempt: (attempt, { request, response }) =>
      despiteNoPartition(tx, attempt.startedAt, async (part) => {
        await part.insert(attempts).values(fromAttempt(attempt, projectId))
        await part.insert(attemptContents).values({
          attemptId: attempt.id,
          startedAt: attempt.startedAt,
          projectId,
          requestUrl: request?.url ?? null,
          requestHeaders: request && fromHeaders(request.headers),
          requestBody: request?.body ?? null,
          responseHeaders: response && JSON.stringify(fromHeaders(response.headers)),
          responseBody: response?.body ?? null,
          responseBodySize: response?.bodySize ?? null,
          responseTruncated: response?.truncated ?? null,
          responseDecompressed: response?.decompressed ?? null,
          responseMalformed: response?.malformed ?? null,
        })
      }),
  }

  function isWebhook(id: string) {
    return and(eq(webhooks.projectId, projectId), eq(webhooks.id, id), conditions.webhooks)
  }

  /** Throws if a partner would write a webhook that is not its own. */
  function keepOwn(webhook: Webhook): void {
    if (partnerId !== null && webhook.partnerId !== partnerId)
      throw new Error(`expected webhook ${webhook.id} to be of ${partnerId}, it is of ${webhook.partnerId}`)
  }
}

/**
 * Runs the write in a savepoint. If no partition exists for the start time, creates the partitions of that day and runs
 * the write again.
 */
async function despiteNoPartition(
  tx: Tx,
  startedAt: Date,
  write: (part: Tx) => Promise<void>,
): Promise<void> {
  try {
    await tx.transaction(write)
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    if (!(cause instanceof Error && 'code' in cause && cause.code === noPartition)) throw error
    const day = startedAt.toISOString().slice(0, 10)
    await tx.execute(sql`select ensure_attempt_partitions(${day}::date, ${day}::date)`)
    await write(tx)
  }
}
