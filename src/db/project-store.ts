/**
 * One project's rows, to be read. The store is made from a project's id and puts it into every
 * statement, so that another project's rows cannot be reached. What is written is `project-tx.ts`.
 */
import { and, asc, desc, eq, gt, inArray, like, lt, lte, or, sql, type Column, type SQL } from 'drizzle-orm'
import type { AttemptFilter } from '../domain/attempt-filter.ts'
import { instantOf, isIdOf } from '../domain/ids.ts'
import type { Attempt, Delivery } from '../domain/delivery.ts'
import type { DeliveryFilter, Page, PageRequest, ProjectStore } from '../flow/ports.ts'
import type { Database } from './connect.ts'
import { rowsToRead, toPage } from './pages.ts'
import { runProjectTx } from './project-tx.ts'
import { toAttempt, toContent, toCustomer, toDelivery, toEvent, toOrder, toSite, toWebhook } from './rows.ts'
import {
  attemptContents,
  attempts,
  customers,
  deliveries,
  events,
  orders,
  projects,
  sites,
  webhookHealth,
  webhooks,
} from './schema.ts'

export function makeProjectStore(db: Database, projectId: string): ProjectStore {
  return {
    project: async () => {
      const [row] = await db.select().from(projects).where(eq(projects.id, projectId))
      if (row === undefined) throw new Error(`expected project ${projectId} to exist, it does not`)
      return { id: row.id, name: row.name, createdAt: row.createdAt }
    },
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
    listDeliveries: (filter, page) => listDeliveries(db, projectId, filter, page),
    listAttempts: (filter, page) => listAttempts(db, projectId, filter, page),
    attemptsOf: (wanted, page) => attemptsOf(db, projectId, wanted, page),
    transaction: (work) => runProjectTx(db, projectId, work),
  }

  function mine(table: { projectId: Column; id: Column }, ids: readonly string[]): SQL | undefined {
    return and(eq(table.projectId, projectId), inArray(table.id, [...ids]))
  }
}

async function listDeliveries(
  db: Database,
  projectId: string,
  filter: DeliveryFilter,
  page: PageRequest<string>,
): Promise<Page<Delivery>> {
  const rows = await db
    .select()
    .from(deliveries)
    .where(
      and(
        eq(deliveries.projectId, projectId),
        oneOf(deliveries.webhookId, filter.webhookIds),
        oneOf(deliveries.orderId, filter.orderIds),
        oneOf(deliveries.state, filter.states),
        ofTopics(deliveries.topic, filter.topics),
        // Newest first: what follows a cursor is older.
        page.after === null ? undefined : lt(deliveries.id, page.after),
        page.before === null ? undefined : gt(deliveries.id, page.before),
      ),
    )
    .orderBy(page.backwards ? asc(deliveries.id) : desc(deliveries.id))
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toDelivery))
}

async function listAttempts(
  db: Database,
  projectId: string,
  filter: AttemptFilter,
  page: PageRequest<string>,
): Promise<Page<Attempt>> {
  const rows = await db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.projectId, projectId),
        sql`${attempts.deliveryId} is not null`,
        oneOf(attempts.webhookId, filter.webhookIds),
        oneOf(attempts.orderId, filter.orderIds),
        oneOf(attempts.outcome, filter.outcomes),
        ofTopics(attempts.topic, filter.topics),
        // The row comparison keeps the page exact; the plain one is what prunes partitions.
        page.after === null
          ? undefined
          : and(lte(attempts.startedAt, instantOf(page.after)), olderThan(page.after)),
        page.before === null
          ? undefined
          : and(
              sql`${attempts.startedAt} >= ${instantOf(page.before).toISOString()}`,
              newerThan(page.before),
            ),
      ),
    )
    .orderBy(
      ...(page.backwards
        ? [asc(attempts.startedAt), asc(attempts.id)]
        : [desc(attempts.startedAt), desc(attempts.id)]),
    )
    .limit(rowsToRead(page))
  return toPage(page, rows.map(toAttempt))
}

function olderThan(id: string): SQL {
  return sql`(${attempts.startedAt}, ${attempts.id}) < (${instantOf(id).toISOString()}::timestamptz, ${id})`
}

function newerThan(id: string): SQL {
  return sql`(${attempts.startedAt}, ${attempts.id}) > (${instantOf(id).toISOString()}::timestamptz, ${id})`
}

// One statement for all deliveries: a page of a log costs the same however many deliveries it shows.
async function attemptsOf(
  db: Database,
  projectId: string,
  wanted: readonly Delivery[],
  page: PageRequest<number>,
): Promise<readonly Page<Attempt>[]> {
  if (wanted.length === 0) return []
  const oldest = new Date(Math.min(...wanted.map((delivery) => delivery.createdAt.getTime())))
  const number = page.backwards ? desc(attempts.number) : asc(attempts.number)
  const ranked = db.$with('ranked').as(
    db
      .select({
        id: sql<string>`${attempts.id}`.as('ranked_id'),
        startedAt: sql<Date>`${attempts.startedAt}`.as('ranked_at'),
        rank: sql<number>`row_number() over (partition by ${attempts.deliveryId} order by ${number})`.as(
          'rank',
        ),
      })
      .from(attempts)
      .where(
        and(
          eq(attempts.projectId, projectId),
          inArray(
            attempts.deliveryId,
            wanted.map((delivery) => delivery.id),
          ),
          sql`${attempts.startedAt} >= ${oldest.toISOString()}`,
          page.after === null ? undefined : gt(attempts.number, page.after),
          page.before === null ? undefined : lt(attempts.number, page.before),
        ),
      ),
  )
  const rows = await db
    .with(ranked)
    .select({ attempt: attempts })
    .from(ranked)
    .innerJoin(attempts, and(eq(attempts.startedAt, ranked.startedAt), eq(attempts.id, ranked.id)))
    .where(lte(ranked.rank, rowsToRead(page)))
    .orderBy(number)
  const byDelivery = new Map<string, Attempt[]>()
  for (const { attempt } of rows) {
    const list = byDelivery.get(attempt.deliveryId ?? '') ?? []
    list.push(toAttempt(attempt))
    byDelivery.set(attempt.deliveryId ?? '', list)
  }
  return wanted.map((delivery) => toPage(page, byDelivery.get(delivery.id) ?? []))
}

function oneOf(column: Column, values: readonly string[]): SQL | undefined {
  return values.length === 0 ? undefined : inArray(column, [...values])
}

function ofTopics(column: Column, selections: readonly string[]): SQL | undefined {
  if (selections.length === 0) return undefined
  return or(
    ...selections.map((selection) =>
      selection.endsWith('.*') ? like(column, `${likeText(selection.slice(0, -1))}%`) : eq(column, selection),
    ),
  )
}

// A selection is compared as text: its % and _ mean themselves.
function likeText(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&')
}
