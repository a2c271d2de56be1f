/**
 * Failed attempts held against their webhooks, in the transaction of their settle: the facts that rules look at, and
 * the stop of a webhook that has broken one. Which rule is broken is `domain/policy/disable.ts`.
 */
import type postgres from 'postgres'
import type { Disabled } from '../domain/policy/disable.ts'
import { factsWanted } from '../domain/policy/health.ts'
import type { PolicyOverrides } from '../domain/policy/policy.ts'
import type { Preset } from '../domain/preset.ts'
import { noTally, plusOne, type Tally } from '../domain/tally.ts'
import { policyOf } from '../domain/webhook.ts'
import type { CountAttempts, SettledAttempt, SettleReport } from '../flow/dispatch-ports.ts'
import { talliedFacts, without } from './tallies.ts'

type Tx = postgres.ISql

/** What an attempt speaks for or against its webhook; nothing unless the schedule made it. */
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
  counted_since: Date | null
}

/** Counts failures against their webhooks, and stops those that have broken a rule. Who holds their health is alone with their tallies. */
export async function countFailures(
  tx: Tx,
  webhookIds: readonly string[],
  counted: readonly SettledAttempt[],
  count: CountAttempts,
  now: Date,
): Promise<SettleReport['disabled']> {
  const rows = await tx<HealthRow[]>`
    select h.webhook_id, w.project_id, w.preset, w.overrides, h.consecutive_failures, h.failing_since,
      h.counted_since
    from webhook_health h join webhooks w on w.id = h.webhook_id
    where h.webhook_id = any(${[...webhookIds]}::text[])
    order by h.webhook_id
    for update of h`
  const wanted = rows.map((row) => ({
    ...factsWanted(policyOf(row).disable),
    webhookId: row.webhook_id,
    failingSince: row.failing_since,
  }))
  const tallied = await talliedFacts(tx, wanted, now)
  const decided = rows.map((row) => {
    const attempts = counted.filter((attempt) => webhookOf(attempt) === row.webhook_id)
    const before = {
      consecutiveFailures: row.consecutive_failures,
      failingSince: row.failing_since,
      ...without(tallied.get(row.webhook_id) ?? nothingTallied, tallyOf(attempts), now),
    }
    const webhook = { webhookId: row.webhook_id, preset: row.preset, overrides: row.overrides }
    return { row, ...count(webhook, before, attempts.filter(isSince(row.counted_since)), now) }
  })
  await tx`
    update webhook_health h set consecutive_failures = s.failures, failing_since = s.since
    from unnest(
      ${decided.map(({ row }) => row.webhook_id)}::text[],
      ${decided.map(({ health }) => health.consecutiveFailures)}::int[],
      ${decided.map(({ health }) => health.failingSince?.toISOString() ?? null)}::timestamptz[]
    ) as s(id, failures, since)
    where h.webhook_id = s.id`
  const stopped: { webhookId: string; projectId: string; disabled: Disabled }[] = []
  for (const { row, disabled } of decided) {
    if (disabled === null) continue
    // Once, even when many settle together: who finds it off already changes nothing.
    const changed = await tx`
      update webhooks set
        disabled_reason = ${disabled.reason}, disabled_message = ${disabled.message}, disabled_at = ${now}
      where id = ${row.webhook_id} and disabled_at is null and deleted_at is null`
    if (changed.count > 0) stopped.push({ webhookId: row.webhook_id, projectId: row.project_id, disabled })
  }
  if (stopped.length > 0) await tellHeld(tx, new Set(stopped.map(({ webhookId }) => webhookId)), counted)
  return stopped
}

/** Whether it began after its webhook was last enabled: what was under way before is not held against it. */
function isSince(countedSince: Date | null): (attempt: SettledAttempt) => boolean {
  return ({ claimed }) => countedSince === null || claimed.startedAt >= countedSince
}

const nothingTallied = { recent: noTally, days: [] }

function tallyOf(attempts: readonly SettledAttempt[]): Tally {
  return attempts.reduce((tally, attempt) => plusOne(tally, countsOf(attempt) === 'SUCCESS'), noTally)
}

/** The reasons of retries were written before it was known that this batch stops their webhook. */
async function tellHeld(
  tx: Tx,
  stopped: ReadonlySet<string>,
  counted: readonly SettledAttempt[],
): Promise<void> {
  const held = counted.filter((attempt) => stopped.has(webhookOf(attempt)))
  await tx`
    update attempts set next_step_reason = next_step_reason || ', but the webhook was stopped: held until it is enabled'
    where started_at = any(${held.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[])
      and id = any(${held.map(({ attemptId }) => attemptId)}::text[])
      and next_step = 'RETRY'`
}
