/**
 * Finds objects of one scope by their ids and numbers. Ids that do not exist or are outside the scope are left
 * out. `find-order.ts` finds orders.
 */
import { and, eq, exists, inArray, isNull, or, sql, type Column, type SQL } from 'drizzle-orm'
import type { AuditedStates, ListedEntry } from '../../../domain/audit/audit-entry.ts'
import type { Attempt, Delivery } from '../../../domain/deliveries/delivery.ts'
import type { Event, ListedEvent } from '../../../domain/orders/event.ts'
import { instantOf, isIdOf } from '../../../domain/shared/ids.ts'
import type { Key } from '../../../domain/access/key.ts'
import type { Customer, Site } from '../../../domain/orders/order.ts'
import type { Partner } from '../../../domain/access/partner.ts'
import type { Project } from '../../../domain/access/project.ts'
import type { Webhook } from '../../../domain/webhooks/webhook.ts'
import { listedEntry, listedEvent, shownOfProject } from '../../shared/listed-columns.ts'
import {
  toAttempt,
  toCustomer,
  toDelivery,
  toKey,
  toPartner,
  toSite,
  toWebhook,
} from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
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
  webhookHealth,
  webhooks,
} from '../../schema/index.ts'
import { visibleData } from './partner-visible-data.ts'

export async function project({ db, scope: { projectId } }: ReadContext): Promise<Project> {
  const [row] = await db.select(shownOfProject).from(projects).where(eq(projects.id, projectId))
  if (row === undefined) throw new Error(`expected project ${projectId} to exist, it does not`)
  return row
}

export async function keysByIds(context: ReadContext, ids: readonly string[]): Promise<readonly Key[]> {
  const rows = await context.db
    .select()
    .from(keys)
    .where(and(isOneOf(context, keys, ids), context.conditions.platformOnly))
  return rows.map(toKey)
}

/** Keys of the project, and OPERATOR keys that appear in the project's audit log. */
export async function actingKeysByIds(
  { db, scope: { projectId } }: ReadContext,
  ids: readonly string[],
): Promise<readonly Key[]> {
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
}

export async function partnersByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly Partner[]> {
  const rows = await context.db
    .select()
    .from(partners)
    .where(and(isOneOf(context, partners, ids), context.conditions.partners))
  return rows.map(toPartner)
}

export async function sitesByIds(context: ReadContext, ids: readonly string[]): Promise<readonly Site[]> {
  const rows = await context.db
    .select()
    .from(sites)
    .where(and(isOneOf(context, sites, ids), context.conditions.platformOnly))
  return rows.map(toSite)
}

export async function customersByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly Customer[]> {
  const rows = await context.db
    .select()
    .from(customers)
    .where(and(isOneOf(context, customers, ids), context.conditions.platformOnly))
  return rows.map(toCustomer)
}

export async function eventsByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly ListedEvent[]> {
  return context.db
    .select(listedEvent)
    .from(events)
    .where(and(isOneOf(context, events, ids), context.conditions.hasDelivery(events.id)))
}

export async function eventDataByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly Pick<Event, 'id' | 'data'>[]> {
  const rows = await context.db
    .select({ id: events.id, topic: events.topic, data: events.data })
    .from(events)
    .where(and(isOneOf(context, events, ids), context.conditions.hasDelivery(events.id)))
  return visibleData(context, rows)
}

/** Includes deleted webhooks, because the delivery log still names them. */
export async function webhooksByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly Webhook[]> {
  const rows = await context.db
    .select()
    .from(webhooks)
    .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
    .where(and(isOneOf(context, webhooks, ids), context.conditions.webhooks))
  return rows.map((row) => toWebhook(row.webhooks, row.webhook_health))
}

export async function deliveriesByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly Delivery[]> {
  const rows = await context.db
    .select()
    .from(deliveries)
    .where(and(isOneOf(context, deliveries, ids), context.conditions.ofWebhook(deliveries.webhookId)))
  return rows.map(toDelivery)
}

export async function attemptsByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly Attempt[]> {
  const valid = ids.filter((id) => isIdOf('attempt', id))
  if (valid.length === 0) return []
  // The id contains the start time, so PostgreSQL reads only the partitions of these days.
  const rows = await context.db
    .select()
    .from(attempts)
    .where(
      and(
        isOneOf(context, attempts, valid),
        context.conditions.ofWebhook(attempts.webhookId),
        inArray(attempts.startedAt, valid.map(instantOf)),
      ),
    )
  return rows.map(toAttempt)
}

export async function auditEntriesByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly ListedEntry[]> {
  return context.db
    .select(listedEntry)
    .from(auditLog)
    .where(and(isOneOf(context, auditLog, ids), context.conditions.platformOnly))
}

export async function auditedStatesByIds(
  context: ReadContext,
  ids: readonly string[],
): Promise<readonly (AuditedStates & { readonly id: string })[]> {
  return context.db
    .select({ id: auditLog.id, before: auditLog.before, after: auditLog.after })
    .from(auditLog)
    .where(and(isOneOf(context, auditLog, ids), context.conditions.platformOnly))
}

export async function siteByNumber(
  { db, scope, conditions }: ReadContext,
  number: number,
): Promise<Site | null> {
  const [row] = await db
    .select()
    .from(sites)
    .where(and(eq(sites.projectId, scope.projectId), eq(sites.number, number), conditions.platformOnly))
  return row === undefined ? null : toSite(row)
}

export async function customerByNumber(
  { db, scope, conditions }: ReadContext,
  number: number,
): Promise<Customer | null> {
  const [row] = await db
    .select()
    .from(customers)
    .where(
      and(eq(customers.projectId, scope.projectId), eq(customers.number, number), conditions.platformOnly),
    )
  return row === undefined ? null : toCustomer(row)
}

function isOneOf(
  { scope }: ReadContext,
  table: { readonly projectId: Column; readonly id: Column },
  ids: readonly string[],
): SQL | undefined {
  return and(eq(table.projectId, scope.projectId), inArray(table.id, [...ids]))
}
