/**
 * What people ask of one delivery, in one transaction: one more attempt, or none any more. Its row in
 * `due_deliveries` is locked before its own, as settles do. Part of `project-tx.ts`.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { DueDelivery, ProjectTx } from '../../ports/tenant-transaction.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Tx } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { toDelivery } from '../shared/row-mapping.ts'
import { deliveries, dueDeliveries, webhooks } from '../schema/index.ts'
import { webhookSetLock } from './webhook-writes.ts'

type DeliveryTx = Pick<ProjectTx, 'lockDelivery' | 'requestRetryNow' | 'queueRetryAfterCurrent' | 'cancelDelivery'>

export function makeDeliveryTx(tx: Tx, scope: Scope): DeliveryTx {
  const { projectId } = scope
  const conditions = tenantConditions(scope)
  return {
    lockDelivery: async (id) => {
      // As who fans out: none is left behind on a webhook that is being deleted or stopped.
      await tx.execute(sql`select pg_advisory_xact_lock_shared(${webhookSetLock(projectId)})`)
      const before = await lockDue(id)
      const [row] = await tx.select().from(deliveries).where(isDelivery(id)).for('update')
      if (row === undefined) return null
      const [webhook] = await tx
        .select({ disabledAt: webhooks.disabledAt, deletedAt: webhooks.deletedAt })
        .from(webhooks)
        .where(and(eq(webhooks.projectId, projectId), eq(webhooks.id, row.webhookId), conditions.webhooks))
      if (webhook === undefined) throw new Error(`expected webhook ${row.webhookId} of ${id} to be there`)
      // A settle writes the due row anew: who waited for it finds the old one gone, and the new one now.
      const due = before ?? (await lockDue(id))
      return {
        delivery: toDelivery(row),
        due,
        webhook: { enabled: webhook.disabledAt === null, deleted: webhook.deletedAt !== null },
      }
    },
    requestRetryNow: async ({ id, webhookId, state }) => {
      // Before all that waits in the lane: a person watches.
      const head = sql`least(now(), (
        select min(${dueDeliveries.dueAt}) from ${dueDeliveries}
        where ${dueDeliveries.webhookId} = ${webhookId} and ${dueDeliveries.leaseToken} is null
      ))`
      if (state === 'PENDING') {
        await tx
          .update(deliveries)
          .set({ resumeAt: sql`${deliveries.dueAt}`, dueAt: sql`now()` })
          .where(isDelivery(id))
        await tx
          .update(dueDeliveries)
          .set({ dueAt: head, asked: 'NOW' })
          .where(eq(dueDeliveries.deliveryId, id))
      } else {
        await reopen(id)
        await tx.insert(dueDeliveries).values({ deliveryId: id, webhookId, dueAt: head, asked: 'NOW' })
      }
      return read(id)
    },
    queueRetryAfterCurrent: async ({ id, state }) => {
      // Cancelled while it was sent, it is owed again; else what is under way says what it is.
      if (state !== 'PENDING') await reopen(id)
      await tx
        .update(dueDeliveries)
        .set({
          asked: sql`case when ${dueDeliveries.asked} in ('NOW', 'AGAIN') then 'AGAIN' else 'NEXT' end`,
        })
        .where(eq(dueDeliveries.deliveryId, id))
      return read(id)
    },
    cancelDelivery: async ({ id }) => {
      await tx
        .update(deliveries)
        .set({
          state: sql`coalesce(${deliveries.resumeState}, 'CANCELLED')`,
          dueAt: null,
          finishedAt: sql`now()`,
          resumeState: null,
          resumeAt: null,
        })
        .where(isDelivery(id))
      // A lease stays: its attempt is still recorded, and changes the state no more.
      const ofThis = eq(dueDeliveries.deliveryId, id)
      await tx.delete(dueDeliveries).where(and(ofThis, sql`${dueDeliveries.leaseToken} is null`))
      await tx
        .update(dueDeliveries)
        .set({ asked: sql`case when ${dueDeliveries.asked} in ('NOW', 'AGAIN') then 'NOW' end` })
        .where(ofThis)
      return read(id)
    },
  }

  async function lockDue(id: string): Promise<DueDelivery | null> {
    const [row] = await tx
      .select({ asked: dueDeliveries.asked, leaseToken: dueDeliveries.leaseToken })
      .from(dueDeliveries)
      .innerJoin(deliveries, eq(deliveries.id, dueDeliveries.deliveryId))
      .where(and(eq(dueDeliveries.deliveryId, id), isDelivery(id)))
      .for('update', { of: dueDeliveries })
    return row === undefined ? null : { asked: row.asked, underWay: row.leaseToken !== null }
  }

  /** What had ended is owed once more, and remembers how it had ended. */
  async function reopen(id: string): Promise<void> {
    await tx
      .update(deliveries)
      .set({
        state: 'PENDING',
        resumeState: sql`${deliveries.state}`,
        dueAt: sql`now()`,
        finishedAt: null,
        interruptions: 0,
      })
      .where(isDelivery(id))
  }

  async function read(id: string) {
    const [row] = await tx.select().from(deliveries).where(isDelivery(id))
    if (row === undefined) throw new Error(`expected delivery ${id} to be there, it is not`)
    return toDelivery(row)
  }

  function isDelivery(id: string) {
    return and(
      eq(deliveries.projectId, projectId),
      eq(deliveries.id, id),
      conditions.ofWebhook(deliveries.webhookId),
    )
  }
}
