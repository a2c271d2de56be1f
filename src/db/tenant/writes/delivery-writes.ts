/**
 * Manual retry and cancellation of one delivery, as part of a project's transaction. Locks the row in `due_deliveries`
 * before the row in `deliveries`, the order that settles use.
 */
import { and, eq, sql, type SQL } from 'drizzle-orm'
import type { Delivery, ManualRetry } from '../../../domain/deliveries/delivery.ts'
import { toDelivery } from '../../shared/row-mapping.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { deliveries, dueDeliveries, webhooks } from '../../schema/index.ts'
import { webhookSetLock } from './webhook-writes.ts'

/** The lane's entry of a delivery that is PENDING or under lease. */
export interface DueDelivery {
  /** The requested manual retry; null: none. */
  readonly manualRetry: ManualRetry | null
  /** Whether an attempt is running. */
  readonly isAttemptRunning: boolean
}

/** A delivery that is locked until the transaction ends. */
export interface LockedDelivery {
  readonly delivery: Delivery
  /** Null: the delivery is not PENDING and no attempt is running. */
  readonly due: DueDelivery | null
  readonly webhook: { readonly enabled: boolean; readonly deleted: boolean }
}

/** Locks the delivery: no attempt of it begins or is settled, and no client can change its webhook. */
export async function lockDelivery(context: WriteContext, id: string): Promise<LockedDelivery | null> {
  const { tx, scope, conditions } = context
  // The lock that fan-out takes too: no delivery becomes due while its webhook is being deleted or disabled.
  await tx.execute(sql`select pg_advisory_xact_lock_shared(${webhookSetLock(scope)})`)
  const before = await lockDue(context, id)
  const [row] = await tx.select().from(deliveries).where(isDelivery(context, id)).for('update')
  if (row === undefined) return null
  const [webhook] = await tx
    .select({ disabledAt: webhooks.disabledAt, deletedAt: webhooks.deletedAt })
    .from(webhooks)
    .where(and(eq(webhooks.projectId, scope.projectId), eq(webhooks.id, row.webhookId), conditions.webhooks))
  if (webhook === undefined) throw new Error(`expected webhook ${row.webhookId} of ${id} to be there`)
  // Another manual retry, or a replay, may have inserted the due row while this one waited for the delivery.
  const due = before ?? (await lockDue(context, id))
  return {
    delivery: toDelivery(row),
    due,
    webhook: { enabled: webhook.disabledAt === null, deleted: webhook.deletedAt !== null },
  }
}

/**
 * Makes a manual attempt due, before all other deliveries of the lane. No attempt may be running. `restartSchedule`: the
 * attempt is the first of the whole retry schedule.
 */
export async function requestRetryNow(
  context: WriteContext,
  { id, webhookId, state }: Delivery,
  { restartSchedule }: { readonly restartSchedule: boolean },
): Promise<Delivery> {
  const { tx } = context
  // Due before every waiting delivery of the lane, because a user waits for the result.
  const head = sql`least(now(), (
    select min(${dueDeliveries.dueAt}) from ${dueDeliveries}
    where ${dueDeliveries.webhookId} = ${webhookId} and ${dueDeliveries.leaseToken} is null
  ))`
  if (state === 'PENDING') {
    await tx
      .update(deliveries)
      .set({ resumeAt: sql`${deliveries.dueAt}`, dueAt: sql`now()` })
      .where(isDelivery(context, id))
    await tx
      .update(dueDeliveries)
      .set({ dueAt: head, manualRetry: 'NOW' })
      .where(eq(dueDeliveries.deliveryId, id))
  } else {
    await reopen(context, id)
    await tx.insert(dueDeliveries).values({
      deliveryId: id,
      webhookId,
      dueAt: head,
      manualRetry: 'NOW',
      orderPlace: sql`order_place(${id})`,
    })
  }
  if (restartSchedule) await forgetAttempts(context, id)
  return read(context, id)
}

/** Requests a manual attempt after the running attempt, unless that one succeeds. */
export async function queueRetryAfterCurrent(
  context: WriteContext,
  { id, state }: Delivery,
): Promise<Delivery> {
  // A delivery that was cancelled during its attempt becomes PENDING again. For all others, the settle of the attempt
  // sets the state.
  if (state !== 'PENDING') await reopen(context, id)
  await context.tx
    .update(dueDeliveries)
    .set({
      manualRetry: sql`case when ${dueDeliveries.manualRetry} in ('NOW', 'AGAIN') then 'AGAIN' else 'NEXT' end`,
    })
    .where(eq(dueDeliveries.deliveryId, id))
  return read(context, id)
}

/** Ends a PENDING delivery: CANCELLED, or its final state from before the manual retry. */
export async function cancelDelivery(context: WriteContext, { id }: Delivery): Promise<Delivery> {
  const { tx } = context
  await tx
    .update(deliveries)
    .set({
      state: sql`coalesce(${deliveries.resumeState}, 'CANCELLED')`,
      dueAt: null,
      finishedAt: sql`now()`,
      resumeState: null,
      resumeAt: null,
    })
    .where(isDelivery(context, id))
  // A lease stays: its attempt is still recorded, but no longer changes the state.
  const ofThis = eq(dueDeliveries.deliveryId, id)
  await tx.delete(dueDeliveries).where(and(ofThis, sql`${dueDeliveries.leaseToken} is null`))
  await tx
    .update(dueDeliveries)
    .set({ manualRetry: sql`case when ${dueDeliveries.manualRetry} in ('NOW', 'AGAIN') then 'NOW' end` })
    .where(ofThis)
  return read(context, id)
}

async function lockDue(context: WriteContext, id: string): Promise<DueDelivery | null> {
  const [row] = await context.tx
    .select({ manualRetry: dueDeliveries.manualRetry, leaseToken: dueDeliveries.leaseToken })
    .from(dueDeliveries)
    .innerJoin(deliveries, eq(deliveries.id, dueDeliveries.deliveryId))
    .where(and(eq(dueDeliveries.deliveryId, id), isDelivery(context, id)))
    .for('update', { of: dueDeliveries })
  return row === undefined
    ? null
    : { manualRetry: row.manualRetry, isAttemptRunning: row.leaseToken !== null }
}

/** A PENDING delivery without a time to continue starts its schedule with the manual attempt (`startsSchedule`). */
async function forgetAttempts(context: WriteContext, id: string): Promise<void> {
  await context.tx
    .update(deliveries)
    .set({ resumeState: null, resumeAt: null, failures: 0, interruptions: 0, replayedAt: sql`now()` })
    .where(isDelivery(context, id))
}

/** Makes an ended delivery PENDING again, and stores the state in which it had ended. */
async function reopen(context: WriteContext, id: string): Promise<void> {
  await context.tx
    .update(deliveries)
    .set({
      state: 'PENDING',
      resumeState: sql`${deliveries.state}`,
      dueAt: sql`now()`,
      finishedAt: null,
      interruptions: 0,
    })
    .where(isDelivery(context, id))
}

async function read(context: WriteContext, id: string): Promise<Delivery> {
  const [row] = await context.tx.select().from(deliveries).where(isDelivery(context, id))
  if (row === undefined) throw new Error(`expected delivery ${id} to be there, it is not`)
  return toDelivery(row)
}

function isDelivery({ scope, conditions }: WriteContext, id: string): SQL | undefined {
  return and(
    eq(deliveries.projectId, scope.projectId),
    eq(deliveries.id, id),
    conditions.ofWebhook(deliveries.webhookId),
  )
}
