/** The columns that a claim reads of a delivery under lease, and their mapping to the domain. */
import type { DeliveryState, ManualRetry } from '../../domain/deliveries/delivery.ts'
import type { Event } from '../../domain/orders/event.ts'
import type { PolicyOverrides } from '../../domain/policies/policy.ts'
import type { Preset } from '../../domain/webhooks/preset.ts'
import type { Dialect } from '../../domain/dialects/registry.ts'
import type { CustomHeader } from '../../domain/webhooks/webhook.ts'
import type { Claimed } from '../../ports/dispatch-store.ts'
import type { Sql } from '../connection/connect.ts'
import { toEncryptedSecrets } from '../shared/row-mapping.ts'

export interface ClaimedRow {
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
  erased: boolean
  url: string
  preset: Preset
  overrides: PolicyOverrides
  dialect: Dialect
  headers: readonly CustomHeader[]
  sealed_secret: string | null
  previous_sealed_secret: string | null
  sealed_token: string | null
  max_concurrency: number | null
  manual_retry: ManualRetry | null
  resume_state: DeliveryState | null
  resume_in_ms: number | null
}

/**
 * The columns of a lease `l`, its delivery `d`, event `e` and webhook `w`. A lease is always settled before the next
 * claim, so the attempt's number is one more than the number of recorded attempts.
 */
export function claimColumns(sql: Sql) {
  return sql`
    d.project_id, d.webhook_id, d.id as delivery_id, l.lease_token, d.attempt_count + 1 as attempt_number,
    l.lease_started_at,
    d.failures, d.interruptions, (extract(epoch from now() - coalesce(d.replayed_at, d.created_at)) * 1000)::float8 as age_ms,
    e.id as event_id, e.topic, e.order_id, e.sequence, e.data, e.created_at as event_created_at,
    d.erased_at is not null as erased,
    l.manual_retry, d.resume_state, (extract(epoch from d.resume_at - now()) * 1000)::float8 as resume_in_ms,
    w.max_concurrency, w.url, w.preset, w.dialect, w.overrides, w.headers, w.sealed_secret, w.sealed_token,
    case when w.previous_secret_until > now() then w.previous_sealed_secret end as previous_sealed_secret`
}

export function toClaimed(row: ClaimedRow): Claimed {
  const event: Event = {
    id: row.event_id,
    topic: row.topic,
    orderId: row.order_id,
    sequence: row.sequence,
    data: row.data,
    createdAt: row.event_created_at,
  }
  const isManual = row.manual_retry === 'NOW' || row.manual_retry === 'AGAIN'
  return {
    projectId: row.project_id,
    webhookId: row.webhook_id,
    deliveryId: row.delivery_id,
    leaseToken: row.lease_token,
    attemptNumber: row.attempt_number,
    trigger: isManual ? 'MANUAL' : 'SCHEDULE',
    startedAt: row.lease_started_at,
    facts: { failures: row.failures, interruptions: row.interruptions, ageMs: row.age_ms },
    resumption: isManual ? { state: row.resume_state ?? 'PENDING', inMs: row.resume_in_ms } : null,
    event,
    erased: row.erased,
    webhook: {
      url: row.url,
      preset: row.preset,
      dialect: row.dialect,
      overrides: row.overrides,
      headers: row.headers,
      encrypted: toEncryptedSecrets(row.sealed_secret, row.previous_sealed_secret, row.sealed_token),
      maxConcurrency: row.max_concurrency,
    },
  }
}
