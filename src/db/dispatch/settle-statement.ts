/**
 * Records a batch of attempts of many lanes in one commit: deliveries (each only if its lease is still held), attempt
 * counters, and attempts with their feed positions. The next step of each delivery was decided before, in
 * `domain/policies/next-step.ts`. `webhook-failures.ts` applies failures to webhooks.
 */
import { erased } from '../../domain/orders/personal-data.ts'
import type { CountAttempts, SettledAttempt, SettleReport } from '../../ports/dispatch-store.ts'
import type postgres from 'postgres'
import type { Sql } from '../connection/connect.ts'
import { countFailures, countsOf, webhookOf } from './webhook-failures.ts'
import { ensurePartitionsOf, noPartition } from '../maintenance/partitions.ts'
import { fromHeaders } from '../shared/row-mapping.ts'
import { bucketLength } from './attempt-counters.ts'

type Tx = postgres.ISql

/** How often a batch is tried. It is repeated after a deadlock, and after a missing partition has been created. */
const tries = 3
const deadlock = '40P01'

export async function settleBatch(
  sql: Sql,
  batch: readonly SettledAttempt[],
  count: CountAttempts,
): Promise<SettleReport> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      // A batch without failures is one statement, which is its own transaction: one round trip instead of four.
      const isOrdinary = batch.every((attempt) => countsOf(attempt) !== 'FAILURE')
      return await (isOrdinary ? settleIn(sql, batch, count) : sql.begin((tx) => settleIn(tx, batch, count)))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (attempt === tries || (code !== deadlock && code !== noPartition)) throw error
      if (code === noPartition)
        await ensurePartitionsOf(
          sql,
          batch.map(({ claimed }) => claimed.startedAt),
        )
    }
  }
}

// Locks the feeds' rows before the rows of the counters and of the health, each in id order, so that two settles cannot
// deadlock.
async function settleIn(
  tx: Tx,
  batch: readonly SettledAttempt[],
  count: CountAttempts,
): Promise<SettleReport> {
  const recorded = await recordAttempts(tx, batch)
  const recordedIds = new Set(recorded.map((row) => row.id))
  const notNow = batch.filter(({ claimed }) => !recordedIds.has(claimed.deliveryId))
  const before = await recordedBefore(tx, notNow)
  const idsBefore = before.map(({ claimed }) => claimed.deliveryId)
  const late = notNow.filter((attempt) => !before.includes(attempt)).map(({ claimed }) => claimed.deliveryId)
  // The report of the earlier commit is lost. So the lanes look for due deliveries, and the feeds of the failing
  // webhooks' projects look for changes.
  const asked = [...recorded.filter((row) => row.goes_on).map((row) => row.id), ...idsBefore]
  const changedBefore = before
    .filter((one) => countsOf(one) === 'FAILURE')
    .map(({ claimed }) => claimed.projectId)
  const now = recorded[0]?.now
  // Late attempts do not count for their webhook: another settle has recorded them.
  const counted = batch.filter(
    (attempt) => countsOf(attempt) !== 'NOTHING' && recordedIds.has(attempt.claimed.deliveryId),
  )
  const failing = [...new Set(counted.filter((one) => countsOf(one) === 'FAILURE').map(webhookOf))]
  if (now === undefined || failing.length === 0) return { late, asked, disabled: [], changed: changedBefore }
  const { disabled, changed } = await countFailures(tx, failing, counted, count, now)
  return { late, asked, disabled, changed: [...changed, ...changedBefore] }
}

/**
 * The attempts that an earlier try of the same batch has recorded: its commit succeeded, but its result was lost with
 * the connection.
 */
async function recordedBefore(tx: Tx, batch: readonly SettledAttempt[]): Promise<readonly SettledAttempt[]> {
  if (batch.length === 0) return []
  const found = await tx<{ id: string }[]>`
    select a.id
    from unnest(
      ${batch.map(({ attemptId }) => attemptId)}::text[],
      ${batch.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[]
    ) as b(id, started_at)
    join attempts a on a.id = b.id and a.started_at = b.started_at`
  const ids = new Set(found.map(({ id }) => id))
  return batch.filter(({ attemptId }) => ids.has(attemptId))
}

interface Recorded {
  readonly id: string
  readonly now: Date
  /** The delivery is due, although its settlement does not say so. */
  readonly goes_on: boolean
}

/**
 * One statement. It deletes the leases, which are the fence, then updates the deliveries, assigns each attempt a dense
 * position in its project's feed, and inserts the attempts with their contents. The lock on the feed's row is held
 * until the commit, so that positions become visible in order. A due row is deleted and, for a retry, inserted again,
 * because the state of the delivery is only known after its row was updated.
 * Arrays contain only text and numbers: postgres.js does not pass an array of dates or booleans as an array.
 */
function recordAttempts(tx: Tx, batch: readonly SettledAttempt[]): Promise<Recorded[]> {
  // If a replay brought a SKIPPED delivery back during its manual attempt, the delivery does not return to SKIPPED.
  const endsAs = tx`case when f.state = 'SKIPPED' and d.resume_state is null then 'PENDING' else f.state end`
  return tx<Recorded[]>`
    with batch as (
      select * from unnest(
        ${batch.map(({ claimed }) => claimed.deliveryId)}::text[],
        ${batch.map(({ claimed }) => claimed.leaseToken)}::text[],
        ${batch.map(countsOf)}::text[],
        ${batch.map(({ settlement }) => settlement.state)}::text[],
        ${batch.map(({ settlement }) => settlement.retryInMs)}::float8[],
        ${batch.map(({ settlement }) => settlement.failures)}::int[],
        ${batch.map(({ settlement }) => settlement.interruptions)}::int[],
        ${batch.map(({ attemptId }) => attemptId)}::text[],
        ${batch.map(({ claimed }) => claimed.projectId)}::text[],
        ${batch.map(webhookOf)}::text[],
        ${batch.map(({ claimed }) => claimed.event.orderId)}::text[],
        ${batch.map(({ claimed }) => claimed.event.topic)}::text[],
        ${batch.map(({ claimed }) => claimed.attemptNumber)}::int[],
        ${batch.map(({ claimed }) => claimed.trigger)}::text[],
        ${batch.map(({ settlement }) => settlement.outcome)}::text[],
        ${batch.map(({ detail }) => detail)}::text[],
        ${batch.map(({ result }) => result?.response?.statusCode ?? null)}::int[],
        ${batch.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[],
        ${batch.map(({ result }) => (result === null ? null : Math.round(result.durationMs)))}::int[],
        ${batch.map(({ result }) => result?.phases.dnsMs ?? null)}::int[],
        ${batch.map(({ result }) => result?.phases.connectMs ?? null)}::int[],
        ${batch.map(({ result }) => result?.phases.tlsMs ?? null)}::int[],
        ${batch.map(({ result }) => result?.phases.firstByteMs ?? null)}::int[],
        ${batch.map(({ result }) => result?.resolvedAddress ?? null)}::text[],
        ${batch.map(({ settlement }) => settlement.nextStep)}::text[],
        ${batch.map(({ settlement }) => settlement.reason)}::text[],
        ${batch.map(({ content }) => content.request?.url ?? null)}::text[],
        ${batch.map(({ content }) => content.request && JSON.stringify(fromHeaders(content.request.headers)))}::text[],
        ${batch.map(({ content }) => content.request?.body ?? null)}::text[],
        ${batch.map(({ content }) => content.response && JSON.stringify(fromHeaders(content.response.headers)))}::text[],
        ${batch.map(({ content }) => content.response && Buffer.from(content.response.body).toString('base64'))}::text[],
        ${batch.map(({ content }) => content.response?.bodySize ?? null)}::bigint[],
        ${batch.map(({ content }) => content.response?.truncated.toString() ?? null)}::text[],
        ${batch.map(({ content }) => content.response?.decompressed.toString() ?? null)}::text[],
        ${batch.map(({ content }) => content.response?.malformed.toString() ?? null)}::text[],
        ${batch.map(({ result }) => (result?.resentOnNewConnection ?? false).toString())}::text[],
        ${batch.map(({ claimed }) => claimed.erased.toString())}::text[]
      ) with ordinality as b(
        delivery_id, token, counts, state, retry_ms, failures, interruptions, attempt_id, project_id, webhook_id,
        order_id, topic, number, trigger, outcome, detail, status_code, started_at, duration_ms, dns_ms, connect_ms,
        tls_ms, first_byte_ms, resolved_address, next_step, reason, url, request_headers, request_body,
        response_headers, response_body, body_size, truncated, decompressed, malformed, resent, erased, place
      )
    ), leases as (
      -- In one order, so that two who settle the same leases cannot wait for each other.
      select l.delivery_id from due_deliveries l
      join batch b on b.delivery_id = l.delivery_id and b.token = l.lease_token
      order by l.delivery_id
      for update of l
    ), fenced as (
      delete from due_deliveries l using batch b
      where l.delivery_id = b.delivery_id and l.lease_token = b.token
        and l.delivery_id = any(array(select delivery_id from leases))
      returning b.*,
        -- A person asked for one more meanwhile, and this one did not do: that one follows, then what this one left.
        coalesce(l.asked in ('NEXT', 'AGAIN'), false) and b.outcome <> 'SUCCEEDED' as asked_meanwhile,
        -- A person's attempt that was interrupted is sent again as a person's.
        b.trigger = 'PERSON' and b.outcome = 'INTERRUPTED' and b.state = 'PENDING' and b.interruptions > 0 as again
    ), settled as (
      -- A delivery that was cancelled while it was sent stays so; its attempt is recorded all the same.
      update deliveries d set
        state = case when d.state <> 'PENDING' then d.state when f.asked_meanwhile then 'PENDING' else ${endsAs} end,
        due_at = case
          when d.state <> 'PENDING' then null
          when f.asked_meanwhile or f.again then now()
          -- After a person's attempt the schedule goes on as it was.
          when f.trigger = 'PERSON' and ${endsAs} = 'PENDING' then greatest(d.resume_at, now())
          else now() + f.retry_ms * interval '1 millisecond'
        end,
        finished_at = case
          when d.state = 'PENDING' and ${endsAs} <> 'PENDING' and not f.asked_meanwhile then now()
          else d.finished_at
        end,
        resume_state = case
          when d.state <> 'PENDING' then null
          when f.again then d.resume_state
          when f.asked_meanwhile then coalesce(d.resume_state, nullif(${endsAs}, 'PENDING'))
        end,
        resume_at = case
          when d.state <> 'PENDING' then null
          when f.again then d.resume_at
          when f.asked_meanwhile and d.resume_state is null and ${endsAs} = 'PENDING'
            then coalesce(d.resume_at, now() + f.retry_ms * interval '1 millisecond')
        end,
        attempt_count = f.number,
        failures = f.failures,
        interruptions = f.interruptions,
        last_outcome = f.outcome,
        last_status_code = f.status_code,
        last_trigger = f.trigger
      from fenced f
      where d.id = f.delivery_id
      returning f.*, d.state as state_now, d.due_at,
        -- The customer's data were erased while it was sent: what was sent then is not kept.
        d.erased_at is not null and f.erased = 'false' as erased_meanwhile,
        -- What was decided of the attempt did not know that it would.
        d.state = 'PENDING' and (f.asked_meanwhile or f.state <> 'PENDING') as goes_on
    ), retried as (
      insert into due_deliveries (delivery_id, webhook_id, due_at, asked)
      select delivery_id, webhook_id,
        -- What a person asked for goes before all that waits in the lane.
        case when asked_meanwhile or again then least(due_at, (
          select min(w.due_at) from due_deliveries w where w.webhook_id = settled.webhook_id and w.lease_token is null
        )) else due_at end,
        case when asked_meanwhile or again then 'NOW' end
      from settled where state_now = 'PENDING'
    ), shares as (
      select project_id, count(*) as share from settled group by project_id
    ), positions as (
      insert into feeds (project_id, position)
      select project_id, share from shares order by project_id
      on conflict (project_id) do update set position = feeds.position + excluded.position
      returning project_id, position
    ), recorded as (
      select s.*, p.position - h.share + row_number() over (partition by s.project_id order by s.place) as position
      from settled s
      join shares h on h.project_id = s.project_id
      join positions p on p.project_id = s.project_id
    ), logged as (
      insert into attempts (
        id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, detail,
        status_code, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, resolved_address,
        resent_on_new_connection, next_step, next_step_reason, next_attempt_at
      )
      select
        attempt_id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, detail,
        status_code, started_at, duration_ms, dns_ms, connect_ms, tls_ms, first_byte_ms, resolved_address,
        resent::bool,
        case
          when goes_on then 'RETRY'
          when state_now = state then next_step
          else 'NONE'
        end,
        case
          when goes_on and asked_meanwhile
            then 'a person asked for one more attempt meanwhile: at once, and then as it stood'
          when goes_on then 'a person asked for it, and the delivery was brought back meanwhile: its schedule begins'
          when state_now = state then reason
          when state_now = 'CANCELLED' then 'the delivery was cancelled meanwhile'
          else 'what a person had asked for was called off meanwhile: the delivery is ' || state_now || ' as before'
        end,
        due_at
      from recorded
    ), kept as (
      insert into attempt_contents (
        attempt_id, started_at, project_id, request_url, request_headers, request_body,
        response_headers, response_body, response_body_size, response_truncated,
        response_decompressed, response_malformed
      )
      select
        attempt_id, started_at, project_id, url, request_headers::jsonb,
        case when erased_meanwhile and request_body is not null then ${erased} else request_body end,
        case when erased_meanwhile and response_headers is not null then '[]' else response_headers end,
        case
          when erased_meanwhile and response_body <> '' then convert_to(${erased}, 'UTF8')
          else decode(response_body, 'base64')
        end,
        body_size, truncated::bool or erased_meanwhile and response_body <> '', decompressed::bool, malformed::bool
      from recorded
    ), tallied as (
      insert into webhook_tallies (webhook_id, at, first_ms, succeeded, failed)
      select webhook_id, date_bin(${bucketLength}, now(), 'epoch'),
        trunc(extract(epoch from now() - date_bin(${bucketLength}, now(), 'epoch')) * 1000),
        count(*) filter (where counts = 'SUCCESS'), count(*) filter (where counts = 'FAILURE')
      from recorded
      where counts <> 'NOTHING'
      group by webhook_id order by webhook_id
      on conflict (webhook_id, at) do update set
        succeeded = webhook_tallies.succeeded + excluded.succeeded, failed = webhook_tallies.failed + excluded.failed
    ), succeeded as (
      -- Locked, and only then looked at: a failure that another settle has counted since our snapshot is seen.
      select webhook_id, consecutive_failures from webhook_health
      where webhook_id = any(array(
        select webhook_id from recorded
        group by webhook_id
        having bool_or(counts = 'SUCCESS') and not bool_or(counts = 'FAILURE')
      ))
      for no key update
    ), healed as (
      -- A success ends a row of failures. The ordinary case changes nothing: a webhook that succeeds was healthy before.
      update webhook_health h set consecutive_failures = 0, failing_since = null
      from succeeded s
      where h.webhook_id = s.webhook_id and s.consecutive_failures > 0
    )
    select delivery_id as id, now() as now, goes_on from settled`
}
