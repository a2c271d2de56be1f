/**
 * What the dispatcher asks of PostgreSQL, for all projects: claims, due times, leases that ran
 * out. Hand-written statements on the database's clock, each one round trip for many lanes.
 * Writing down what came of attempts is `settle.ts`.
 */
import type { Event } from '../domain/event.ts'
import type { PolicyOverrides } from '../domain/policy/policy.ts'
import type { Dialect, Preset } from '../domain/preset.ts'
import type { CustomHeader } from '../domain/webhook.ts'
import type { Chance, Claimed, DispatchStore } from '../flow/ports.ts'
import { cancelOwed } from './cancel.ts'
import type { Sql } from './connect.ts'
import { toSealedSecrets } from './rows.ts'
import { settleBatch } from './settle.ts'
import { forgetTallies } from './tallies.ts'

/** Days for which partitions are made ahead: a process that sleeps over a night still writes. */
const partitionDaysAhead = 14

interface ClaimedRow {
  project_id: string
  webhook_id: string
  delivery_id: string
  lease_token: string
  attempt_number: number
  lease_started_at: Date
  failures: number
  interruptions: number
  age_ms: number
  event_id: string
  topic: string
  order_id: string | null
  sequence: number | null
  data: string
  event_created_at: Date
  url: string
  preset: Preset
  overrides: PolicyOverrides
  dialect: Dialect
  headers: readonly CustomHeader[]
  sealed_secret: string | null
  previous_sealed_secret: string | null
  sealed_token: string | null
}

export function makeDispatchStore(sql: Sql, chance: Chance): DispatchStore {
  // What a claim says of a lease `l`, its delivery `d`, its event `e` and its webhook `w`.
  // A lease is always settled before the next, so that its attempt is the one after those recorded.
  const claimColumns = sql`
    d.project_id, d.webhook_id, d.id as delivery_id, l.lease_token, d.attempt_count + 1 as attempt_number,
    l.lease_started_at,
    d.failures, d.interruptions, (extract(epoch from now() - d.created_at) * 1000)::float8 as age_ms,
    e.id as event_id, e.topic, e.order_id, e.sequence, e.data, e.created_at as event_created_at,
    w.url, w.preset, w.dialect, w.overrides, w.headers, w.sealed_secret, w.sealed_token,
    case when w.previous_secret_until > now() then w.previous_sealed_secret end as previous_sealed_secret`

  const ensurePartitions = async (): Promise<void> => {
    // Yesterday too: an attempt that began before midnight is settled after it.
    await sql`
      select ensure_attempt_partitions(
        (now() at time zone 'utc')::date - 1,
        (now() at time zone 'utc')::date + ${partitionDaysAhead}::int
      )`
  }

  return {
    ensurePartitions,
    settle: (batch, count) => settleBatch(sql, batch, count, ensurePartitions),

    claim: async (wishes, lease) => {
      // One token for the whole statement: a delivery that is claimed again gets another.
      const token = chance.newUuid()
      const rows = await sql<ClaimedRow[]>`
        with wish as (
          select * from unnest(
            ${wishes.map((wish) => wish.webhookId)}::text[],
            ${wishes.map((wish) => wish.limit)}::int[]
          ) as wish(webhook_id, take)
        ), due as (
          select d.delivery_id
          from wish
          join webhooks w on w.id = wish.webhook_id and w.disabled_at is null and w.deleted_at is null
          cross join lateral (
            select delivery_id from due_deliveries
            where webhook_id = wish.webhook_id and due_at <= now() and lease_token is null
            order by due_at, delivery_id
            limit wish.take
            for update skip locked
          ) d
        ), leased as (
          update due_deliveries l set
            lease_token = ${token},
            lease_until = now() + interval '1 millisecond' * (${lease.marginMs}::float8 + (
              select coalesce((overrides->>'timeoutMs')::float8, ${lease.timeoutMs}::float8)
              from webhooks where id = l.webhook_id
            )),
            lease_started_at = now()
          -- As an array, whose length is guessed to be short: guessed from "limit", joins would read whole tables.
          where delivery_id = any(array(select delivery_id from due))
          returning *
        )
        select ${claimColumns}
        from leased l
        join deliveries d on d.id = l.delivery_id
        join events e on e.id = d.event_id
        join webhooks w on w.id = d.webhook_id
        order by l.due_at, l.delivery_id`
      return rows.map(toClaimed)
    },

    nextDue: async (webhookIds) => {
      const rows = await sql<{ webhook_id: string; in_ms: number }[]>`
        select w.id as webhook_id, (extract(epoch from due.at - clock_timestamp()) * 1000)::float8 as in_ms
        from webhooks w
        cross join lateral (
          select min(due_at) as at from due_deliveries
          where webhook_id = w.id and lease_token is null
        ) due
        where w.id = any(${[...webhookIds]}::text[])
          and w.disabled_at is null and w.deleted_at is null and due.at is not null`
      return rows.map((row) => ({ webhookId: row.webhook_id, inMs: row.in_ms }))
    },

    dueWebhooks: async (limit) => {
      const rows = await sql<{ id: string }[]>`
        select w.id from webhooks w
        where w.disabled_at is null and w.deleted_at is null and exists (
          select from due_deliveries
          where webhook_id = w.id and due_at <= now() and lease_token is null
        )
        limit ${limit}`
      return rows.map((row) => row.id)
    },

    cancelOwed: (limit) =>
      cancelOwed(
        sql,
        sql`
          select w.id from webhooks w
          where w.deleted_at is not null and exists (
            select from due_deliveries where webhook_id = w.id and lease_token is null
          )`,
        limit,
      ),

    forgetTallies: (limit) => forgetTallies(sql, limit),

    expiredLeases: async (limit) => {
      const rows = await sql<ClaimedRow[]>`
        select ${claimColumns}
        from due_deliveries l
        join deliveries d on d.id = l.delivery_id
        join events e on e.id = d.event_id
        join webhooks w on w.id = d.webhook_id
        where l.lease_token is not null and l.lease_until < now()
        order by l.lease_until
        limit ${limit}`
      return rows.map(toClaimed)
    },
  }
}

function toClaimed(row: ClaimedRow): Claimed {
  const event: Event = {
    id: row.event_id,
    topic: row.topic,
    orderId: row.order_id,
    sequence: row.sequence,
    data: row.data,
    createdAt: row.event_created_at,
  }
  return {
    projectId: row.project_id,
    webhookId: row.webhook_id,
    deliveryId: row.delivery_id,
    leaseToken: row.lease_token,
    attemptNumber: row.attempt_number,
    trigger: 'SCHEDULE',
    startedAt: row.lease_started_at,
    facts: { failures: row.failures, interruptions: row.interruptions, ageMs: row.age_ms },
    event,
    webhook: {
      url: row.url,
      preset: row.preset,
      dialect: row.dialect,
      overrides: row.overrides,
      headers: row.headers,
      sealed: toSealedSecrets(row.sealed_secret, row.previous_sealed_secret, row.sealed_token),
    },
  }
}
