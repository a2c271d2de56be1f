/** The rows of the accepted changes of a group. */
import { differences, type AuditEntry } from '../../domain/audit/audit-entry.ts'
import { hashInput, writeAnswer } from '../../domain/shared/idempotency.ts'
import type { NumberedKind } from '../../domain/orders/order.ts'
import type { StoredAnswer } from '../../db/tenant/grouped/idempotency-keys.ts'
import type { GroupRows, NewDelivery } from '../../db/tenant/grouped/write-group.ts'
import type { ChangeRows, Member } from './change.ts'

/** A change that was accepted. */
export interface Accepted {
  readonly member: Member
  readonly value: unknown
  /** Null: the change made no difference. */
  readonly rows: ChangeRows | null
  readonly deliveries: readonly NewDelivery[]
  readonly auditId: string
  readonly at: Date
}

/** `counters`: the numbers that were taken last, where any were taken. */
export function groupRows(
  accepted: readonly Accepted[],
  counters: ReadonlyMap<NumberedKind, number>,
): GroupRows {
  const written = accepted.flatMap(({ rows, deliveries }) => (rows === null ? [] : [{ ...rows, deliveries }]))
  const all = <T>(of: (rows: ChangeRows) => T | undefined): readonly T[] =>
    written.map(of).filter((each) => each !== undefined)
  return {
    events: written.map(({ event, deliveries }) => ({ event, deliveries })),
    createdOrders: all(({ createdOrder }) => createdOrder),
    updatedOrders: all(({ updatedOrder }) => updatedOrder),
    renamedOrders: all(({ renamedOrder }) => renamedOrder),
    movedOrders: all(({ movedOrder }) => movedOrder),
    createdCustomers: all(({ createdCustomer }) => createdCustomer),
    counters,
    auditEntries: accepted.flatMap(auditEntryOf),
    answers: accepted.flatMap(answerOf),
  }
}

/** The audit entry has only the fields that differ. */
function auditEntryOf({ member, rows, auditId, at }: Accepted): readonly AuditEntry[] {
  if (rows === null || rows.audited === null) return []
  const { objectId, before, after } = rows.audited
  const operation = member.change.request.mutation
  return [{ id: auditId, at, keyId: member.keyId, operation, objectId, ...differences(before, after) }]
}

function answerOf({ member, value }: Accepted): readonly StoredAnswer[] {
  const { mutation, idempotencyKey: key, input } = member.change.request
  return key === null ? [] : [{ mutation, key, inputHash: hashInput(input), answer: writeAnswer(value) }]
}
