/**
 * Writes down what came of a batch of attempts, many lanes in one commit: deliveries (each only
 * where its lease is still ours), webhooks' health, the attempts with their place in the feed.
 * What follows an attempt was decided before, in `domain/settle`. Arrays carry text and numbers only:
 * postgres.js takes an array for one value where its members are dates or booleans.
 */
import type { DeliveryState } from '../domain/delivery.ts'
import type { Health } from '../domain/policy/disable.ts'
import type { PolicyOverrides } from '../domain/policy/policy.ts'
import type { Preset } from '../domain/preset.ts'
import type { CountAttempts, SettledAttempt, SettleReport } from '../flow/ports.ts'
import type postgres from 'postgres'
import type { Sql } from './connect.ts'
import { fromHeaders } from './rows.ts'

type Tx = postgres.TransactionSql

/** A batch is tried again after a deadlock or a missing partition; both are gone the next time. */
const tries = 3
const deadlock = '40P01'
const checkViolation = '23514'

export async function settleBatch(
  sql: Sql,
  batch: readonly SettledAttempt[],
  count: CountAttempts,
  ensurePartitions: () => Promise<void>,
): Promise<SettleReport> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await sql.begin((tx) => settleIn(tx, batch, count))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (attempt === tries || (code !== deadlock && code !== checkViolation)) throw error
      // PostgreSQL reports a row that no partition takes as a check violation.
      if (code === checkViolation) await ensurePartitions()
    }
  }
}

interface SettledRow {
  id: string
  state: DeliveryState
  due_at: Date | null
  now: Date
}

async function settleIn(
  tx: Tx,
  batch: readonly SettledAttempt[],
  count: CountAttempts,
): Promise<SettleReport> {
  const rows = await updateDeliveries(tx, batch)
  const byDelivery = new Map(rows.map((row) => [row.id, row]))
  const settled = batch.filter(({ claimed }) => byDelivery.has(claimed.deliveryId))
  const late = batch.map(({ claimed }) => claimed.deliveryId).filter((id) => !byDelivery.has(id))
  const now = rows[0]?.now
  if (now === undefined) return { late, disabled: [] }
  const disabled = await updateHealth(tx, settled, count, now)
  await insertAttempts(tx, settled, byDelivery)
  return { late, disabled }
}

function updateDeliveries(tx: Tx, batch: readonly SettledAttempt[]): Promise<SettledRow[]> {
  // A delivery that was cancelled while it was sent stays so; its attempt is recorded all the same.
  return tx<SettledRow[]>`
    update deliveries d set
      state = case when d.state = 'PENDING' then s.state else d.state end,
      due_at = case when d.state = 'PENDING' then now() + s.retry_ms * interval '1 millisecond' end,
      finished_at = case when d.state = 'PENDING' and s.state <> 'PENDING' then now() else d.finished_at end,
      failures = s.failures,
      interruptions = s.interruptions,
      lease_token = null,
      lease_until = null,
      lease_started_at = null
    from unnest(
      ${batch.map(({ claimed }) => claimed.deliveryId)}::text[],
      ${batch.map(({ claimed }) => claimed.leaseToken)}::text[],
      ${batch.map(({ settlement }) => settlement.state)}::text[],
      ${batch.map(({ settlement }) => settlement.retryInMs)}::float8[],
      ${batch.map(({ settlement }) => settlement.failures)}::int[],
      ${batch.map(({ settlement }) => settlement.interruptions)}::int[]
    ) as s(id, token, state, retry_ms, failures, interruptions)
    where d.id = s.id and d.lease_token = s.token
    returning d.id, d.state, d.due_at, now() as now`
}

interface HealthRow {
  webhook_id: string
  project_id: string
  preset: Preset
  overrides: PolicyOverrides
  consecutive_failures: number
  failing_since: Date | null
}

async function updateHealth(
  tx: Tx,
  settled: readonly SettledAttempt[],
  count: CountAttempts,
  now: Date,
): Promise<SettleReport['disabled']> {
  const counted = settled.filter((attempt) => attempt.counts !== 'NOTHING')
  const failing = new Set(counted.filter((attempt) => attempt.counts === 'FAILURE').map(webhookOf))
  const healthy = [...new Set(counted.map(webhookOf))].filter((id) => !failing.has(id))
  // The ordinary case writes nothing: a webhook that succeeds was healthy before.
  if (healthy.length > 0)
    await tx`
      update webhook_health set consecutive_failures = 0, failing_since = null
      where webhook_id = any(${healthy}::text[]) and consecutive_failures > 0`
  if (failing.size === 0) return []
  // Locked in the order of their ids, so that two settles cannot wait for each other.
  const rows = await tx<HealthRow[]>`
    select h.webhook_id, w.project_id, w.preset, w.overrides, h.consecutive_failures, h.failing_since
    from webhook_health h join webhooks w on w.id = h.webhook_id
    where h.webhook_id = any(${[...failing]}::text[])
    order by h.webhook_id
    for update of h`
  const decided = rows.map((row) => {
    const before: Health = { consecutiveFailures: row.consecutive_failures, failingSince: row.failing_since }
    const attempts = counted.filter((attempt) => webhookOf(attempt) === row.webhook_id)
    const webhook = { webhookId: row.webhook_id, preset: row.preset, overrides: row.overrides }
    return { row, ...count(webhook, before, attempts, now) }
  })
  await tx`
    update webhook_health h set consecutive_failures = s.failures, failing_since = s.since
    from unnest(
      ${decided.map(({ row }) => row.webhook_id)}::text[],
      ${decided.map(({ health }) => health.consecutiveFailures)}::int[],
      ${decided.map(({ health }) => health.failingSince?.toISOString() ?? null)}::timestamptz[]
    ) as s(id, failures, since)
    where h.webhook_id = s.id`
  const disabled: {
    webhookId: string
    projectId: string
    disabled: NonNullable<(typeof decided)[number]['disabled']>
  }[] = []
  for (const { row, disabled: why } of decided) {
    if (why === null) continue
    // Once, even when many settle together: who finds it off already changes nothing.
    const changed = await tx`
      update webhooks set disabled_reason = ${why.reason}, disabled_message = ${why.message}, disabled_at = ${now}
      where id = ${row.webhook_id} and disabled_at is null and deleted_at is null`
    if (changed.count > 0)
      disabled.push({ webhookId: row.webhook_id, projectId: row.project_id, disabled: why })
  }
  return disabled
}

async function insertAttempts(
  tx: Tx,
  settled: readonly SettledAttempt[],
  byDelivery: ReadonlyMap<string, SettledRow>,
): Promise<void> {
  const positions = await takePositions(tx, settled)
  const row = (attempt: SettledAttempt): SettledRow => {
    const found = byDelivery.get(attempt.claimed.deliveryId)
    if (found === undefined)
      throw new Error(`expected delivery ${attempt.claimed.deliveryId} to be settled, it is not`)
    return found
  }
  const overtaken = (attempt: SettledAttempt): boolean => row(attempt).state !== attempt.settlement.state
  await Promise.all([
    tx`
      insert into attempts (
        id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, detail,
        status_code, started_at, duration_ms, resolved_address, next_step, next_step_reason, next_attempt_at
      )
      select * from unnest(
        ${settled.map((attempt) => attempt.attemptId)}::text[],
        ${settled.map(({ claimed }) => claimed.projectId)}::text[],
        ${positions}::bigint[],
        ${settled.map(({ claimed }) => claimed.deliveryId)}::text[],
        ${settled.map(webhookOf)}::text[],
        ${settled.map(({ claimed }) => claimed.event.orderId)}::text[],
        ${settled.map(({ claimed }) => claimed.event.topic)}::text[],
        ${settled.map(({ claimed }) => claimed.attemptNumber)}::int[],
        ${settled.map(({ claimed }) => claimed.trigger)}::text[],
        ${settled.map(({ settlement }) => settlement.outcome)}::text[],
        ${settled.map((attempt) => attempt.detail)}::text[],
        ${settled.map(({ result }) => result?.response?.statusCode ?? null)}::int[],
        ${settled.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[],
        ${settled.map(({ result }) => (result === null ? null : Math.round(result.durationMs)))}::int[],
        ${settled.map(({ result }) => result?.resolvedAddress ?? null)}::text[],
        ${settled.map((attempt) => (overtaken(attempt) ? 'NONE' : attempt.settlement.nextStep))}::text[],
        ${settled.map((attempt) =>
          overtaken(attempt) ? `the delivery was ${row(attempt).state} meanwhile` : attempt.settlement.reason,
        )}::text[],
        ${settled.map((attempt) => row(attempt).due_at?.toISOString() ?? null)}::timestamptz[]
      )`,
    tx`
      insert into attempt_contents (
        attempt_id, started_at, project_id, request_url, request_headers, request_body,
        response_headers, response_body, response_body_size, response_truncated
      )
      select id, at, project, url, headers::jsonb, body, answer_headers, decode(answer_body, 'base64'), size, cut
      from unnest(
        ${settled.map((attempt) => attempt.attemptId)}::text[],
        ${settled.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[],
        ${settled.map(({ claimed }) => claimed.projectId)}::text[],
        ${settled.map(({ content }) => content.request?.url ?? null)}::text[],
        ${settled.map(({ content }) => content.request && JSON.stringify(fromHeaders(content.request.headers)))}::text[],
        ${settled.map(({ content }) => content.request?.body ?? null)}::text[],
        ${settled.map(({ content }) => content.response && JSON.stringify(fromHeaders(content.response.headers)))}::text[],
        ${settled.map(({ content }) => content.response && Buffer.from(content.response.body).toString('base64'))}::text[],
        ${settled.map(({ content }) => content.response?.bodySize ?? null)}::bigint[],
        ${settled.map(({ content }) => content.response?.truncated.toString() ?? null)}::bool[]
      ) as c(id, at, project, url, headers, body, answer_headers, answer_body, size, cut)`,
  ])
}

/**
 * A dense position in its project's feed for each attempt. The row lock is held until the commit, so
 * positions become visible in their order; projects are locked in the order of their ids.
 */
async function takePositions(tx: Tx, settled: readonly SettledAttempt[]): Promise<number[]> {
  const perProject = new Map<string, number>()
  for (const { claimed } of settled)
    perProject.set(claimed.projectId, (perProject.get(claimed.projectId) ?? 0) + 1)
  const rows = await tx<{ project_id: string; position: string }[]>`
    insert into feeds (project_id, position)
    select project_id, taken
    from unnest(${[...perProject.keys()]}::text[], ${[...perProject.values()]}::bigint[]) as t(project_id, taken)
    order by project_id
    on conflict (project_id) do update set position = feeds.position + excluded.position
    returning project_id, position`
  const next = new Map(
    rows.map((row) => [row.project_id, Number(row.position) - (perProject.get(row.project_id) ?? 0)]),
  )
  return settled.map(({ claimed }) => {
    const position = (next.get(claimed.projectId) ?? 0) + 1
    next.set(claimed.projectId, position)
    return position
  })
}

function webhookOf(attempt: SettledAttempt): string {
  return attempt.claimed.webhookId
}
