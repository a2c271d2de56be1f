/**
 * Writes for one project in one transaction. Every statement contains the scope. Rows that belong to a webhook are
 * reached through the webhook.
 */
import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { ProjectTx } from '../../ports/tenant-transaction.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Database, Tx } from '../connection/connect.ts'
import { despiteDeadlocks } from '../connection/retry.ts'
import { makeDeliveryTx } from './delivery-writes.ts'
import { makeKeyTx } from './key-writes.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { makeErasureTx } from './erasure-writes.ts'
import { fromOrder, toCustomer, toOrder, toSite } from '../shared/row-mapping.ts'
import {
  auditLog,
  counters,
  customers,
  deliveries,
  dueDeliveries,
  events,
  idempotencyKeys,
  orders,
  sites,
  topics,
} from '../schema/index.ts'
import { withScope } from '../connection/tenant-scope.ts'
import { makeWebhookTx } from './webhook-writes.ts'

/** How often to look for the stored result of an idempotency key before giving up. */
const maxLooks = 3

export function runProjectTx<T>(db: Database, scope: Scope, work: (tx: ProjectTx) => Promise<T>): Promise<T> {
  return despiteDeadlocks(() =>
    withScope(db, scope, async (tx) => {
      const [clock] = await tx.execute<{ ms: string }>(
        sql`select floor(extract(epoch from now()) * 1000) as ms`,
      )
      return work(makeProjectTx(tx, scope, new Date(Number(clock?.ms))))
    }),
  )
}

function makeProjectTx(tx: Tx, scope: Scope, now: Date): ProjectTx {
  const { projectId } = scope
  const { platformOnly } = tenantConditions(scope)
  return {
    now,
    recall: async (mutation, key, inputHash) => {
      for (let look = 1; ; look += 1) {
        // A second transaction with the same key waits here until the first has ended.
        const inserted = await tx
          .insert(idempotencyKeys)
          .values({ projectId, mutation, key, inputHash })
          .onConflictDoNothing()
          .returning({ key: idempotencyKeys.key })
        if (inserted.length > 0) return { kind: 'NEW' }
        const [row] = await tx.select().from(idempotencyKeys).where(isKey(mutation, key))
        // Retention may have removed the row between the two statements.
        if (row === undefined && look < maxLooks) continue
        if (row?.answer == null)
          throw new Error(`expected idempotency key of ${mutation} in ${projectId} to have an answer`)
        return row.inputHash === inputHash
          ? { kind: 'SAME_INPUT', answer: row.answer }
          : { kind: 'OTHER_INPUT' }
      }
    },
    remember: async (mutation, key, answer) => {
      await tx.update(idempotencyKeys).set({ answer }).where(isKey(mutation, key))
    },
    nextNumber: async (kind) => {
      const [row] = await tx
        .insert(counters)
        .values({ projectId, kind, value: 1 })
        .onConflictDoUpdate({
          target: [counters.projectId, counters.kind],
          set: { value: sql`${counters.value} + 1` },
        })
        .returning({ value: counters.value })
      if (row === undefined) throw new Error(`expected a next ${kind} number in ${projectId}, found none`)
      return row.value
    },
    siteById: async (id) => {
      const [row] = await tx
        .select()
        .from(sites)
        .where(and(eq(sites.projectId, projectId), eq(sites.id, id), platformOnly))
      return row === undefined ? null : toSite(row)
    },
    // No condition for partners: a partner's filters may name any site of the project. The partner learns only whether
    // the site exists.
    knownSites: async (ids) => {
      const rows = await tx
        .select({ id: sites.id })
        .from(sites)
        .where(and(eq(sites.projectId, projectId), inArray(sites.id, [...ids])))
      return rows.map((row) => row.id)
    },
    customerById: async (id) => {
      const [row] = await tx
        .select()
        .from(customers)
        .where(and(eq(customers.projectId, projectId), eq(customers.id, id), platformOnly))
        .for('share')
      return row === undefined ? null : toCustomer(row)
    },
    insertSite: async (site) => {
      await tx.insert(sites).values({ ...site, projectId })
    },
    insertCustomer: async (customer) => {
      await tx.insert(customers).values({ ...customer, projectId })
    },
    // FOR NO KEY UPDATE: transactions that write orders of the site or customer do not wait.
    lockSite: async (id) => {
      const [row] = await tx
        .select()
        .from(sites)
        .where(and(eq(sites.projectId, projectId), eq(sites.id, id), platformOnly))
        .for('no key update')
      return row === undefined ? null : toSite(row)
    },
    lockCustomer: async (id) => {
      const [row] = await tx
        .select()
        .from(customers)
        .where(and(eq(customers.projectId, projectId), eq(customers.id, id), platformOnly))
        .for('no key update')
      return row === undefined ? null : toCustomer(row)
    },
    updateSite: async ({ id, ...values }) => {
      await tx
        .update(sites)
        .set(values)
        .where(and(eq(sites.projectId, projectId), eq(sites.id, id), platformOnly))
    },
    updateCustomer: async ({ id, ...values }) => {
      await tx
        .update(customers)
        .set(values)
        .where(and(eq(customers.projectId, projectId), eq(customers.id, id), platformOnly))
    },
    insertOrder: async (order) => {
      await tx.insert(orders).values(fromOrder(order, projectId))
    },
    lockOrder: async (id) => {
      const [row] = await tx
        .select()
        .from(orders)
        .where(and(eq(orders.projectId, projectId), eq(orders.id, id), platformOnly))
        .for('update')
      if (row === undefined) return null
      // Separate statements: a statement that waits for a row lock reads that row as it is after the wait, but all
      // other tables as they were before.
      const [[site], [customer]] = await Promise.all([
        tx
          .select()
          .from(sites)
          .where(and(eq(sites.projectId, projectId), eq(sites.id, row.siteId))),
        row.customerId === null
          ? []
          : tx
              .select()
              .from(customers)
              .where(and(eq(customers.projectId, projectId), eq(customers.id, row.customerId)))
              .for('share'),
      ])
      if (site === undefined) throw new Error(`expected order ${id} to have a site, it has none`)
      return {
        order: toOrder(row),
        site: toSite(site),
        customer: customer === undefined ? null : toCustomer(customer),
      }
    },
    updateOrder: async (order) => {
      const { id, ...values } = fromOrder(order, projectId)
      await tx
        .update(orders)
        .set(values)
        .where(and(eq(orders.projectId, projectId), eq(orders.id, id), platformOnly))
    },
    lockTopics: async () => {
      await tx.execute(
        sql`select pg_advisory_xact_lock(hashtextextended(${`orderbell.topics.${projectId}`}, 0))`,
      )
      const rows = await tx
        .select({ name: topics.name })
        .from(topics)
        .where(eq(topics.projectId, projectId))
        .orderBy(asc(topics.name))
      return rows.map(({ name }) => name)
    },
    insertAuditEntry: async (entry) => {
      await tx.insert(auditLog).values({ ...entry, projectId, keyId: scope.keyId })
    },
    insertTopic: async (topic) => {
      const { createdAt } = topic
      if (createdAt === null)
        throw new Error(`expected ${topic.name} to be the project's own, it is built in`)
      await tx.insert(topics).values({ ...topic, createdAt, projectId })
    },
    insertEvent: async (event, owed) => {
      await tx.insert(events).values({ ...event, projectId, deliveryCount: owed.length })
      if (owed.length === 0) return
      await tx.insert(deliveries).values(
        owed.map((delivery) => ({
          ...delivery,
          projectId,
          eventId: event.id,
          orderId: event.orderId,
          topic: event.topic,
          dueAt: delivery.state === 'PENDING' ? event.createdAt : null,
          createdAt: event.createdAt,
          finishedAt: delivery.state === 'PENDING' ? null : event.createdAt,
        })),
      )
      const due = owed.filter((delivery) => delivery.state === 'PENDING')
      if (due.length === 0) return
      await tx
        .insert(dueDeliveries)
        .values(due.map(({ id, webhookId }) => ({ deliveryId: id, webhookId, dueAt: event.createdAt })))
    },
    ...makeKeyTx(tx, scope, now),
    ...makeErasureTx(tx, scope),
    ...makeWebhookTx(tx, scope),
    ...makeDeliveryTx(tx, scope),
  }

  function isKey(mutation: string, key: string) {
    return and(
      eq(idempotencyKeys.projectId, projectId),
      eq(idempotencyKeys.mutation, mutation),
      eq(idempotencyKeys.key, key),
    )
  }
}
