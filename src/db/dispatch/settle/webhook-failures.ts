/**
 * Applies failed attempts to their webhooks, in the transaction of the settle: reads the facts for disable rules,
 * disables webhooks, and records the changes for their owners. `domain/settle/webhook-after-attempts.ts` decides.
 */
import type postgres from 'postgres'
import type { Disabled } from '../../../domain/policies/disable.ts'
import { factsWanted } from '../../../domain/policies/health.ts'
import type { NoticeFact } from '../../../domain/webhooks/notices.ts'
import type { PolicyOverrides } from '../../../domain/policies/policy.ts'
import type { Preset } from '../../../domain/webhooks/preset.ts'
import { noAttempts, plusOne, type AttemptCounts } from '../../../domain/policies/attempt-counts.ts'
import { webhookAfterAttempts, type WebhookAfter } from '../../../domain/settle/webhook-after-attempts.ts'
import { pausedPeriods, periodsUntil, type PausedPeriod } from '../../../domain/deliveries/pause.ts'
import { policyOf } from '../../../domain/webhooks/webhook.ts'
import type { SettledAttempt, SettleReport } from '../../../ports/dispatch-store.ts'
import { nothingCounted, countedFacts, without } from './attempt-counters.ts'
import { writeChanges, type PendingChange } from '../../feed/webhook-changes.ts'

type Tx = postgres.ISql

/** How an attempt counts for its webhook. Only scheduled attempts count. */
export function countsOf({ counts, claimed }: SettledAttempt): SettledAttempt['counts'] {
  return claimed.trigger === 'SCHEDULE' ? counts : 'NOTHING'
}

export function webhookOf(attempt: SettledAttempt): string {
  return attempt.claimed.webhookId
}

interface HealthRow {
  webhook_id: string
  project_id: string
  preset: Preset
  overrides: PolicyOverrides
  consecutive_failures: number
  failing_since: Date | null
  counters_start_at: Date | null
  failing_notified_at: Date | null
  paused_since: Date | null
  paused_until: Date | null
  earlier_pauses: readonly PausedPeriod[]
  /** Whether the project has webhooks that select notices. */
  is_watched: boolean
  /** The start of the transaction. */
  now: Date
}

/** What the failures of a batch changed. */
interface CountedFailures extends Pick<SettleReport, 'disabled' | 'changed'> {
  /** The projects of failing webhooks with webhooks that select notices. */
  readonly watched: ReadonlySet<string>
  /** What notices may say. */
  readonly facts: readonly NoticeFact[]
}

const nothingChanged: CountedFailures = { disabled: [], changed: [], watched: new Set(), facts: [] }

/** The result of a batch for one webhook. */
type Decided = WebhookAfter & { readonly row: HealthRow }

/**
 * Counts failures, disables webhooks that have broken a rule, and records the changes for their owners. The lock on a
 * health row also covers the webhook's counters. Locks are taken in the order health, webhook, feed of changes, as in
 * the API's transactions, so that no deadlock can occur.
 */
export async function countFailures(
  tx: Tx,
  webhookIds: readonly string[],
  counted: readonly SettledAttempt[],
): Promise<CountedFailures> {
  if (webhookIds.length === 0) return nothingChanged
  const rows = await tx<HealthRow[]>`
    select h.webhook_id, w.project_id, w.preset, w.overrides, h.consecutive_failures, h.failing_since,
      h.counters_start_at, h.failing_notified_at, w.paused_since, w.paused_until, w.earlier_pauses, now() as now,
      exists (
        select from webhooks o where o.project_id = w.project_id and o.deleted_at is null
          and o.topics && '{webhook.*,webhook.failing,webhook.disabled,webhook.enabled,delivery.*,delivery.exhausted}'::text[]
      ) as is_watched
    from webhook_health h join webhooks w on w.id = h.webhook_id
    where h.webhook_id = any(${[...webhookIds]}::text[])
    order by h.webhook_id
    for update of h`
  const now = rows[0]?.now
  if (now === undefined) return nothingChanged
  const wanted = rows.map((row) => ({
    ...factsWanted(policyOf(row).disable),
    webhookId: row.webhook_id,
    failingSince: row.failing_since,
  }))
  const facts = await countedFacts(tx, wanted, now)
  const decided = rows.map((row) => {
    const attempts = counted.filter((attempt) => webhookOf(attempt) === row.webhook_id)
    const before = {
      consecutiveFailures: row.consecutive_failures,
      failingSince: row.failing_since,
      ...without(facts.get(row.webhook_id) ?? nothingCounted, countsIn(attempts), now),
      pauses: pausesOf(row, now),
    }
    const webhook = {
      preset: row.preset,
      overrides: row.overrides,
      failingNotifiedAt: row.failing_notified_at,
    }
    const since = attempts.filter(isSince(row.counters_start_at))
    return { row, ...webhookAfterAttempts(webhook, before, since, now) }
  })
  const enabled = await lockEnabled(tx, decided.filter(isChange).map(webhookOfRow))
  await updateHealth(tx, decided, enabled)
  const disabled = await disableWebhooks(tx, decided, enabled, now)
  if (disabled.length > 0)
    await correctReasons(tx, new Set(disabled.map(({ webhookId }) => webhookId)), counted)
  const changing = decided.filter((one) => enabled.has(webhookOfRow(one)))
  const changes = changing.flatMap((one) => changesOf(one, now))
  // Late, because `writeChanges` must take the last locks of a transaction but those of notices.
  if (changes.length > 0) await writeChanges(tx, changes)
  return {
    disabled,
    changed: [...new Set(changes.map(({ projectId }) => projectId))],
    watched: new Set(rows.filter(({ is_watched: isWatched }) => isWatched).map((row) => row.project_id)),
    facts: changing.flatMap(factsOf),
  }
}

function pausesOf(row: HealthRow, now: Date): readonly PausedPeriod[] {
  const pause = row.paused_since && { since: row.paused_since, until: row.paused_until }
  return periodsUntil(pausedPeriods({ pause, earlierPauses: row.earlier_pauses }), now)
}

function isChange({ disabled, failing }: Decided): boolean {
  return disabled !== null || failing.length > 0
}

function webhookOfRow({ row }: Decided): string {
  return row.webhook_id
}

/**
 * Locks those of the webhooks that are enabled, until the commit. A settle that finds a webhook disabled neither
 * disables it nor records a change, so that both happen once even when many settles run concurrently. Most batches have
 * nothing to lock.
 */
async function lockEnabled(tx: Tx, webhookIds: readonly string[]): Promise<ReadonlySet<string>> {
  if (webhookIds.length === 0) return new Set()
  const rows = await tx<{ id: string }[]>`
    select id from webhooks
    where id = any(${[...webhookIds]}::text[]) and disabled_at is null and deleted_at is null
    order by id
    for no key update`
  return new Set(rows.map(({ id }) => id))
}

async function updateHealth(
  tx: Tx,
  decided: readonly Decided[],
  enabled: ReadonlySet<string>,
): Promise<void> {
  const notifiedAt = (one: Decided) =>
    !isChange(one) || enabled.has(webhookOfRow(one)) ? one.failingNotifiedAt : one.row.failing_notified_at
  await tx`
    update webhook_health h
    set consecutive_failures = s.failures, failing_since = s.since, failing_notified_at = s.notified_at
    from unnest(
      ${decided.map(webhookOfRow)}::text[],
      ${decided.map(({ health }) => health.consecutiveFailures)}::int[],
      ${decided.map(({ health }) => health.failingSince?.toISOString() ?? null)}::timestamptz[],
      ${decided.map((one) => notifiedAt(one)?.toISOString() ?? null)}::timestamptz[]
    ) as s(id, failures, since, notified_at)
    where h.webhook_id = s.id`
}

async function disableWebhooks(
  tx: Tx,
  decided: readonly Decided[],
  enabled: ReadonlySet<string>,
  now: Date,
): Promise<SettleReport['disabled']> {
  const done: { webhookId: string; projectId: string; disabled: Disabled }[] = []
  for (const { row, disabled } of decided) {
    if (disabled === null || !enabled.has(row.webhook_id)) continue
    await tx`
      update webhooks set
        disabled_reason = ${disabled.reason}, disabled_message = ${disabled.message}, disabled_at = ${now}
      where id = ${row.webhook_id}`
    done.push({ webhookId: row.webhook_id, projectId: row.project_id, disabled })
  }
  return done
}

/** A webhook's FAILING changes come before its DISABLED change. */
function changesOf({ row, disabled, failing }: Decided, at: Date): readonly PendingChange[] {
  const change = { projectId: row.project_id, webhookId: row.webhook_id, at }
  return [
    ...failing.map((message) => ({ ...change, kind: 'FAILING' as const, reason: null, message })),
    ...(disabled === null ? [] : [{ ...change, kind: 'DISABLED' as const, ...disabled }]),
  ]
}

/** The facts for notices, in the order of the changes. The failure of a notice's own attempt is none. */
function factsOf({ row, disabled, failing, failingByNotice }: Decided): readonly NoticeFact[] {
  const of = { projectId: row.project_id, webhookId: row.webhook_id }
  return [
    ...failing
      .filter((message) => !failingByNotice.has(message))
      .map((message) => ({ ...of, topic: 'webhook.failing' as const, details: { message } })),
    ...(disabled === null ? [] : [{ ...of, topic: 'webhook.disabled' as const, details: { ...disabled } }]),
  ]
}

/** Whether the attempt started after its webhook was last enabled. Earlier attempts do not count. */
function isSince(countersStartAt: Date | null): (attempt: SettledAttempt) => boolean {
  return ({ claimed }) => countersStartAt === null || claimed.startedAt >= countersStartAt
}

function countsIn(attempts: readonly SettledAttempt[]): AttemptCounts {
  return attempts.reduce((counts, attempt) => plusOne(counts, countsOf(attempt) === 'SUCCESS'), noAttempts)
}

/**
 * Corrects the next-step reasons of retries, which were written before it was known that the batch disables their
 * webhook.
 */
async function correctReasons(
  tx: Tx,
  disabled: ReadonlySet<string>,
  counted: readonly SettledAttempt[],
): Promise<void> {
  const held = counted.filter((attempt) => disabled.has(webhookOf(attempt)))
  await tx`
    update attempts set next_step_reason = next_step_reason || ', but the webhook was disabled: the delivery waits until it is enabled'
    where started_at = any(${held.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[])
      and id = any(${held.map(({ attemptId }) => attemptId)}::text[])
      and next_step = 'RETRY'`
}
