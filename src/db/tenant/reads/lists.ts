/** The lists of one scope, newest first. `child-lists.ts` lists the events and deliveries of given objects. */
import { and, eq, isNotNull, isNull, sql, type Column, type SQL } from 'drizzle-orm'
import type { ListedEntry } from '../../../domain/audit/audit-entry.ts'
import type { ListedEvent } from '../../../domain/orders/event.ts'
import type { Key } from '../../../domain/access/key.ts'
import type { Customer, Site } from '../../../domain/orders/order.ts'
import type { Partner } from '../../../domain/access/partner.ts'
import type {
  AuditLogFilter,
  CustomerFilter,
  EventFilter,
  SiteFilter,
  WebhookFilter,
} from '../../../domain/lists/filters.ts'
import type { Page, PageRequest } from '../../../domain/lists/page.ts'
import type { Webhook } from '../../../domain/webhooks/webhook.ts'
import {
  auditedAs,
  betweenIds,
  createdDuring,
  newestFirst,
  oneOf,
  ofTopics,
} from '../../shared/filter-sql.ts'
import { rowsToRead, toPage } from '../../shared/keyset-pages.ts'
import { listedEntry, listedEvent } from '../../shared/listed-columns.ts'
import { toCustomer, toKey, toPartner, toSite, toWebhook } from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { textArray } from '../../shared/text-array.ts'
import {
  auditLog,
  customers,
  events,
  keys,
  orders,
  partners,
  sites,
  webhookHealth,
  webhooks,
} from '../../schema/index.ts'

/** Newest first, as all lists below. Includes expired and revoked keys, but no OPERATOR keys. */
export async function listKeys(context: ReadContext, page: PageRequest<string>): Promise<Page<Key>> {
  const rows = await context.db
    .select()
    .from(keys)
    .where(and(isOfProject(context, keys), betweenIds(keys.id, page)))
    .orderBy(newestFirst(keys.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toKey))
}

export async function listPartners(context: ReadContext, page: PageRequest<string>): Promise<Page<Partner>> {
  const rows = await context.db
    .select()
    .from(partners)
    .where(and(isOfProject(context, partners), isNull(partners.deletedAt), betweenIds(partners.id, page)))
    .orderBy(newestFirst(partners.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toPartner))
}

export async function listSites(
  context: ReadContext,
  { partnerIdentifiers, createdAt }: SiteFilter,
  page: PageRequest<string>,
): Promise<Page<Site>> {
  const rows = await context.db
    .select()
    .from(sites)
    .where(
      and(
        isOfProject(context, sites),
        context.conditions.platformOnly,
        oneOf(sites.partnerIdentifier, partnerIdentifiers),
        createdDuring(sites, 'site', createdAt),
        betweenIds(sites.id, page),
      ),
    )
    .orderBy(newestFirst(sites.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toSite))
}

export async function listCustomers(
  context: ReadContext,
  { createdAt }: CustomerFilter,
  page: PageRequest<string>,
): Promise<Page<Customer>> {
  const rows = await context.db
    .select()
    .from(customers)
    .where(
      and(
        isOfProject(context, customers),
        context.conditions.platformOnly,
        createdDuring(customers, 'customer', createdAt),
        betweenIds(customers.id, page),
      ),
    )
    .orderBy(newestFirst(customers.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toCustomer))
}

export async function listAuditEntries(
  context: ReadContext,
  filter: AuditLogFilter,
  page: PageRequest<string>,
): Promise<Page<ListedEntry>> {
  const rows = await context.db
    .select(listedEntry)
    .from(auditLog)
    .where(and(isOfProject(context, auditLog), auditedAs(filter), betweenIds(auditLog.id, page)))
    .orderBy(newestFirst(auditLog.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows)
}

/** Events about orders of these sites. */
function ofSites(siteIds: readonly string[]): SQL | undefined {
  if (siteIds.length === 0) return undefined
  return sql`exists (
    select from ${orders} o where o.id = ${events.orderId} and o.site_id = any(${textArray(siteIds)})
  )`
}

export async function listEvents(
  context: ReadContext,
  filter: EventFilter,
  page: PageRequest<string>,
): Promise<Page<ListedEvent>> {
  const rows = await context.db
    .select(listedEvent)
    .from(events)
    .where(
      and(
        isOfProject(context, events),
        context.conditions.hasDelivery(events.id),
        oneOf(events.orderId, filter.orderIds),
        ofSites(filter.siteIds),
        ofTopics(events.topic, filter.topics),
        createdDuring(events, 'event', filter.createdAt),
        betweenIds(events.id, page),
      ),
    )
    .orderBy(newestFirst(events.id, page))
    .limit(rowsToRead(page))
  return toPage(page, rows)
}

/** Without deleted webhooks. */
export async function listWebhooks(
  context: ReadContext,
  filter: WebhookFilter,
  page: PageRequest<string>,
): Promise<Page<Webhook>> {
  const rows = await context.db
    .select()
    .from(webhooks)
    .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
    .where(and(isListed(context, filter), betweenIds(webhooks.id, page)))
    .orderBy(newestFirst(webhooks.id, page))
    .limit(rowsToRead(page))
  return toPage(
    page,
    rows.map((row) => toWebhook(row.webhooks, row.webhook_health)),
  )
}

/** The number of webhooks in the list; `max` when there are more. */
export async function countWebhooks(
  context: ReadContext,
  filter: WebhookFilter,
  max: number,
): Promise<number> {
  const found = context.db
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(isListed(context, filter))
    .limit(max)
    .as('found')
  const [row] = await context.db.select({ count: sql<number>`count(*)::int` }).from(found)
  return row?.count ?? 0
}

function isListed(context: ReadContext, filter: WebhookFilter): SQL | undefined {
  return and(
    isOfProject(context, webhooks),
    context.conditions.webhooks,
    isNull(webhooks.deletedAt),
    isEnabled(filter.enabled),
    oneOf(webhooks.preset, filter.presets),
    oneOf(webhooks.partnerId, filter.partnerIds),
    createdDuring(webhooks, 'webhook', filter.createdAt),
  )
}

function isOfProject({ scope }: ReadContext, table: { readonly projectId: Column }): SQL {
  return eq(table.projectId, scope.projectId)
}

function isEnabled(enabled: boolean | null): SQL | undefined {
  if (enabled === null) return undefined
  return enabled ? isNull(webhooks.disabledAt) : isNotNull(webhooks.disabledAt)
}
