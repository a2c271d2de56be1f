/**
 * One project's rows, to be read. The store is made from a project's id and puts it into every
 * statement, so that another project's rows cannot be reached. What is written is `project-tx.ts`.
 */
import { and, asc, desc, eq, exists, inArray, isNull, or, sql, type Column, type SQL } from 'drizzle-orm'
import { instantOf, isIdOf } from '../domain/ids.ts'
import type { Scope } from '../domain/scope.ts'
import type { OrderName, ProjectStore } from '../flow/project-ports.ts'
import { makeAttemptLists } from './attempt-lists.ts'
import { cancelOwed } from './cancel.ts'
import { replayMissed } from './replay.ts'
import type { Database, Reading, Sql } from './connect.ts'
import { makeProjectLists } from './project-lists.ts'
import { runProjectTx } from './project-tx.ts'
import { previousSecret } from './webhook-tx.ts'
import {
  toAttempt,
  toAuditEntry,
  toContent,
  toCustomer,
  toDelivery,
  toEvent,
  toKey,
  toOrder,
  toPartner,
  toSealedSecrets,
  toSite,
  toTopic,
  toWebhook,
} from './rows.ts'
import {
  attemptContents,
  attempts,
  auditLog,
  customers,
  deliveries,
  events,
  keys,
  orders,
  partners,
  projects,
  sites,
  topics,
  webhookHealth,
  webhooks,
} from './schema.ts'
import { eachInScope, inRawScope } from './scope.ts'
import { makeWebhookHealth } from './webhook-health.ts'

/** What is written elsewhere, or in statements of its own. */
type Writes = 'transaction' | 'cancelOwed' | 'replayMissed'

export function makeProjectStore(db: Database, scope: Scope): ProjectStore {
  const mine = (sql: Sql, webhookId: string): ReturnType<Sql> =>
    sql`select id from webhooks where id = ${webhookId} and project_id = ${scope.projectId}`
  return {
    ...eachInScope(db, scope, (tx) => makeProjectReads(tx, scope)),
    cancelOwed: (webhookId, limit) =>
      inRawScope(db.$client, scope, (sql) => cancelOwed(sql, mine(sql, webhookId), limit)),
    replayMissed: (webhookId, limit) =>
      inRawScope(db.$client, scope, (sql) => replayMissed(sql, mine(sql, webhookId), limit)),
    transaction: (work) => runProjectTx(db, scope, work),
  }
}

function makeProjectReads(db: Reading, scope: Scope): Omit<ProjectStore, Writes> {
  const { projectId } = scope
  return {
    project: async () => {
      const { id, name, createdAt } = projects
      const [row] = await db.select({ id, name, createdAt }).from(projects).where(eq(id, projectId))
      if (row === undefined) throw new Error(`expected project ${projectId} to exist, it does not`)
      return row
    },
    keysByIds: async (ids) => (await db.select().from(keys).where(mine(keys, ids))).map(toKey),
    actingKeysByIds: async (ids) => {
      const acted = db
        .select({ one: sql`1` })
        .from(auditLog)
        .where(and(eq(auditLog.projectId, projectId), eq(auditLog.keyId, keys.id)))
      const rows = await db
        .select()
        .from(keys)
        .where(
          and(
            inArray(keys.id, [...ids]),
            or(eq(keys.projectId, projectId), and(isNull(keys.projectId), exists(acted))),
          ),
        )
      return rows.map(toKey)
    },
    partnersByIds: async (ids) =>
      (await db.select().from(partners).where(mine(partners, ids))).map(toPartner),
    sitesByIds: async (ids) => (await db.select().from(sites).where(mine(sites, ids))).map(toSite),
    customersByIds: async (ids) =>
      (await db.select().from(customers).where(mine(customers, ids))).map(toCustomer),
    ordersByIds: async (ids) => (await db.select().from(orders).where(mine(orders, ids))).map(toOrder),
    eventsByIds: async (ids) => (await db.select().from(events).where(mine(events, ids))).map(toEvent),
    webhooksByIds: async (ids) => {
      const rows = await db
        .select()
        .from(webhooks)
        .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
        .where(mine(webhooks, ids))
      return rows.map((row) => toWebhook(row.webhooks, row.webhook_health))
    },
    deliveriesByIds: async (ids) =>
      (await db.select().from(deliveries).where(mine(deliveries, ids))).map(toDelivery),
    attemptsByIds: async (ids) => {
      const known = ids.filter((id) => isIdOf('attempt', id))
      if (known.length === 0) return []
      // The id's own instant leads to the partition.
      const rows = await db
        .select()
        .from(attempts)
        .where(and(mine(attempts, known), inArray(attempts.startedAt, known.map(instantOf))))
      return rows.map(toAttempt)
    },
    auditEntriesByIds: async (ids) =>
      (await db.select().from(auditLog).where(mine(auditLog, ids))).map(toAuditEntry),
    contentsOf: async (wanted) => {
      if (wanted.length === 0) return []
      const rows = await db
        .select()
        .from(attemptContents)
        .where(
          and(
            eq(attemptContents.projectId, projectId),
            inArray(
              attemptContents.attemptId,
              wanted.map((attempt) => attempt.id),
            ),
            inArray(
              attemptContents.startedAt,
              wanted.map((attempt) => attempt.startedAt),
            ),
          ),
        )
      const byId = new Map(rows.map((row) => [row.attemptId, toContent(row)]))
      return wanted.map((attempt) => byId.get(attempt.id) ?? null)
    },
    siteByNumber: async (number) => {
      const [row] = await db
        .select()
        .from(sites)
        .where(and(eq(sites.projectId, projectId), eq(sites.number, number)))
      return row === undefined ? null : toSite(row)
    },
    customerByNumber: async (number) => {
      const [row] = await db
        .select()
        .from(customers)
        .where(and(eq(customers.projectId, projectId), eq(customers.number, number)))
      return row === undefined ? null : toCustomer(row)
    },
    orderBy: async (name) => {
      const [row] = await db
        .select()
        .from(orders)
        .where(and(eq(orders.projectId, projectId), isNull(orders.deletedAt), isNamed(name)))
        .orderBy(desc(orders.id))
        .limit(1)
      return row === undefined ? null : toOrder(row)
    },
    topics: async () => {
      const rows = await db
        .select()
        .from(topics)
        .where(eq(topics.projectId, projectId))
        .orderBy(asc(topics.name))
      return rows.map(toTopic)
    },
    topicNames: async () => {
      const rows = await db
        .select({ name: topics.name })
        .from(topics)
        .where(eq(topics.projectId, projectId))
        .orderBy(asc(topics.name))
      return rows.map(({ name }) => name)
    },
    topicByName: async (name) => {
      const [row] = await db
        .select()
        .from(topics)
        .where(and(eq(topics.projectId, projectId), eq(topics.name, name)))
      return row === undefined ? null : toTopic(row)
    },
    ...makeProjectLists(db, scope),
    ...makeAttemptLists(db, scope),
    ...makeWebhookHealth(db, scope),
    previewOf: async (webhookId, eventId) => {
      // One statement, one snapshot.
      const [row] = await db
        .select({
          webhook: webhooks,
          health: webhookHealth,
          event: events,
          delivery: deliveries,
          previous: previousSecret,
          nowMs: sql<string>`floor(extract(epoch from now()) * 1000)`,
        })
        .from(webhooks)
        .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
        .leftJoin(events, and(eq(events.projectId, projectId), eq(events.id, eventId ?? '')))
        .leftJoin(deliveries, and(eq(deliveries.eventId, events.id), eq(deliveries.webhookId, webhooks.id)))
        .where(mine(webhooks, [webhookId]))
        .limit(1)
      if (row === undefined) return null
      const { webhook, event, delivery } = row
      return {
        webhook: toWebhook(webhook, row.health),
        sealed: toSealedSecrets(webhook.sealedSecret, row.previous, webhook.sealedToken),
        event: event && toEvent(event),
        delivery: delivery && toDelivery(delivery),
        now: new Date(Number(row.nowMs)),
      }
    },
  }

  function mine(table: { projectId: Column; id: Column }, ids: readonly string[]): SQL | undefined {
    return and(eq(table.projectId, projectId), inArray(table.id, [...ids]))
  }
}

function isNamed(name: OrderName): SQL {
  if ('number' in name) return eq(orders.number, name.number)
  if ('uid' in name) return eq(orders.uid, name.uid)
  return eq(orders.partnerIdentifier, name.partnerIdentifier)
}
