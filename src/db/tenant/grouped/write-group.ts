/**
 * Writes the rows of a group of changes in one statement. Each kind of row is one JSON parameter. The row of the event feed
 * is locked until the commit, so that positions become visible in order.
 */
import { sql, type SQL } from 'drizzle-orm'
import type { AuditEntry } from '../../../domain/audit/audit-entry.ts'
import type { DeliveryState, SkipReason } from '../../../domain/deliveries/delivery.ts'
import type { Event } from '../../../domain/orders/event.ts'
import type { Customer, Order, NumberedKind } from '../../../domain/orders/order.ts'
import { fromOrder } from '../../shared/row-mapping.ts'
import type { GroupContext } from './group-context.ts'
import { writeArrivingTimes } from './arriving-times.ts'
import { writeWords } from './group-words.ts'
import type { StoredAnswer } from './idempotency-keys.ts'

/** A delivery that is created with its event. */
export interface NewDelivery {
  readonly id: string
  readonly webhookId: string
  readonly state: Extract<DeliveryState, 'PENDING' | 'SKIPPED'>
  readonly skipReason: SkipReason | null
  /** When the webhook was disabled; null unless the delivery is SKIPPED because of that. */
  readonly skippedSince: Date | null
  /** See `orderPlaceOf`; null when the webhook has no ordering or the event no order. */
  readonly orderPlace: string | null
}

export interface NewEvent {
  readonly event: Event
  /** The customer whose change made the event; absent for all other events. */
  readonly customerId?: string
  readonly deliveries: readonly NewDelivery[]
}

/** The rows of a group. */
export interface GroupRows {
  readonly events: readonly NewEvent[]
  readonly createdOrders: readonly Order[]
  readonly updatedOrders: readonly Order[]
  /** Updated orders whose partner identifier or redemption code may have changed. */
  readonly renamedOrders: readonly Order[]
  /** Orders with a new ETA, or without one that they had. */
  readonly movedOrders: readonly Order[]
  readonly createdCustomers: readonly Customer[]
  /** The numbers that were taken last, where the group took any. */
  readonly counters: ReadonlyMap<NumberedKind, number>
  readonly auditEntries: readonly AuditEntry[]
  readonly answers: readonly StoredAnswer[]
}

/** The columns of an order, with their types in JSON. */
const orderColumns = sql.raw(`id text, number int, uid text, state text, customer_state text, version int,
  sequence int, site_id text, customer_id text, partner_identifier text, redemption_code text, area_name text, source text,
  pickup_starts_at timestamptz, pickup_ends_at timestamptz, eta_at timestamptz, arrived_at timestamptz, arriving_sent int[],
  created_at timestamptz, updated_at timestamptz, deleted_at timestamptz`)

/** The columns of an order that a change may write. */
const changedColumns = `state customer_state version sequence partner_identifier redemption_code area_name
  pickup_starts_at pickup_ends_at eta_at arrived_at arriving_sent updated_at deleted_at`.split(/\s+/)

const setChanged = sql.raw(changedColumns.map((column) => `${column} = n.${column}`).join(', '))

export async function writeGroup({ tx, projectId }: GroupContext, rows: GroupRows): Promise<void> {
  const createdAt = sql.raw('created_at timestamptz')
  const deliveries = rows.events.flatMap(({ event, deliveries: created }) =>
    created.map((delivery) => ({ ...delivery, event })),
  )
  await tx.execute(sql`
    with updated_orders as (
      update orders o set ${setChanged}
      from ${recordset(rows.updatedOrders.map((order) => orderRow(order, projectId)))} as n(${orderColumns})
      where o.id = n.id and o.project_id = ${projectId}
    ), created_customers as (
      insert into customers (
        id, project_id, number, name, car_type, car_color, license_plate, created_at, updated_at
      )
      select id, ${projectId}, number, name, car_type, car_color, license_plate, created_at, updated_at
      from ${recordset(rows.createdCustomers.map(customerRow))} as n(
        id text, number int, name text, car_type text, car_color text, license_plate text, ${createdAt},
        updated_at timestamptz
      )
    ), created_orders as (
      insert into orders (
        id, project_id, number, uid, state, customer_state, version, sequence, site_id, customer_id,
        partner_identifier, redemption_code, area_name, source, pickup_starts_at, pickup_ends_at, eta_at, arrived_at,
        created_at, updated_at, deleted_at
      )
      select id, ${projectId}, number, uid, state, customer_state, version, sequence, site_id, customer_id,
        partner_identifier, redemption_code, area_name, source, pickup_starts_at, pickup_ends_at, eta_at, arrived_at,
        created_at, updated_at, deleted_at
      from ${recordset(rows.createdOrders.map((order) => orderRow(order, projectId)))} as n(${orderColumns})
    ), counters_set as (
      insert into counters (project_id, kind, value)
      select ${projectId}, kind, value
      from ${recordset([...rows.counters].map(([kind, value]) => ({ kind, value })))} as n(kind text, value int)
      order by kind
      on conflict (project_id, kind) do update set value = excluded.value
    ), feed as (
      insert into event_feeds (project_id, position)
      select ${projectId}, ${rows.events.length}::int where ${rows.events.length}::int > 0
      on conflict (project_id) do update set position = event_feeds.position + excluded.position
      returning position
    ), new_events as (
      insert into events (
        id, project_id, topic, order_id, sequence, customer_id, data, delivery_count, created_at, position
      )
      select id, ${projectId}, topic, order_id, sequence, customer_id, data, delivery_count, created_at,
        (select position from feed) - from_end
      from ${recordset(rows.events.map(eventRow))} as n(
        id text, topic text, order_id text, sequence int, customer_id text, data text, delivery_count int, ${createdAt},
        from_end int
      )
    ), deliveries_of_events as (
      select * from ${recordset(deliveries.map(deliveryRow))} as n(
        id text, webhook_id text, event_id text, order_id text, topic text, state text, skip_reason text,
        skipped_since timestamptz, ${createdAt}, order_place text
      )
    ), new_deliveries as (
      insert into deliveries (
        id, project_id, webhook_id, event_id, order_id, topic, state, skip_reason, skipped_since,
        due_at, created_at, finished_at
      )
      select id, ${projectId}, webhook_id, event_id, order_id, topic, state, skip_reason, skipped_since,
        case when state = 'PENDING' then created_at end, created_at,
        case when state <> 'PENDING' then created_at end
      from deliveries_of_events
    ), queued as (
      insert into due_deliveries (delivery_id, webhook_id, due_at, order_place)
      select id, webhook_id, created_at, order_place from deliveries_of_events where state = 'PENDING'
    ), answered as (
      insert into idempotency_keys (project_id, mutation, key, input_hash, answer)
      select ${projectId}, mutation, key, input_hash, answer
      from ${recordset(rows.answers.map(answerRow))} as n(mutation text, key text, input_hash text, answer text)
    )${writeWords(rows, projectId)}${writeArrivingTimes(rows, projectId)}
    insert into audit_log (id, project_id, at, key_id, operation, object_id, before, after)
    select id, ${projectId}, at, key_id, operation, object_id, before, after
    from ${recordset(rows.auditEntries.map(auditRow))} as n(
      id text, at timestamptz, key_id text, operation text, object_id text, before jsonb, after jsonb
    )`)
}

/** The rows as one parameter. JavaScript writes dates as RFC 3339, which PostgreSQL reads as timestamptz. */
function recordset(rows: readonly Readonly<Record<string, unknown>>[]): SQL {
  return sql`json_to_recordset(${JSON.stringify(rows)}::json)`
}

function orderRow(order: Order, projectId: string): Readonly<Record<string, unknown>> {
  const row = fromOrder(order, projectId)
  return {
    id: row.id,
    number: row.number,
    uid: row.uid,
    state: row.state,
    customer_state: row.customerState,
    version: row.version,
    sequence: row.sequence,
    site_id: row.siteId,
    customer_id: row.customerId,
    partner_identifier: row.partnerIdentifier,
    redemption_code: row.redemptionCode,
    area_name: row.areaName,
    source: row.source,
    pickup_starts_at: row.pickupStartsAt,
    pickup_ends_at: row.pickupEndsAt,
    eta_at: row.etaAt,
    arrived_at: row.arrivedAt,
    arriving_sent: row.arrivingSent,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    deleted_at: row.deletedAt,
  }
}

function customerRow(customer: Customer): Readonly<Record<string, unknown>> {
  return {
    id: customer.id,
    number: customer.number,
    name: customer.name,
    car_type: customer.carType,
    car_color: customer.carColor,
    license_plate: customer.licensePlate,
    created_at: customer.createdAt,
    updated_at: customer.updatedAt,
  }
}

function eventRow(
  { event, deliveries, customerId }: NewEvent,
  place: number,
  all: readonly NewEvent[],
): Readonly<Record<string, unknown>> {
  return {
    id: event.id,
    topic: event.topic,
    order_id: event.orderId,
    sequence: event.sequence,
    ...(customerId !== undefined && { customer_id: customerId }),
    data: event.data,
    delivery_count: deliveries.length,
    created_at: event.createdAt,
    from_end: all.length - 1 - place,
  }
}

function deliveryRow(delivery: NewDelivery & { readonly event: Event }): Readonly<Record<string, unknown>> {
  return {
    id: delivery.id,
    webhook_id: delivery.webhookId,
    event_id: delivery.event.id,
    order_id: delivery.event.orderId,
    topic: delivery.event.topic,
    state: delivery.state,
    skip_reason: delivery.skipReason,
    skipped_since: delivery.skippedSince,
    created_at: delivery.event.createdAt,
    // PostgreSQL reads a missing member as null.
    ...(delivery.orderPlace !== null && { order_place: delivery.orderPlace }),
  }
}

function auditRow(entry: AuditEntry): Readonly<Record<string, unknown>> {
  return {
    id: entry.id,
    at: entry.at,
    key_id: entry.keyId,
    operation: entry.operation,
    object_id: entry.objectId,
    before: entry.before,
    after: entry.after,
  }
}

function answerRow({ mutation, key, inputHash, answer }: StoredAnswer): Readonly<Record<string, unknown>> {
  return { mutation, key, input_hash: inputHash, answer }
}
