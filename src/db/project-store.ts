/**
 * One project's rows, to be read. The store is made from a scope and puts it into every statement, so that
 * another project's rows, or another partner's, cannot be reached. What is written is `project-tx.ts`.
 */
import { and, asc, desc, eq, exists, inArray, isNull, ne, or, sql, type Column, type SQL } from 'drizzle-orm'
import type { Dialect } from '../domain/dialect/dialect.ts'
import { instantOf, isIdOf } from '../domain/ids.ts'
import { tellsNoMore, type SeenOrder } from '../domain/partner-sight.ts'
import type { Scope } from '../domain/scope.ts'
import type { OrderName, ProjectStore } from '../flow/project-ports.ts'
import { makeAttemptLists } from './attempt-lists.ts'
import { cancelOwed } from './cancel.ts'
import { replayMissed } from './replay.ts'
import type { Database, Reading, Sql } from './connect.ts'
import { ownOf } from './own.ts'
import { owedDialects, seenOrders, shownEvents } from './partner-sight.ts'
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
    sql`select id from webhooks where id = ${webhookId} and project_id = ${scope.projectId}
      and (${scope.partnerId}::text is null or partner_id = ${scope.partnerId})`
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
  const own = ownOf(scope)
  return {
    project: async () => {
      const { id, name, createdAt } = projects
      const [row] = await db.select({ id, name, createdAt }).from(projects).where(eq(id, projectId))
      if (row === undefined) throw new Error(`expected project ${projectId} to exist, it does not`)
      return row
    },
    keysByIds: async (ids) =>
      (
        await db
          .select()
          .from(keys)
          .where(and(mine(keys, ids), own.platforms))
      ).map(toKey),
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
      (
        await db
          .select()
          .from(partners)
          .where(and(mine(partners, ids), own.partners))
      ).map(toPartner),
    sitesByIds: async (ids) =>
      (
        await db
          .select()
          .from(sites)
          .where(and(mine(sites, ids), own.platforms))
      ).map(toSite),
    customersByIds: async (ids) =>
      (
        await db
          .select()
          .from(customers)
          .where(and(mine(customers, ids), own.platforms))
      ).map(toCustomer),
    ordersByIds: async (ids) =>
      scope.partnerId === null
        ? (await db.select().from(orders).where(mine(orders, ids))).map(toOrder)
        : seenOrders(db, scope, ids),
    eventsByIds: async (ids) => {
      const rows = await db
        .select()
        .from(events)
        .where(and(mine(events, ids), own.owed(events.id)))
      return shownEvents(db, scope, rows.map(toEvent))
    },
    webhooksByIds: async (ids) => {
      const rows = await db
        .select()
        .from(webhooks)
        .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
        .where(and(mine(webhooks, ids), own.webhooks))
      return rows.map((row) => toWebhook(row.webhooks, row.webhook_health))
    },
    deliveriesByIds: async (ids) =>
      (
        await db
          .select()
          .from(deliveries)
          .where(and(mine(deliveries, ids), own.ofWebhook(deliveries.webhookId)))
      ).map(toDelivery),
    attemptsByIds: async (ids) => {
      const known = ids.filter((id) => isIdOf('attempt', id))
      if (known.length === 0) return []
      // The id's own instant leads to the partition.
      const rows = await db
        .select()
        .from(attempts)
        .where(
          and(
            mine(attempts, known),
            own.ofWebhook(attempts.webhookId),
            inArray(attempts.startedAt, known.map(instantOf)),
          ),
        )
      return rows.map(toAttempt)
    },
    auditEntriesByIds: async (ids) =>
      (
        await db
          .select()
          .from(auditLog)
          .where(and(mine(auditLog, ids), own.platforms))
      ).map(toAuditEntry),
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
            ofOwnAttempt(),
          ),
        )
      const byId = new Map(rows.map((row) => [row.attemptId, toContent(row)]))
      return wanted.map((attempt) => byId.get(attempt.id) ?? null)
    },
    siteByNumber: async (number) => {
      const [row] = await db
        .select()
        .from(sites)
        .where(and(eq(sites.projectId, projectId), eq(sites.number, number), own.platforms))
      return row === undefined ? null : toSite(row)
    },
    customerByNumber: async (number) => {
      const [row] = await db
        .select()
        .from(customers)
        .where(and(eq(customers.projectId, projectId), eq(customers.number, number), own.platforms))
      return row === undefined ? null : toCustomer(row)
    },
    orderBy: async (name) => {
      if (scope.partnerId !== null) return seenOrderBy(name)
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
        .leftJoin(
          events,
          and(eq(events.projectId, projectId), eq(events.id, eventId ?? ''), own.owed(events.id)),
        )
        .leftJoin(deliveries, and(eq(deliveries.eventId, events.id), eq(deliveries.webhookId, webhooks.id)))
        .where(and(mine(webhooks, [webhookId]), own.webhooks))
        .limit(1)
      if (row === undefined) return null
      const { webhook, event, delivery } = row
      return {
        webhook: toWebhook(webhook, row.health),
        sealed: toSealedSecrets(webhook.sealedSecret, row.previous, webhook.sealedToken),
        event: event && (await mayPreview(webhook.dialect, event.id)) ? toEvent(event) : null,
        delivery: delivery && toDelivery(delivery),
        now: new Date(Number(row.nowMs)),
      }
    },
  }

  /** The newest of those that the partner was told of under that name. */
  async function seenOrderBy(name: OrderName): Promise<SeenOrder | null> {
    const rows = await db
      .select({ id: orders.id })
      .from(orders)
      .where(and(eq(orders.projectId, projectId), isNamed(name), owedOrder()))
      .orderBy(desc(orders.id))
      .limit(maxNamesakes)
    const seen = await seenOrders(
      db,
      scope,
      rows.map(({ id }) => id),
    )
    const found = seen.filter((order) => order.deletedAt === null && isCalled(order, name))
    return found.toSorted((one, other) => (one.id < other.id ? 1 : -1))[0] ?? null
  }

  function owedOrder(): SQL | undefined {
    const owed = db
      .select({ id: deliveries.id })
      .from(deliveries)
      .where(
        and(
          eq(deliveries.orderId, orders.id),
          ne(deliveries.state, 'SKIPPED'),
          own.ofWebhook(deliveries.webhookId),
        ),
      )
    return exists(owed)
  }

  /** To a partner, a webhook of one dialect may not show what those of others were not owed. */
  async function mayPreview(dialect: Dialect, eventId: string): Promise<boolean> {
    if (scope.partnerId === null) return true
    return tellsNoMore(dialect, (await owedDialects(db, scope, [eventId])).get(eventId) ?? [])
  }

  function ofOwnAttempt(): SQL | undefined {
    const ofOwn = own.ofWebhook(attempts.webhookId)
    if (ofOwn === undefined) return undefined
    const attempt = db
      .select({ id: attempts.id })
      .from(attempts)
      .where(
        and(
          eq(attempts.startedAt, attemptContents.startedAt),
          eq(attempts.id, attemptContents.attemptId),
          ofOwn,
        ),
      )
    return exists(attempt)
  }

  function mine(table: { projectId: Column; id: Column }, ids: readonly string[]): SQL | undefined {
    return and(eq(table.projectId, projectId), inArray(table.id, [...ids]))
  }
}

/** Orders of one name that are looked through for one that a partner was told of. */
const maxNamesakes = 20

/** What a partner was told of an order may be older than its row. */
function isCalled(order: SeenOrder, name: OrderName): boolean {
  return !('partnerIdentifier' in name) || order.partnerIdentifier === name.partnerIdentifier
}

function isNamed(name: OrderName): SQL {
  if ('number' in name) return eq(orders.number, name.number)
  if ('uid' in name) return eq(orders.uid, name.uid)
  return eq(orders.partnerIdentifier, name.partnerIdentifier)
}
