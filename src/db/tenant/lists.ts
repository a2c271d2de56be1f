/**
 * The lists of one scope, newest first. A page is one statement, also for the children of several parents.
 * `log/list-deliveries.ts` reads the log of deliveries, `log/attempt-lists.ts` the attempts.
 */
import { and, eq, isNotNull, isNull, sql, type Column, type SQL } from 'drizzle-orm'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { Reading } from '../connection/connect.ts'
import { listDeliveries } from '../log/list-deliveries.ts'
import { listedEntry, listedEvent } from '../shared/listed-columns.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { auditedAs, betweenIds, createdDuring, newestFirst, oneOf, ofTopics } from '../shared/filter-sql.ts'
import { pagesOf, rowsToRead, toPage } from '../shared/keyset-pages.ts'
import {
  toCustomer,
  toDelivery,
  toKey,
  toOrder,
  toPartner,
  toSite,
  toWebhook,
} from '../shared/row-mapping.ts'
import {
  auditLog,
  customers,
  deliveries,
  events,
  keys,
  orders,
  partners,
  sites,
  webhookHealth,
  webhooks,
} from '../schema/index.ts'

type Lists = Pick<
  ProjectStore,
  | 'listKeys'
  | 'listPartners'
  | 'listSites'
  | 'listCustomers'
  | 'listOrders'
  | 'listAuditEntries'
  | 'listEvents'
  | 'listWebhooks'
  | 'listDeliveries'
  | 'eventsOf'
  | 'deliveriesOf'
>

const deliveryParents = {
  order: deliveries.orderId,
  event: deliveries.eventId,
  webhook: deliveries.webhookId,
} as const

export function makeProjectLists(db: Reading, scope: Scope): Lists {
  const { projectId } = scope
  const conditions = tenantConditions(scope)
  return {
    listKeys: async (page) => {
      const rows = await db
        .select()
        .from(keys)
        .where(and(mine(keys), betweenIds(keys.id, page)))
        .orderBy(newestFirst(keys.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows.map(toKey))
    },
    listPartners: async (page) => {
      const rows = await db
        .select()
        .from(partners)
        .where(and(mine(partners), betweenIds(partners.id, page)))
        .orderBy(newestFirst(partners.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows.map(toPartner))
    },
    listSites: async ({ partnerIdentifiers, createdAt }, page) => {
      const rows = await db
        .select()
        .from(sites)
        .where(
          and(
            mine(sites),
            conditions.platformOnly,
            oneOf(sites.partnerIdentifier, partnerIdentifiers),
            createdDuring(sites, 'site', createdAt),
            betweenIds(sites.id, page),
          ),
        )
        .orderBy(newestFirst(sites.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows.map(toSite))
    },
    listCustomers: async ({ createdAt }, page) => {
      const rows = await db
        .select()
        .from(customers)
        .where(
          and(
            mine(customers),
            conditions.platformOnly,
            createdDuring(customers, 'customer', createdAt),
            betweenIds(customers.id, page),
          ),
        )
        .orderBy(newestFirst(customers.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows.map(toCustomer))
    },
    listOrders: async (filter, page) => {
      const rows = await db
        .select()
        .from(orders)
        .where(
          and(
            mine(orders),
            conditions.platformOnly,
            isNull(orders.deletedAt),
            oneOf(orders.siteId, filter.siteIds),
            oneOf(orders.customerId, filter.customerIds),
            oneOf(orders.state, filter.states),
            oneOf(orders.customerState, filter.customerStates),
            oneOf(orders.partnerIdentifier, filter.partnerIdentifiers),
            createdDuring(orders, 'order', filter.createdAt),
            betweenIds(orders.id, page),
          ),
        )
        .orderBy(newestFirst(orders.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows.map(toOrder))
    },
    listAuditEntries: async (filter, page) => {
      const rows = await db
        .select(listedEntry)
        .from(auditLog)
        .where(and(mine(auditLog), auditedAs(filter), betweenIds(auditLog.id, page)))
        .orderBy(newestFirst(auditLog.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows)
    },
    listEvents: async (filter, page) => {
      const rows = await db
        .select(listedEvent)
        .from(events)
        .where(
          and(
            mine(events),
            conditions.owed(events.id),
            oneOf(events.orderId, filter.orderIds),
            ofTopics(events.topic, filter.topics),
            createdDuring(events, 'event', filter.createdAt),
            betweenIds(events.id, page),
          ),
        )
        .orderBy(newestFirst(events.id, page))
        .limit(rowsToRead(page))
      return toPage(page, rows)
    },
    listWebhooks: async (filter, page) => {
      const rows = await db
        .select()
        .from(webhooks)
        .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
        .where(
          and(
            mine(webhooks),
            conditions.webhooks,
            isNull(webhooks.deletedAt),
            isEnabled(filter.enabled),
            oneOf(webhooks.preset, filter.presets),
            oneOf(webhooks.partnerId, filter.partnerIds),
            createdDuring(webhooks, 'webhook', filter.createdAt),
            betweenIds(webhooks.id, page),
          ),
        )
        .orderBy(newestFirst(webhooks.id, page))
        .limit(rowsToRead(page))
      return toPage(
        page,
        rows.map((row) => toWebhook(row.webhooks, row.webhook_health)),
      )
    },
    listDeliveries: (filter, page) => listDeliveries(db, scope, filter, page),
    eventsOf: async (orderIds, page) => {
      const child = db
        .select(listedEvent)
        .from(events)
        .where(
          and(
            mine(events),
            conditions.owed(events.id),
            isOfParent(events.orderId),
            betweenIds(events.id, page),
          ),
        )
        .orderBy(newestFirst(events.id, page))
        .limit(rowsToRead(page))
        .as('child')
      const rows = await db
        .select({ parentId, row: child._.selectedFields })
        .from(parents(orderIds))
        .crossJoinLateral(child)
      return pagesOf(page, orderIds, rows, (event) => event)
    },
    deliveriesOf: async (parent, ids, page) => {
      const child = db
        .select()
        .from(deliveries)
        .where(
          and(
            mine(deliveries),
            conditions.ofWebhook(deliveries.webhookId),
            isOfParent(deliveryParents[parent]),
            betweenIds(deliveries.id, page),
          ),
        )
        .orderBy(newestFirst(deliveries.id, page))
        .limit(rowsToRead(page))
        .as('child')
      const rows = await db
        .select({ parentId, row: child._.selectedFields })
        .from(parents(ids))
        .crossJoinLateral(child)
      return pagesOf(page, ids, rows, toDelivery)
    },
  }

  function mine(table: { readonly projectId: Column }): SQL {
    return eq(table.projectId, projectId)
  }
}

function isEnabled(enabled: boolean | null): SQL | undefined {
  if (enabled === null) return undefined
  return enabled ? isNull(webhooks.disabledAt) : isNotNull(webhooks.disabledAt)
}

// One statement reads a page of children for each parent, and no more rows than these pages have.
const parentId = sql<string>`parent.id`

function parents(ids: readonly string[]): SQL {
  return sql`unnest(${sql.param([...ids])}::text[]) as parent(id)`
}

function isOfParent(column: Column): SQL {
  return sql`${column} = parent.id`
}
