/** Sites, customers, orders, events and topics. */
import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { customerStates, orderStates } from '../../domain/orders/order.ts'
import { projects } from './access.ts'
import { id, instant } from './columns.ts'

/** The last number assigned to a site, a customer or an order of a project. */
export const counters = pgTable(
  'counters',
  {
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    kind: text('kind', { enum: ['site', 'customer', 'order'] }).notNull(),
    value: integer('value').notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.kind] })],
)

export const sites = pgTable(
  'sites',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    number: integer('number').notNull(),
    name: text('name').notNull(),
    /** Null: the partner has no identifier for the site. */
    partnerIdentifier: text('partner_identifier'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('sites_number').on(t.projectId, t.number),
    // list a project's sites
    index('sites_project').on(t.projectId, t.id),
  ],
)

export const customers = pgTable(
  'customers',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    number: integer('number').notNull(),
    name: text('name').notNull(),
    /** Null, here and in the two columns below: not known. */
    carType: text('car_type'),
    carColor: text('car_color'),
    licensePlate: text('license_plate'),
    /** Whether the customer wants marketing messages, here and in the column below. */
    marketingEmail: boolean('marketing_email').notNull().default(false),
    marketingSms: boolean('marketing_sms').notNull().default(false),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('customers_number').on(t.projectId, t.number),
    // list a project's customers
    index('customers_project').on(t.projectId, t.id),
  ],
)

export const orders = pgTable(
  'orders',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    number: integer('number').notNull(),
    uid: text('uid').notNull(),
    state: text('state', { enum: orderStates }).notNull(),
    customerState: text('customer_state', { enum: customerStates }).notNull(),
    version: integer('version').notNull(),
    /** The sequence of the order's latest event. */
    sequence: integer('sequence').notNull(),
    siteId: id('site_id')
      .notNull()
      .references(() => sites.id),
    /** Null: the order names no customer. */
    customerId: id('customer_id').references(() => customers.id),
    /** Null, here and in the columns below: not known, or not set. */
    partnerIdentifier: text('partner_identifier'),
    redemptionCode: text('redemption_code'),
    areaName: text('area_name'),
    source: text('source'),
    pickupStartsAt: instant('pickup_starts_at'),
    pickupEndsAt: instant('pickup_ends_at'),
    etaAt: instant('eta_at'),
    arrivedAt: instant('arrived_at'),
    /** The minutes before the ETA for which there was an event `order.arriving`. */
    arrivingSent: integer('arriving_sent').array().notNull().default([]),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    /** Null: not deleted. A deleted order keeps its row, because events refer to it. */
    deletedAt: instant('deleted_at'),
  },
  (t) => [
    uniqueIndex('orders_number').on(t.projectId, t.number),
    uniqueIndex('orders_uid').on(t.projectId, t.uid),
    // find orders by the partner's identifier, newest first
    index('orders_partner_identifier')
      .on(t.projectId, t.partnerIdentifier, t.id)
      .where(sql`partner_identifier is not null`),
    // list the orders of a source
    index('orders_source')
      .on(t.projectId, t.source, t.id)
      .where(sql`source is not null`),
    // list a project's, a site's and a customer's orders
    index('orders_project').on(t.projectId, t.id),
    index('orders_site').on(t.siteId, t.id),
    index('orders_customer')
      .on(t.customerId, t.id)
      .where(sql`customer_id is not null`),
  ],
)

/** When the event `order.arriving` of an order is due, for each number of minutes for which there was none. */
export const arrivingTimes = pgTable(
  'arriving_times',
  {
    orderId: id('order_id').notNull(),
    minutes: integer('minutes').notNull(),
    projectId: id('project_id').notNull(),
    dueAt: instant('due_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.orderId, t.minutes] }),
    // the due ones
    index('arriving_times_due').on(t.dueAt),
    // those of a project, when its minutes change
    index('arriving_times_project').on(t.projectId),
  ],
)

export const events = pgTable(
  'events',
  {
    id: id('id').primaryKey(),
    projectId: id('project_id').notNull(),
    topic: text('topic').notNull(),
    /** Null: the event does not belong to an order. */
    orderId: id('order_id'),
    /** Null: the event does not belong to an order. */
    sequence: integer('sequence'),
    /** The customer of an event that a change of this customer made. Null: all other events. */
    customerId: id('customer_id'),
    /** JSON stored as text, so that numbers keep all their digits. */
    data: text('data').notNull(),
    /**
     * The number of deliveries created for the event, minus those that retention removed. `verify-deliveries` compares
     * it with the number of rows.
     */
    deliveryCount: integer('delivery_count').notNull(),
    createdAt: instant('created_at').notNull(),
    /** When the customer's personal data were removed from `data`. Null: they were not removed. */
    erasedAt: instant('erased_at'),
    /**
     * Position in the project's feed of events, from 1, dense and in commit order. Null: stored before there was such a
     * feed.
     */
    position: bigint('position', { mode: 'number' }),
  },
  (t) => [
    // the feed of events
    index('events_feed')
      .on(t.projectId, t.position)
      .where(sql`position is not null`),
    // list a project's events; verify-deliveries
    index('events_project').on(t.projectId, t.id),
    // erase a customer's own events
    index('events_customer')
      .on(t.customerId)
      .where(sql`customer_id is not null`),
    // the sequences of an order's events are dense: two transactions can never assign the same one
    uniqueIndex('events_sequence').on(t.orderId, t.sequence),
  ],
)

/**
 * The project's own topics, in addition to the built-in ones. They are never changed or deleted, because events and
 * webhooks refer to them.
 */
export const topics = pgTable(
  'topics',
  {
    projectId: id('project_id')
      .notNull()
      .references(() => projects.id),
    /** Compared byte by byte, which is how the built-in topics are sorted. */
    name: id('name').notNull(),
    description: text('description').notNull(),
    /** JSON Schema, as text. */
    schema: text('schema').notNull(),
    /** JSON, as text. */
    example: text('example').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.projectId, t.name] })],
)

/**
 * Pending erasures: customers whose data are to be removed from the events of their orders. The row is deleted when
 * that is done.
 */
export const pendingErasures = pgTable('pending_erasures', {
  customerId: id('customer_id')
    .primaryKey()
    .references(() => customers.id),
  projectId: id('project_id').notNull(),
  /** The erasure has processed all orders before this one; empty at the beginning. */
  afterOrderId: id('after_order_id').notNull(),
})
