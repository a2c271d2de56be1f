/**
 * Commits a group of changes of one project in one transaction: reads and locks what they need, decides one after
 * another, and writes the rows of those that are accepted. A refused change is only its own answer.
 */
import type { Customer, Site, NumberedKind } from '../../domain/orders/order.ts'
import { hashInput, keyReused, readAnswer } from '../../domain/shared/idempotency.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import { ok, refused, type Result } from '../../domain/shared/problem.ts'
import type { Subscriber } from '../../domain/webhooks/webhook.ts'
import type { System } from '../../ports/system.ts'
import type { GroupTx } from '../../db/tenant/grouped/group-transaction.ts'
import type { StoredAnswer } from '../../db/tenant/grouped/idempotency-keys.ts'
import type { Locked, LockedOrder } from '../../db/tenant/grouped/read-group.ts'
import { sendTogether } from './send-together.ts'
import type { Committed, Decided, Found, Member } from './change.ts'
import { deliveriesOf, dueOf } from './fan-out.ts'
import { groupRows, type Accepted } from './group-rows.ts'

/**
 * The answer to a member. BUSY: another transaction has locked something that it needs, or the group has enough
 * deliveries; nothing was written for it.
 * FAILED: its decision threw.
 */
export type Outcome =
  | { readonly kind: 'ANSWERED'; readonly result: Result<Committed<unknown>> }
  | { readonly kind: 'BUSY' }
  | { readonly kind: 'FAILED'; readonly error: unknown }

/** The outcomes of a group, in the order of its members, and the webhooks with deliveries that became due. */
export interface CommittedGroup {
  readonly outcomes: readonly Outcome[]
  readonly dueWebhooks: readonly string[]
  /** Whether events were stored. */
  readonly hasEvents: boolean
}

/** No two members may change the same order or have the same idempotency key. */
export async function commitGroup(
  tx: GroupTx,
  members: readonly Member[],
  system: System,
): Promise<CommittedGroup> {
  const read = await readGroup(tx, members)
  const group: Group = { read, system, counters: new Map(read.counters), accepted: [], deliveries: 0 }
  const outcomes = members.map((member) => outcomeOf(group, member))
  const { accepted } = group
  const rows = groupRows(accepted, changedCounters(group))
  if (rows.events.length + rows.answers.length > 0) await tx.write(rows)
  const dueWebhooks = once(accepted.flatMap(({ deliveries }) => dueOf(deliveries)))
  return { outcomes, dueWebhooks, hasEvents: rows.events.length > 0 }
}

/**
 * Maximum deliveries in one transaction, unless one change has more. With the largest number of webhooks, 64 changes
 * would insert 64,000.
 */
const maxDeliveries = 5_000

/** A group that is being decided. */
interface Group {
  readonly read: ReadGroup
  readonly system: System
  /** The numbers that were taken last. */
  counters: Map<NumberedKind, number>
  readonly accepted: Accepted[]
  /** The number of deliveries of the accepted changes. */
  deliveries: number
}

/** What a group has read. */
interface ReadGroup {
  readonly now: Date
  /** By `nameOfKey`. */
  readonly lockedKeys: ReadonlySet<string>
  readonly answers: ReadonlyMap<string, StoredAnswer>
  readonly orders: Locked<LockedOrder>
  readonly customers: Locked<Customer>
  readonly sites: ReadonlyMap<string, Site>
  readonly counters: ReadonlyMap<NumberedKind, number>
  readonly subscribers: readonly Subscriber[]
}

/** The statements are sent in the order in which all transactions take these locks. */
async function readGroup(tx: GroupTx, members: readonly Member[]): Promise<ReadGroup> {
  const keys = members.flatMap(({ change: { request } }) =>
    request.idempotencyKey === null ? [] : [{ mutation: request.mutation, key: request.idempotencyKey }],
  )
  const reads = members.map(({ change }) => change.reads)
  const [locked, stored, orders, sites, customers, counters, subscribers, now] = await sendTogether(
    tx.lockKeys(keys),
    tx.readAnswers(keys),
    tx.lockOrders(
      idsOf(
        'order',
        reads.map(({ orderId }) => orderId),
      ),
    ),
    tx.sitesByIds(
      idsOf(
        'site',
        reads.map(({ siteId }) => siteId),
      ),
    ),
    tx.customersByIds(
      idsOf(
        'customer',
        reads.map(({ customerId }) => customerId),
      ),
    ),
    // After the rows for which a change that is committed alone waits, so that it does not hold the counters meanwhile.
    tx.lockCounters(once(reads.flatMap((read) => read.numbers ?? []))),
    tx.subscribers(),
    tx.began,
  )
  const lockedKeys = new Set(keys.filter((_, place) => locked[place]).map(nameOfKey))
  const answers = new Map(stored.map((answer) => [nameOfKey(answer), answer]))
  return { now, lockedKeys, answers, orders, sites, customers, counters, subscribers }
}

function idsOf(kind: 'order' | 'site' | 'customer', ids: readonly (string | undefined)[]): readonly string[] {
  return once(ids.filter((id) => id !== undefined && isIdOf(kind, id)) as readonly string[])
}

function once<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)]
}

function nameOfKey({ mutation, key }: { readonly mutation: string; readonly key: string }): string {
  return `${mutation} ${key}`
}

function outcomeOf(group: Group, member: Member): Outcome {
  const { read } = group
  const { reads, request } = member.change
  if (group.deliveries >= maxDeliveries) return { kind: 'BUSY' }
  const key = request.idempotencyKey
  const name = key === null ? null : nameOfKey({ mutation: request.mutation, key })
  if (name !== null && !read.lockedKeys.has(name)) return { kind: 'BUSY' }
  const stored = name === null ? undefined : read.answers.get(name)
  if (stored !== undefined) return answered(repeated(member, stored))
  if (read.orders.busy.has(reads.orderId ?? '') || read.customers.busy.has(reads.customerId ?? ''))
    return { kind: 'BUSY' }
  // A refused change takes no number.
  const counters = new Map(group.counters)
  try {
    const decided = member.change.decide(foundBy(group, member, counters))
    if (!decided.ok) return answered(decided)
    group.counters = counters
    return answered(ok(accept(group, member, decided.value)))
  } catch (error) {
    return { kind: 'FAILED', error }
  }
}

function foundBy({ read }: Group, { change }: Member, counters: Map<NumberedKind, number>): Found {
  const { orderId = '', siteId = '', customerId = '' } = change.reads
  return {
    now: read.now,
    locked: read.orders.found.get(orderId) ?? null,
    site: read.sites.get(siteId) ?? null,
    customer: read.customers.found.get(customerId) ?? null,
    nextNumber: (kind) => {
      const last = counters.get(kind)
      if (last === undefined) throw new Error(`expected ${kind} among the numbers that the change reads`)
      counters.set(kind, last + 1)
      return last + 1
    },
  }
}

/** Adds the rows of an accepted change, and returns its answer. */
function accept(group: Group, member: Member, { value, rows }: Decided<unknown>): Committed<unknown> {
  const { read, system } = group
  const deliveries = rows === null ? [] : deliveriesOf(rows.event, rows.order, read.subscribers, system)
  group.deliveries += deliveries.length
  const auditId = system.newId('auditEntry')
  group.accepted.push({ member, value, rows, deliveries, auditId, at: read.now })
  return { value, repeated: false, event: rows?.event ?? null, due: dueOf(deliveries).length }
}

function changedCounters({ read, counters }: Group): ReadonlyMap<NumberedKind, number> {
  return new Map([...counters].filter(([kind, value]) => value !== read.counters.get(kind)))
}

function answered(result: Result<Committed<unknown>>): Outcome {
  return { kind: 'ANSWERED', result }
}

function repeated({ change: { request } }: Member, stored: StoredAnswer): Result<Committed<unknown>> {
  if (stored.inputHash !== hashInput(request.input)) return refused(keyReused(request.mutation))
  return ok({ value: readAnswer(stored.answer), repeated: true, event: null, due: 0 })
}
