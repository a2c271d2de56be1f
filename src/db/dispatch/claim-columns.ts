/** The columns that a claim reads of a delivery under lease, and their mapping to the domain. */
import type postgres from 'postgres'
import type { DeliveryState, ManualRetry } from '../../domain/deliveries/delivery.ts'
import { activeMs } from '../../domain/deliveries/pause.ts'
import type { Claimed, ClaimedWebhook } from '../../ports/dispatch-store.ts'
import type { WebhookVersion } from './claimed-webhooks.ts'

export interface ClaimedRow extends WebhookVersion {
  project_id: string
  delivery_id: string
  lease_token: string
  attempt_number: number
  /** In milliseconds since 1970, as the other times here. Numbers are parsed faster than timestamps. */
  started_ms: number
  failures: number
  interruptions: number
  /** When the retry window of the delivery started. */
  since_ms: number
  now_ms: number
  event_id: string
  topic: string
  order_id: string | null
  sequence: number | null
  data: string
  event_created_ms: number
  erased: boolean
  manual_retry: ManualRetry | null
  resume_state: DeliveryState | null
  resume_in_ms: number | null
}

/**
 * The columns of a lease `l`, its delivery `d`, event `e` and webhook `w`. A lease is always settled before the next
 * claim, so the attempt's number is one more than the number of recorded attempts.
 */
export function claimColumns(sql: postgres.ISql) {
  return sql`
    d.project_id, d.webhook_id, w.xmin::text as webhook_xmin, d.id as delivery_id, l.lease_token,
    d.attempt_count + 1 as attempt_number, date_part('epoch', l.lease_started_at) * 1000 as started_ms,
    d.failures, d.interruptions, date_part('epoch', coalesce(d.replayed_at, d.created_at)) * 1000 as since_ms,
    date_part('epoch', statement_timestamp()) * 1000 as now_ms,
    e.id as event_id, e.topic, e.order_id, e.sequence, e.data, date_part('epoch', e.created_at) * 1000 as event_created_ms,
    d.erased_at is not null as erased,
    l.manual_retry, d.resume_state, date_part('epoch', d.resume_at - now()) * 1000 as resume_in_ms`
}

export function toClaimed(row: ClaimedRow, webhook: ClaimedWebhook): Claimed {
  const isProbe = row.manual_retry === 'PROBE'
  const isManual = row.manual_retry === 'NOW' || row.manual_retry === 'AGAIN' || isProbe
  return {
    projectId: row.project_id,
    webhookId: row.webhook_id,
    deliveryId: row.delivery_id,
    leaseToken: row.lease_token,
    attemptNumber: row.attempt_number,
    trigger: isManual ? 'MANUAL' : 'SCHEDULE',
    startedAt: instantOf(row.started_ms),
    facts: {
      failures: row.failures,
      interruptions: row.interruptions,
      ageMs: activeMs(webhook.pauses, row.since_ms, row.now_ms),
      expiresInMs: webhook.expireAfterMs && row.event_created_ms + webhook.expireAfterMs - row.now_ms,
    },
    resumption: isManual ? { state: row.resume_state ?? 'PENDING', inMs: row.resume_in_ms } : null,
    isProbe,
    event: {
      id: row.event_id,
      topic: row.topic,
      orderId: row.order_id,
      sequence: row.sequence,
      data: row.data,
      createdAt: instantOf(row.event_created_ms),
    },
    erased: row.erased,
    webhook,
  }
}

// PostgreSQL's timestamps have whole milliseconds here; the product in SQL may be a fraction less.
function instantOf(ms: number): Date {
  return new Date(Math.round(ms))
}
