/**
 * Removes a customer's personal data from the audit log and from stored idempotent results, as part of a project's
 * transaction. `maintenance/erase.ts` removes them from events and attempts.
 */
import { and, eq, or, sql, type SQL } from 'drizzle-orm'
import { erased, personalMembers } from '../../domain/orders/personal-data.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { ProjectTx } from '../../ports/tenant-transaction.ts'
import type { Tx } from '../connection/connect.ts'
import { isPersonal } from '../maintenance/erase.ts'
import { auditLog, erasures, events, idempotencyKeys, orders } from '../schema/index.ts'

type ErasureTx = Pick<ProjectTx, 'eraseRecords' | 'hasPersonalEvents' | 'enqueueErasure'>

export function makeErasureTx(tx: Tx, { projectId }: Scope): ErasureTx {
  return {
    eraseRecords: async (customerId) => {
      const before = withoutPersonal(sql`${auditLog.before}`)
      const after = withoutPersonal(sql`${auditLog.after}`)
      const lines = await tx
        .update(auditLog)
        .set({ before, after })
        .where(
          and(
            eq(auditLog.projectId, projectId),
            eq(auditLog.objectId, customerId),
            or(sql`${auditLog.before} <> ${before}`, sql`${auditLog.after} <> ${after}`),
          ),
        )
        .returning({ id: auditLog.id })
      // The condition searches the text first, so that only results that may be the customer's are parsed.
      const answer = sql`${idempotencyKeys.answer}`
      const ofCustomer = sql`case
        when strpos(${answer}, ${customerId}) > 0 then ${answer}::jsonb->>'id' = ${customerId} else false end`
      const answers = await tx
        .update(idempotencyKeys)
        .set({ answer: sql`${withoutPersonal(sql`${answer}::jsonb`)}::text` })
        .where(
          and(
            eq(idempotencyKeys.projectId, projectId),
            eq(idempotencyKeys.mutation, 'customerCreate'),
            ofCustomer,
            sql`${answer}::jsonb <> ${withoutPersonal(sql`${answer}::jsonb`)}`,
          ),
        )
        .returning({ key: idempotencyKeys.key })
      return lines.length + answers.length
    },
    hasPersonalEvents: async (customerId) => {
      const rows = await tx
        .select({ id: events.id })
        .from(orders)
        .innerJoin(events, eq(events.orderId, orders.id))
        .where(
          and(
            eq(orders.projectId, projectId),
            eq(orders.customerId, customerId),
            sql`${events.erasedAt} is null`,
            sql.raw(isPersonal('events.data')),
          ),
        )
        .limit(1)
      return rows.length > 0
    },
    enqueueErasure: async (customerId) => {
      await tx
        .insert(erasures)
        .values({ customerId, projectId, afterOrderId: '' })
        .onConflictDoUpdate({ target: erasures.customerId, set: { afterOrderId: '' } })
    },
  }
}

/**
 * A JSON object whose personal members are replaced by a marker, which shows that there was a value. Members that are
 * null stay null.
 */
function withoutPersonal(state: SQL): SQL {
  const members = sql.param([...personalMembers])
  return sql`(${state} || coalesce((
    select jsonb_object_agg(key, ${erased}::text) from jsonb_each(${state})
    where key = any(${members}::text[]) and value <> 'null'::jsonb
  ), '{}'::jsonb))`
}
