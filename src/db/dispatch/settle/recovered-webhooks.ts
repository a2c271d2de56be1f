/** Enables webhooks whose probe has succeeded, in the transaction that records the attempt. */
import type postgres from 'postgres'
import type { DisabledReason } from '../../../domain/policies/disable.ts'
import { probedReasons } from '../../../domain/policies/recovery.ts'
import { recoveredByProbe } from '../../../domain/feed/webhook-change.ts'
import type { SettledAttempt, SettleReport } from '../../../ports/dispatch-store.ts'
import type { NoticeFact } from '../../../domain/webhooks/notices.ts'
import type { NewId } from '../../shared/notices.ts'
import { writeChanges } from '../../feed/webhook-changes.ts'
import { bucketLength } from './attempt-counters.ts'

interface DisabledRow {
  readonly id: string
  readonly project_id: string
  readonly disabled_reason: DisabledReason
  readonly disabled_message: string
  readonly disabled_at: Date
  readonly now: Date
}

interface Recovered extends Pick<SettleReport, 'recovered'> {
  /** What notices may say. */
  readonly facts: readonly NoticeFact[]
}

/**
 * Enables those of the webhooks that are still disabled by a rule, resets their health, and requests the replay of what was
 * skipped, as `webhookEnable` does with REPLAY. Call it late: it locks health, webhooks and feeds of changes, in this order.
 */
export async function enableRecovered(
  tx: postgres.ISql,
  newId: NewId,
  recorded: readonly SettledAttempt[],
): Promise<Recovered> {
  const probes = recorded.filter(({ claimed, settlement }) => {
    return claimed.isProbe === true && settlement.outcome === 'SUCCEEDED'
  })
  if (probes.length === 0) return { recovered: [], facts: [] }
  const deliveryOf = new Map(probes.map(({ claimed }) => [claimed.webhookId, claimed.deliveryId]))
  const rows = await lockDisabled(tx, [...deliveryOf.keys()])
  for (const row of rows) {
    await enable(tx, row)
    const before = {
      enabled: false,
      disabled: { reason: row.disabled_reason, message: row.disabled_message, at: row.disabled_at },
    }
    const after = {
      enabled: true,
      disabled: null,
      recovery: 'PROBE',
      deliveryId: deliveryOf.get(row.id),
      skipped: 'REPLAY',
    }
    await tx`
      select add_recovery_entry(${newId('auditEntry')}, ${row.id}, ${row.now},
        ${JSON.stringify(before)}::text::jsonb, ${JSON.stringify(after)}::text::jsonb)`
  }
  const changes = rows.map((row) => ({
    ...recoveredByProbe(row.id, deliveryOf.get(row.id) ?? '', row.now),
    projectId: row.project_id,
  }))
  if (changes.length > 0) await writeChanges(tx, changes)
  return {
    recovered: rows.map((row) => ({ webhookId: row.id, projectId: row.project_id })),
    facts: changes.map(({ webhookId, projectId, message }) => {
      return { webhookId, projectId, topic: 'webhook.enabled', details: { message } }
    }),
  }
}

function lockDisabled(tx: postgres.ISql, ids: readonly string[]): Promise<DisabledRow[]> {
  return tx<DisabledRow[]>`
    select w.id, w.project_id, w.disabled_reason, w.disabled_message, w.disabled_at, now() as now
    from webhook_health h join webhooks w on w.id = h.webhook_id
    where h.webhook_id = any(${[...ids]}::text[])
      and w.disabled_reason = any(${[...probedReasons]}::text[]) and w.deleted_at is null
    order by h.webhook_id
    for no key update of h, w`
}

async function enable(tx: postgres.ISql, { id, disabled_at: disabledAt }: DisabledRow): Promise<void> {
  await tx`
    with bucket as (select date_bin(${bucketLength}, now(), 'epoch') as at), so_far as (
      select succeeded, failed from webhook_attempt_counts
      where webhook_id = ${id} and at = (select at from bucket)
    )
    update webhook_health set
      consecutive_failures = 0, failing_since = null, counters_start_at = now(), probes = 0, probe_due_at = null,
      pending_succeeded = coalesce((select succeeded from so_far), 0),
      pending_failed = coalesce((select failed from so_far), 0)
    where webhook_id = ${id}`
  await tx`
    update webhooks set disabled_reason = null, disabled_message = null, disabled_at = null where id = ${id}`
  await tx`
    insert into pending_replays (webhook_id, skipped_since) values (${id}, ${disabledAt}) on conflict do nothing`
}
