/**
 * Removes a customer's personal data from the audit log and from stored idempotent results, as part of a project's
 * transaction. `maintenance/erase.ts` removes them from events and attempts.
 */
import { and, eq, or, sql, type SQL } from 'drizzle-orm'
import { noMarketing } from '../../../domain/orders/order.ts'
import { erased, personalMembers } from '../../../domain/orders/personal-data.ts'
import { isPersonal } from '../../maintenance/erase.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { textArray } from '../../shared/text-array.ts'
import { auditLog, events, idempotencyKeys, orders, pendingErasures } from '../../schema/index.ts'

/** Erases the customer's data from the audit log and from stored responses. Returns the number of changed rows. */
export async function eraseRecords(context: WriteContext, customerId: string): Promise<number> {
  return (await eraseAuditEntries(context, customerId)) + (await eraseResponses(context, customerId))
}

async function eraseAuditEntries({ tx, scope }: WriteContext, customerId: string): Promise<number> {
  const before = withoutPersonal(sql`${auditLog.before}`)
  const after = withoutPersonal(sql`${auditLog.after}`)
  const rows = await tx
    .update(auditLog)
    .set({ before, after })
    .where(
      and(
        eq(auditLog.projectId, scope.projectId),
        eq(auditLog.objectId, customerId),
        or(sql`${auditLog.before} <> ${before}`, sql`${auditLog.after} <> ${after}`),
      ),
    )
    .returning({ id: auditLog.id })
  return rows.length
}

async function eraseResponses({ tx, scope }: WriteContext, customerId: string): Promise<number> {
  // The condition searches the text first, so that only results that may be the customer's are parsed.
  const answer = sql`${idempotencyKeys.answer}`
  const ofCustomer = sql`case
    when strpos(${answer}, ${customerId}) > 0 then ${answer}::jsonb->>'id' = ${customerId} else false end`
  const rows = await tx
    .update(idempotencyKeys)
    .set({ answer: sql`${withoutPersonal(sql`${answer}::jsonb`)}::text` })
    .where(
      and(
        eq(idempotencyKeys.projectId, scope.projectId),
        eq(idempotencyKeys.mutation, 'customerCreate'),
        ofCustomer,
        sql`${answer}::jsonb <> ${withoutPersonal(sql`${answer}::jsonb`)}`,
      ),
    )
    .returning({ key: idempotencyKeys.key })
  return rows.length
}

/** Returns whether events of the customer or of its orders still contain personal data of the customer. */
export async function hasPersonalEvents(context: WriteContext, customerId: string): Promise<boolean> {
  return (await hasOwnEvents(context, customerId)) || (await hasOrderEvents(context, customerId))
}

async function hasOwnEvents({ tx, scope }: WriteContext, customerId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: events.id })
    .from(events)
    .where(
      and(
        eq(events.projectId, scope.projectId),
        eq(events.customerId, customerId),
        sql`${events.erasedAt} is null`,
        sql.raw(isPersonal('events.data::jsonb')),
      ),
    )
    .limit(1)
  return rows.length > 0
}

async function hasOrderEvents({ tx, scope }: WriteContext, customerId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: events.id })
    .from(orders)
    .innerJoin(events, eq(events.orderId, orders.id))
    .where(
      and(
        eq(orders.projectId, scope.projectId),
        eq(orders.customerId, customerId),
        sql`${events.erasedAt} is null`,
        sql.raw(isPersonal("events.data::jsonb->'customer'")),
      ),
    )
    .limit(1)
  return rows.length > 0
}

/** Enqueues the erasure of the customer's data from the events of its orders. `erasePending` carries it out. */
export async function enqueueErasure({ tx, scope }: WriteContext, customerId: string): Promise<void> {
  await tx
    .insert(pendingErasures)
    .values({ customerId, projectId: scope.projectId, afterOrderId: '' })
    .onConflictDoUpdate({ target: pendingErasures.customerId, set: { afterOrderId: '' } })
}

/**
 * A JSON object whose personal members are replaced by a marker, which shows that there was a value. Members that are
 * null stay null. Marketing messages that a customer wants become those of an erased customer: none.
 */
function withoutPersonal(state: SQL): SQL {
  return sql`(${state} || coalesce((
    select jsonb_object_agg(key, case when key = 'marketing' then ${JSON.stringify(noMarketing)}::jsonb else to_jsonb(${erased}::text) end)
    from jsonb_each(${state})
    where key = any(${textArray([...personalMembers, 'marketing'])}) and value <> 'null'::jsonb
  ), '{}'::jsonb))`
}
