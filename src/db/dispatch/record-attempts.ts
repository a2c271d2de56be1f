/**
 * The statement that records a batch of attempts: deliveries (each only if its lease is still held), attempt counters,
 * and attempts with their feed positions. The next step of each delivery was decided before, in
 * `domain/policies/next-step.ts`; the statement corrects it where a retry, a replay or a cancellation was requested
 * during the attempt. Each constant below is one part of the statement. Its text is built once: a fragment object for
 * each part and column would cost about a millisecond for every commit.
 */
import type postgres from 'postgres'
import { erased } from '../../domain/orders/personal-data.ts'
import type { SettledAttempt } from '../../ports/dispatch-store.ts'
import { bucketLength } from './attempt-counters.ts'
import { batchArrays, withBatch } from './settle-rows.ts'

type Tx = postgres.ISql

/** A delivery whose attempt was recorded. */
export interface Recorded {
  readonly id: string
  readonly now: Date
  /** A manual retry or a replay that was requested during the attempt made the delivery due, against its settlement. */
  readonly continues: boolean
}

/** Deletes the leases that the batch still holds. Attempts whose lease was lost are not recorded. */
const fence = `leases as (
      -- Locked in id order, so that two settles of the same leases cannot deadlock.
      select l.delivery_id from due_deliveries l
      join batch b on b.delivery_id = l.delivery_id and b.token = l.lease_token
      order by l.delivery_id
      for update of l
    ), fenced as (
      delete from due_deliveries l using batch b
      where l.delivery_id = b.delivery_id and l.lease_token = b.token
        and l.delivery_id = any(array(select delivery_id from leases))
      returning b.*,
        -- A manual retry was requested during the attempt, and the attempt did not succeed: the retry follows, and then
        -- the next step of this attempt.
        coalesce(l.manual_retry in ('NEXT', 'AGAIN'), false) and b.outcome <> 'SUCCEEDED' as retry_follows,
        -- An interrupted manual attempt is repeated as a manual attempt.
        b.trigger = 'MANUAL' and b.outcome = 'INTERRUPTED' and b.state = 'PENDING' and b.interruptions > 0 as repeats
    )`

// If a replay made a SKIPPED delivery PENDING during its manual attempt, the delivery does not return to SKIPPED.
const endState = `case when f.state = 'SKIPPED' and d.resume_state is null then 'PENDING' else f.state end`

/** A delivery that was cancelled during the attempt stays cancelled; its attempt is recorded nevertheless. */
const updateDeliveries = `settled as (
      update deliveries d set
        state = case when d.state <> 'PENDING' then d.state when f.retry_follows then 'PENDING' else ${endState} end,
        due_at = case
          when d.state <> 'PENDING' then null
          when f.retry_follows or f.repeats then now()
          -- After a manual attempt the schedule continues unchanged.
          when f.trigger = 'MANUAL' and ${endState} = 'PENDING' then greatest(d.resume_at, now())
          else now() + f.retry_ms * interval '1 millisecond'
        end,
        finished_at = case
          when d.state = 'PENDING' and ${endState} <> 'PENDING' and not f.retry_follows then now()
          else d.finished_at
        end,
        resume_state = case
          when d.state <> 'PENDING' then null
          when f.repeats then d.resume_state
          when f.retry_follows then coalesce(d.resume_state, nullif(${endState}, 'PENDING'))
        end,
        resume_at = case
          when d.state <> 'PENDING' then null
          when f.repeats then d.resume_at
          when f.retry_follows and d.resume_state is null and ${endState} = 'PENDING'
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
      returning f.*, d.state as new_state, d.due_at,
        -- The customer's data were erased during the attempt, so the content of the attempt is not stored.
        d.erased_at is not null and f.erased = 'false' as erased_during_attempt,
        -- The settlement was decided without the requested retry or the replay.
        d.state = 'PENDING' and (f.retry_follows or f.state <> 'PENDING') as continues
    )`

/**
 * Inserts the due rows of deliveries that are PENDING. A due row is deleted and inserted again, because the new state
 * of the delivery is only known after its row was updated.
 */
const requeue = `requeued as (
      insert into due_deliveries (delivery_id, webhook_id, due_at, manual_retry)
      select delivery_id, webhook_id,
        -- A manual retry is due before all waiting deliveries of the lane.
        case when retry_follows or repeats then least(due_at, (
          select min(w.due_at) from due_deliveries w where w.webhook_id = settled.webhook_id and w.lease_token is null
        )) else due_at end,
        case when retry_follows or repeats then 'NOW' end
      from settled where new_state = 'PENDING'
    )`

/** Assigns each attempt the next position in its project's feed, in the order of the batch. */
const assignPositions = `shares as (
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
    )`

const insertAttempts = `logged as (
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
          when continues then 'RETRY'
          when new_state = state then next_step
          else 'NONE'
        end,
        case
          when continues and retry_follows
            then 'a manual retry was requested during the attempt: it follows now, then the delivery continues as before'
          when continues
            then 'the delivery was replayed during this manual attempt: its retry schedule begins'
          when new_state = state then reason
          when new_state = 'CANCELLED' then 'the delivery was cancelled during the attempt'
          else 'the manual retry was cancelled during the attempt: the delivery is ' || new_state || ' as before'
        end,
        due_at
      from recorded
    )`

const insertContents = `contents as (
      insert into attempt_contents (
        attempt_id, started_at, project_id, request_url, request_headers, request_body,
        response_headers, response_body, response_body_size, response_truncated,
        response_decompressed, response_malformed
      )
      select
        attempt_id, started_at, project_id, url, request_headers::jsonb,
        case when erased_during_attempt and request_body is not null then '${erased}' else request_body end,
        case when erased_during_attempt and response_headers is not null then '[]' else response_headers end,
        case
          when erased_during_attempt and response_body <> '' then convert_to('${erased}', 'UTF8')
          else decode(response_body, 'base64')
        end,
        body_size, truncated::bool or erased_during_attempt and response_body <> '', decompressed::bool, malformed::bool
      from recorded
    )`

const countAttempts = `counted as (
      insert into webhook_attempt_counts (webhook_id, at, first_ms, succeeded, failed)
      select webhook_id, date_bin('${bucketLength}', now(), 'epoch'),
        trunc(extract(epoch from now() - date_bin('${bucketLength}', now(), 'epoch')) * 1000),
        count(*) filter (where counts = 'SUCCESS'), count(*) filter (where counts = 'FAILURE')
      from recorded
      where counts <> 'NOTHING'
      group by webhook_id order by webhook_id
      on conflict (webhook_id, at) do update set
        -- A concurrent settle that began earlier may record later: the first attempt is the earliest of both.
        first_ms = least(webhook_attempt_counts.first_ms, excluded.first_ms),
        succeeded = webhook_attempt_counts.succeeded + excluded.succeeded,
        failed = webhook_attempt_counts.failed + excluded.failed
    )`

/**
 * A success ends a run of failures. In the ordinary case nothing changes, because a webhook that succeeds was healthy
 * before. `webhook-failures.ts` updates the health of webhooks with failures in the batch.
 */
const resetHealth = `succeeded as (
      -- The row is locked before its counter is read, so a failure that another settle has committed since this
      -- statement's snapshot is seen.
      select webhook_id, consecutive_failures from webhook_health
      where webhook_id = any(array(
        select webhook_id from recorded
        group by webhook_id
        having bool_or(counts = 'SUCCESS') and not bool_or(counts = 'FAILURE')
      ))
      for no key update
    ), recovered as (
      update webhook_health h set consecutive_failures = 0, failing_since = null
      from succeeded s
      where h.webhook_id = s.webhook_id and s.consecutive_failures > 0
    )`

/**
 * Locks the feeds' rows before the rows of the counters and of the health, each in id order, so that two settles cannot
 * deadlock. The lock on a feed's row is held until the commit, so that positions become visible in order.
 */
const statement = withBatch(
  [
    fence,
    updateDeliveries,
    requeue,
    assignPositions,
    insertAttempts,
    insertContents,
    countAttempts,
    resetHealth,
  ],
  'select delivery_id as id, now() as now, continues from settled',
)

/** Records the batch. Attempts whose lease was lost are not in the result. */
export function recordAttempts(tx: Tx, batch: readonly SettledAttempt[]): Promise<Recorded[]> {
  return tx<Recorded[]>(statement, ...batchArrays(batch))
}
