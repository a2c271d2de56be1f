/**
 * Reads one project's rows. The store adds its scope to every statement, so that rows of other projects and of other
 * partners cannot be reached. `transaction.ts` writes.
 */
import { and, asc, eq, exists, inArray, isNull, or, sql, type Column, type SQL } from 'drizzle-orm'
import { instantOf, isIdOf } from '../../domain/shared/ids.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import { makeAttemptContents } from '../log/attempt-contents.ts'
import { makeAttemptLists } from '../log/attempt-lists.ts'
import { cancelPending } from '../dispatch/cancel.ts'
import { despiteDeadlocks } from '../connection/retry.ts'
import { eraseBatch } from '../maintenance/erase.ts'
import { replaySkipped } from '../dispatch/replay.ts'
import type { Database, Reading, Sql } from '../connection/connect.ts'
import { makeOrderLookUps } from './find-order.ts'
import { listedEntry, listedEvent, listedTopic } from '../shared/listed-columns.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { shownData } from './partner-view.ts'
import { makePreviews } from './previews.ts'
import { makeProjectLists } from './lists.ts'
import { runProjectTx } from './transaction.ts'
import {
  shownOfProject,
  toAttempt,
  toCustomer,
  toDelivery,
  toKey,
  toPartner,
  toSite,
  toTopic,
  toWebhook,
} from '../shared/row-mapping.ts'
import {
  attempts,
  auditLog,
  customers,
  deliveries,
  events,
  keys,
  partners,
  projects,
  sites,
  topics,
  webhookHealth,
  webhooks,
} from '../schema/index.ts'
import { eachInScope, inRawScope } from '../connection/tenant-scope.ts'
import { makeWebhookHealth } from './webhook-health.ts'

/** Members that run outside `makeProjectReads`: each opens its transaction itself. */
type Writes = 'transaction' | 'cancelPending' | 'replaySkipped' | 'erasePending'

export function makeProjectStore(db: Database, scope: Scope): ProjectStore {
  const mine = (sql: Sql, webhookId: string): ReturnType<Sql> =>
    sql`select id from webhooks where id = ${webhookId} and project_id = ${scope.projectId}
      and (${scope.partnerId}::text is null or partner_id = ${scope.partnerId})`
  return {
    ...eachInScope(db, scope, (tx) => makeProjectReads(tx, scope)),
    cancelPending: (webhookId, limit) =>
      inRawScope(db.$client, scope, (sql) => cancelPending(sql, mine(sql, webhookId), limit)),
    replaySkipped: (webhookId, limit) =>
      inRawScope(db.$client, scope, (sql) => replaySkipped(sql, mine(sql, webhookId), limit)),
    // Waits for another transaction that processes the same erasure, such as the sweep's, so that it returns only when
    // the events are erased.
    erasePending: (customerId, limit) =>
      despiteDeadlocks(() =>
        inRawScope(db.$client, scope, (sql) => {
          const whose = sql`customer_id = ${customerId} and project_id = ${scope.projectId}`
          return eraseBatch(sql, sql`where ${whose} for update`, limit)
        }),
      ),
    transaction: (work) => runProjectTx(db, scope, work),
  }
}

function makeProjectReads(db: Reading, scope: Scope): Omit<ProjectStore, Writes> {
  const { projectId } = scope
  const conditions = tenantConditions(scope)
  return {
    project: async () => {
      const [row] = await db.select(shownOfProject).from(projects).where(eq(projects.id, projectId))
      if (row === undefined) throw new Error(`expected project ${projectId} to exist, it does not`)
      return row
    },
    keysByIds: async (ids) =>
      (
        await db
          .select()
          .from(keys)
          .where(and(mine(keys, ids), conditions.platformOnly))
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
          .where(and(mine(partners, ids), conditions.partners))
      ).map(toPartner),
    sitesByIds: async (ids) =>
      (
        await db
          .select()
          .from(sites)
          .where(and(mine(sites, ids), conditions.platformOnly))
      ).map(toSite),
    customersByIds: async (ids) =>
      (
        await db
          .select()
          .from(customers)
          .where(and(mine(customers, ids), conditions.platformOnly))
      ).map(toCustomer),
    eventsByIds: async (ids) => {
      return db
        .select(listedEvent)
        .from(events)
        .where(and(mine(events, ids), conditions.owed(events.id)))
    },
    eventDataByIds: async (ids) => {
      const rows = await db
        .select({ id: events.id, topic: events.topic, data: events.data })
        .from(events)
        .where(and(mine(events, ids), conditions.owed(events.id)))
      return shownData(db, scope, rows)
    },
    webhooksByIds: async (ids) => {
      const rows = await db
        .select()
        .from(webhooks)
        .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
        .where(and(mine(webhooks, ids), conditions.webhooks))
      return rows.map((row) => toWebhook(row.webhooks, row.webhook_health))
    },
    deliveriesByIds: async (ids) =>
      (
        await db
          .select()
          .from(deliveries)
          .where(and(mine(deliveries, ids), conditions.ofWebhook(deliveries.webhookId)))
      ).map(toDelivery),
    attemptsByIds: async (ids) => {
      const known = ids.filter((id) => isIdOf('attempt', id))
      if (known.length === 0) return []
      // The id contains the start time, so PostgreSQL reads only the partitions of these days.
      const rows = await db
        .select()
        .from(attempts)
        .where(
          and(
            mine(attempts, known),
            conditions.ofWebhook(attempts.webhookId),
            inArray(attempts.startedAt, known.map(instantOf)),
          ),
        )
      return rows.map(toAttempt)
    },
    auditEntriesByIds: async (ids) =>
      db
        .select(listedEntry)
        .from(auditLog)
        .where(and(mine(auditLog, ids), conditions.platformOnly)),
    auditedStatesByIds: async (ids) =>
      db
        .select({ id: auditLog.id, before: auditLog.before, after: auditLog.after })
        .from(auditLog)
        .where(and(mine(auditLog, ids), conditions.platformOnly)),
    siteByNumber: async (number) => {
      const [row] = await db
        .select()
        .from(sites)
        .where(and(eq(sites.projectId, projectId), eq(sites.number, number), conditions.platformOnly))
      return row === undefined ? null : toSite(row)
    },
    customerByNumber: async (number) => {
      const [row] = await db
        .select()
        .from(customers)
        .where(and(eq(customers.projectId, projectId), eq(customers.number, number), conditions.platformOnly))
      return row === undefined ? null : toCustomer(row)
    },
    topics: async () =>
      db.select(listedTopic).from(topics).where(eq(topics.projectId, projectId)).orderBy(asc(topics.name)),
    topicsByNames: async (names) => {
      const rows = await db
        .select()
        .from(topics)
        .where(and(eq(topics.projectId, projectId), inArray(topics.name, [...names])))
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
    ...makeOrderLookUps(db, scope),
    ...makePreviews(db, scope),
    ...makeAttemptContents(db, scope),
  }

  function mine(table: { projectId: Column; id: Column }, ids: readonly string[]): SQL | undefined {
    return and(eq(table.projectId, projectId), inArray(table.id, [...ids]))
  }
}
