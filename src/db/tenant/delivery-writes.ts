/**
 * Manual retry and cancellation of one delivery, as part of a project's transaction. Locks the row in `due_deliveries`
 * before the row in `deliveries`, the order that settles use.
 */
import { and, eq, sql } from 'drizzle-orm'
import type { DueDelivery, ProjectTx } from '../../ports/tenant-transaction.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Tx } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { toDelivery } from '../shared/row-mapping.ts'
import { deliveries, dueDeliveries, webhooks } from '../schema/index.ts'
import { webhookSetLock } from './webhook-writes.ts'

type DeliveryTx = Pick<
  ProjectTx,
  'lockDelivery' | 'requestRetryNow' | 'queueRetryAfterCurrent' | 'cancelDelivery'
>

export function makeDeliveryTx(tx: Tx, scope: Scope): DeliveryTx {
  const { projectId } = scope
  const conditions = tenantConditions(scope)
  return {
    lockDelivery: async (id) => {
      // The lock that fan-out takes too: no delivery becomes due while its webhook is being deleted or disabled.
      await tx.execute(sql`select pg_advisory_xact_lock_shared(${webhookSetLock(projectId)})`)
      const before = await lockDue(id)
      const [row] = await tx.select().from(deliveries).where(isDelivery(id)).for('update')
      if (row === undefined) return null
      const [webhook] = await tx
        .select({ disabledAt: webhooks.disabledAt, deletedAt: webhooks.deletedAt })
        .from(webhooks)
        .where(and(eq(webhooks.projectId, projectId), eq(webhooks.id, row.webhookId), conditions.webhooks))
      if (webhook === undefined) throw new Error(`expected webhook ${row.webhookId} of ${id} to be there`)
      // A settle deletes the due row and inserts a new one. After a wait for a settle, the first look-up finds no row
      // and the second finds the new one.
      const due = before ?? (await lockDue(id))
      return {
        delivery: toDelivery(row),
        due,
        webhook: { enabled: webhook.disabledAt === null, deleted: webhook.deletedAt !== null },
      }
    },
    requestRetryNow: async ({ id, webhookId, state }) => {
      // Due before every waiting delivery of the lane, because a user waits for the result.
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
      // A delivery that was cancelled during its attempt becomes PENDING again. For all others, the settle of the
      // attempt sets the state.
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
      // A lease stays: its attempt is still recorded, but no longer changes the state.
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

  /** Makes an ended delivery PENDING again, and stores the state in which it had ended. */
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
