/**
 * Settles a batch of attempts of many lanes in one commit. Plain attempts and all others are recorded by different
 * statements; `webhook-failures.ts` applies the failures to the webhooks. Due deliveries and deliveries are locked before
 * the feeds, and the feeds before counters, health and webhooks, which only settles of the same project share. So two
 * settles cannot deadlock unless they settle the same leases; then the batch is tried again.
 */
import type postgres from 'postgres'
import { retryOn } from '../../../domain/shared/retry-on.ts'
import { isDeadlock, isMissingPartition } from '../../../domain/shared/sqlstate.ts'
import type { SettledAttempt, SettleReport } from '../../../ports/dispatch-store.ts'
import type { Sql } from '../../connection/connect.ts'
import { ensurePartitionsOf } from '../../maintenance/partitions.ts'
import { recordedBefore } from './recorded-before.ts'
import { noNotices, writeNotices, type NewId } from '../../shared/notices.ts'
import { isNoticeTopic } from '../../../domain/orders/topic.ts'
import { exhaustedFact, type ExhaustedDelivery, type NoticeFact } from '../../../domain/webhooks/notices.ts'
import { decideAttempts, writeDecided, type DecidedAttempt } from './settle-decided.ts'
import { enableRecovered } from './recovered-webhooks.ts'
import { isPlain, settlePlain } from './settle-plain.ts'
import { countFailures, countsOf, webhookOf } from './webhook-failures.ts'

/** How often a batch is tried. It is repeated after a deadlock, and after a missing partition has been created. */
const tries = 3

/**
 * See `DispatchStore.settle`. Throws the error of the last try, for example when the connection was lost: it is then not
 * known whether the batch was committed, and it can be settled again.
 */
export function settleBatch(sql: Sql, batch: readonly SettledAttempt[], newId: NewId): Promise<SettleReport> {
  const createMissingPartitions = async (error: unknown) => {
    if (!isMissingPartition(error)) return
    await ensurePartitionsOf(
      sql,
      batch.map(({ claimed }) => claimed.startedAt),
    )
  }
  return retryOn(
    {
      tries,
      isRetryable: (error) => isDeadlock(error) || isMissingPartition(error),
      beforeRetry: createMissingPartitions,
    },
    // Plain attempts are one statement, which is its own transaction: one round trip instead of several.
    async () =>
      batch.every(isPlain) ? settleAllPlain(sql, batch) : sql.begin((tx) => settleMixed(tx, batch, newId)),
  )
}

async function settleAllPlain(sql: postgres.ISql, batch: readonly SettledAttempt[]): Promise<SettleReport> {
  const lost = await settlePlain(sql, batch, [])
  return { disabled: [], recovered: [], notices: noNotices, ...(await reportLost(sql, lost)) }
}

async function settleMixed(
  tx: postgres.ISql,
  batch: readonly SettledAttempt[],
  newId: NewId,
): Promise<SettleReport> {
  const others = batch.filter((attempt) => !isPlain(attempt))
  const decided = await decideAttempts(tx, others)
  await lockFeeds(tx, batch)
  const decidedAttempts = new Set(decided.map(({ attempt }) => attempt))
  const failing = [...new Set([...decidedAttempts].filter(isFailure).map(webhookOf))]
  const lostPlain = await settlePlain(tx, batch.filter(isPlain), failing)
  await writeDecided(tx, decided, failing)
  const lost = new Set([...lostPlain, ...others.filter((attempt) => !decidedAttempts.has(attempt))])
  // Lost attempts do not count for their webhook: another settle has recorded them.
  const counted = batch.filter((attempt) => countsOf(attempt) !== 'NOTHING' && !lost.has(attempt))
  const { disabled, changed, watched, facts } = await countFailures(tx, failing, counted)
  const recovery = await enableRecovered(tx, newId, [...decidedAttempts])
  const report = await reportLost(tx, [...lost])
  const continued = decided
    .filter(({ after }) => after.continues)
    .map(({ attempt }) => attempt.claimed.deliveryId)
  // Last, because they lock the feeds of events. A project without webhooks that select notices has no statement.
  const noted = [...facts, ...exhaustedFacts(decided)]
    .filter(({ projectId }) => watched.has(projectId))
    .concat(recovery.facts)
  const notices = await writeNotices((strings, ...values) => tx(strings, ...values), noted, newId)
  return {
    notices,
    late: report.late,
    continued: [...continued, ...report.continued],
    disabled,
    recovered: recovery.recovered,
    changed: [...changed, ...recovery.recovered.map(({ projectId }) => projectId), ...report.changed],
  }
}

/**
 * Two statements assign positions, each to its own projects. So all feeds are locked before, in the order of their ids, as
 * in a settle of one statement. A project without an attempt so far has no row to lock.
 */
async function lockFeeds(tx: postgres.ISql, batch: readonly SettledAttempt[]): Promise<void> {
  const projectIds = [...new Set(batch.map(({ claimed }) => claimed.projectId))]
  await tx`select from feeds where project_id = any(${projectIds}::text[]) order by project_id for update`
}

/** The deliveries that ended EXHAUSTED by their schedule. Those of notices are left out: they cause no notice again. */
function exhaustedFacts(decided: readonly DecidedAttempt[]): readonly NoticeFact[] {
  const byWebhook = new Map<string, DecidedAttempt[]>()
  for (const one of decided) {
    const { trigger, event } = one.attempt.claimed
    if (one.after.state !== 'EXHAUSTED' || trigger !== 'SCHEDULE' || isNoticeTopic(event.topic)) continue
    const webhookId = webhookOf(one.attempt)
    byWebhook.set(webhookId, [...(byWebhook.get(webhookId) ?? []), one])
  }
  return [...byWebhook].map(([webhookId, ended]) =>
    exhaustedFact(ended[0]?.attempt.claimed.projectId ?? '', webhookId, ended.map(toExhausted)),
  )
}

function toExhausted({ attempt: { claimed, answer, settlement } }: DecidedAttempt): ExhaustedDelivery {
  return {
    id: claimed.deliveryId,
    topic: claimed.event.topic,
    orderId: claimed.event.orderId,
    attemptCount: claimed.attemptNumber,
    outcome: settlement.outcome,
    statusCode: answer.kind === 'ANSWERED' ? answer.status : null,
  }
}

function isFailure(attempt: SettledAttempt): boolean {
  return countsOf(attempt) === 'FAILURE'
}

/** Reports the attempts whose lease was no longer held. */
async function reportLost(
  sql: postgres.ISql,
  lost: readonly SettledAttempt[],
): Promise<Pick<SettleReport, 'late' | 'continued' | 'changed'>> {
  const before = await recordedBefore(sql, lost)
  const late = lost.filter((attempt) => !before.includes(attempt))
  return {
    late: late.map(({ claimed }) => claimed.deliveryId),
    // The report of the earlier commit is lost. So the lanes look for due deliveries, and the feeds of the failing
    // webhooks' projects look for changes.
    continued: before.map(({ claimed }) => claimed.deliveryId),
    changed: before.filter(isFailure).map(({ claimed }) => claimed.projectId),
  }
}
