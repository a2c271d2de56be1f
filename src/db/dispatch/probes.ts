/**
 * Probes of webhooks that a disable rule has disabled (`policy.recovery`): leases one delivery of each webhook whose probe is
 * due. A probe is a manual attempt, so that it uses up no retry and a failure leaves the delivery as it was.
 */
import type postgres from 'postgres'
import { firstProbeMs, maxProbeMs, probedReasons } from '../../domain/policies/recovery.ts'
import { presetRules, presets } from '../../domain/webhooks/preset.ts'
import type { DispatchStore } from '../../ports/dispatch-store.ts'
import type { System } from '../../ports/system.ts'
import type { Sql } from '../connection/connect.ts'
import { leaseDue, type LeaseTimes } from './claim.ts'
import type { ClaimedRow } from './claim-columns.ts'
import { isPastDeadline } from './deadlines.ts'
import { isNotPaused } from './paused.ts'

const probedByDefault = presets.filter((preset) => presetRules[preset].policy.recovery === 'PROBE')

interface Chosen {
  readonly delivery_id: string
  readonly webhook_id: string
  readonly is_skipped: boolean
}

/**
 * See `DispatchStore.claimProbes`. Waits for no lock: a webhook or delivery that another transaction has locked is left to
 * the next sweep. The lock on the health row and the time of the next probe, which is after the end of this lease, keep a
 * second process from probing the webhook at the same time.
 */
export function claimProbes(
  sql: Sql,
  system: System,
  limit: Parameters<DispatchStore['claimProbes']>[0],
  lease: LeaseTimes,
): Promise<readonly ClaimedRow[]> {
  return sql.begin(async (tx): Promise<readonly ClaimedRow[]> => {
    const webhookIds = await lockProbed(tx, limit)
    if (webhookIds.length === 0) return []
    const chosen = await chooseDeliveries(tx, webhookIds)
    if (chosen.length === 0) return []
    await setNextProbe(
      tx,
      chosen.map((one) => one.webhook_id),
    )
    await makeManual(tx, chosen)
    const ids = chosen.map((one) => one.delivery_id)
    return tx<ClaimedRow[]>`
      with due as (select unnest(${ids}::text[]) as delivery_id), ${leaseDue(tx, system, lease)}`
  })
}

/** Locks the health of webhooks whose probe is due and that have a delivery for it. */
async function lockProbed(tx: postgres.ISql, limit: number): Promise<readonly string[]> {
  const rows = await tx<{ id: string }[]>`
    select w.id
    from webhooks w join webhook_health h on h.webhook_id = w.id
    where w.disabled_reason = any(${[...probedReasons]}::text[]) and w.deleted_at is null and ${isNotPaused(tx)}
      and case when w.overrides->>'recovery' is null then w.preset = any(${probedByDefault}::text[])
        else w.overrides->>'recovery' = 'PROBE' end
      and coalesce(h.probe_due_at, w.disabled_at + interval '1 millisecond' * ${firstProbeMs}::float8) <= now()
      and not exists (select from due_deliveries where webhook_id = w.id and lease_token is not null)
      and (
        exists (select from due_deliveries where webhook_id = w.id and due_at <= now() and lease_token is null)
        or exists (select from deliveries where webhook_id = w.id and skipped_since = w.disabled_at and state = 'SKIPPED')
      )
    order by coalesce(h.probe_due_at, w.disabled_at), w.id
    limit ${limit}
    for update of h skip locked`
  return rows.map(({ id }) => id)
}

/**
 * The delivery that has been due longest, else the oldest skipped one; for LATEST_ONLY, the newest skipped one first. Those past
 * their deadline are not sent.
 */
async function chooseDeliveries(
  tx: postgres.ISql,
  webhookIds: readonly string[],
): Promise<readonly Chosen[]> {
  const waiting = await tx<Chosen[]>`
    select d.id as delivery_id, w.id as webhook_id, false as is_skipped
    from webhooks w
    cross join lateral (
      select d.id from due_deliveries l join deliveries d on d.id = l.delivery_id
      where l.webhook_id = w.id and l.due_at <= now() and l.lease_token is null and not ${isPastDeadline(tx)}
        and ${isNext(tx)}
      order by l.due_at, l.delivery_id
      limit 1
      for update of l, d skip locked
    ) d
    where w.id = any(${[...webhookIds]}::text[])`
  const others = webhookIds.filter((id) => !waiting.some((one) => one.webhook_id === id))
  if (others.length === 0) return waiting
  const skipped = await tx<Chosen[]>`
    select d.id as delivery_id, w.id as webhook_id, true as is_skipped
    from webhooks w
    cross join lateral (
      select d.id from deliveries d
      where d.id = case when w.ordering = 'LATEST_ONLY' then (${skippedId(tx, 'desc')}) else (${skippedId(tx, 'asc')}) end
      for update skip locked
    ) d
    where w.id = any(${others}::text[])`
  return [...waiting, ...skipped]
}

/** The oldest or newest skipped delivery of webhook `w`. */
function skippedId(tx: postgres.ISql, direction: 'asc' | 'desc') {
  return tx`
    select d.id from deliveries d
    where d.webhook_id = w.id and d.skipped_since = w.disabled_at and d.state = 'SKIPPED'
      and not ${isPastDeadline(tx)}
    order by d.id ${tx.unsafe(direction)}
    limit 1`
}

/**
 * Whether the ordering of webhook `w` lets the waiting delivery `l` be sent: none of its order is to be sent before it, or
 * for LATEST_ONLY instead of it.
 */
function isNext(tx: postgres.ISql) {
  return tx`(w.ordering = 'NONE' or (
    not exists (
      select from due_deliveries o
      where o.webhook_id = l.webhook_id
        and o.order_place >= left(l.order_place, -10) and o.order_place < left(l.order_place, -11) || ';'
        and case when w.ordering = 'LATEST_ONLY' then o.order_place > l.order_place else o.order_place < l.order_place end
    ) and not (w.ordering = 'LATEST_ONLY' and exists (
      select from deliveries s where s.webhook_id = w.id and s.skipped_since = w.disabled_at and s.state = 'SKIPPED'
    ))
  ))`
}

async function setNextProbe(tx: postgres.ISql, webhookIds: readonly string[]): Promise<void> {
  await tx`
    update webhook_health set
      probes = probes + 1,
      probe_due_at = now() + interval '1 millisecond'
        * least(${maxProbeMs}::float8, ${firstProbeMs}::float8 * power(2, least(probes, 20)))
    where webhook_id = any(${[...webhookIds]}::text[])`
}

/** As a manual retry does (`tenant/writes/delivery-writes.ts`): the state and time to return to are stored. */
async function makeManual(tx: postgres.ISql, chosen: readonly Chosen[]): Promise<void> {
  const waiting = chosen.filter((one) => !one.is_skipped).map((one) => one.delivery_id)
  const skipped = chosen.filter((one) => one.is_skipped).map((one) => one.delivery_id)
  await tx`
    update deliveries d set
      resume_at = case when l.manual_retry is null then d.due_at else d.resume_at end, due_at = now()
    from due_deliveries l
    where l.delivery_id = d.id and d.id = any(${waiting}::text[])`
  await tx`update due_deliveries set manual_retry = 'PROBE' where delivery_id = any(${waiting}::text[])`
  await tx`
    with reopened as (
      update deliveries set
        state = 'PENDING', resume_state = 'SKIPPED', resume_at = null, due_at = now(), finished_at = null, interruptions = 0
      where id = any(${skipped}::text[])
      returning id, webhook_id
    )
    insert into due_deliveries (delivery_id, webhook_id, due_at, manual_retry, order_place)
    select id, webhook_id, now(), 'PROBE', order_place(id) from reopened`
}
