/**
 * The parts that all statements of a settle have in common: feed positions, contents, counters and health. They read
 * `settled`, which has a row for each delivery whose attempt is recorded (`place`, `attempt_id`, `started_at`,
 * `project_id`, `webhook_id`, `counts`, `is_erased`), and `content`, the batch's contents by place.
 */
import { latencyBounds } from '../../../domain/deliveries/latency.ts'
import { erased } from '../../../domain/orders/personal-data.ts'
import type { SettledAttempt } from '../../../ports/dispatch-store.ts'
import { fromHeaders } from '../../shared/row-mapping.ts'
import { bucketLength } from './attempt-counters.ts'
import { int, text, type BatchTable, type Columns } from './batch-statement.ts'

/** How the attempt was sent: the columns of `attempts` that come from the sender. */
export const sentColumns = {
  status_code: int(({ result }) => result?.response?.statusCode ?? null),
  duration_ms: int(({ result }) => (result === null ? null : Math.round(result.durationMs))),
  dns_ms: int(({ result }) => result?.phases.dnsMs ?? null),
  connect_ms: int(({ result }) => result?.phases.connectMs ?? null),
  tls_ms: int(({ result }) => result?.phases.tlsMs ?? null),
  first_byte_ms: int(({ result }) => result?.phases.firstByteMs ?? null),
  resolved_address: text(({ result }) => result?.resolvedAddress ?? null),
  resent: text(({ result }) => (result?.resentOnNewConnection ?? false).toString()),
} satisfies Columns<SettledAttempt>

/** What the attempt sent and received. */
export const contentTable: BatchTable<SettledAttempt> = {
  name: 'content',
  columns: {
    url: text(({ content }) => content.request?.url ?? null),
    request_headers: text(
      ({ content }) => content.request && JSON.stringify(fromHeaders(content.request.headers)),
    ),
    request_body: text(({ content }) => content.request?.body ?? null),
    response_headers: text(
      ({ content }) => content.response && JSON.stringify(fromHeaders(content.response.headers)),
    ),
    response_body: text(
      ({ content }) => content.response && Buffer.from(content.response.body).toString('base64'),
    ),
    body_size: { type: 'bigint', value: ({ content }) => content.response?.bodySize ?? null },
    truncated: text(({ content }) => content.response?.truncated.toString() ?? null),
    decompressed: text(({ content }) => content.response?.decompressed.toString() ?? null),
    malformed: text(({ content }) => content.response?.malformed.toString() ?? null),
  },
}

/**
 * Assigns each attempt the next position in its project's feed, in the order of the batch. The lock on the feed's row is
 * held until the commit, so that positions become visible in order.
 */
export const assignPositions = `shares as (
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

/**
 * Reads the contents directly from the parameters, so that the other parts carry no bodies. If the customer's data were
 * erased during the attempt, no body is stored.
 */
export const insertContents = `contents as (
      insert into attempt_contents (
        attempt_id, started_at, project_id, request_url, request_headers, request_body,
        response_headers, response_body, response_body_size, response_truncated,
        response_decompressed, response_malformed
      )
      select
        s.attempt_id, s.started_at, s.project_id, c.url, c.request_headers::jsonb,
        case when s.is_erased and c.request_body is not null then '${erased}' else c.request_body end,
        case when s.is_erased and c.response_headers is not null then '[]' else c.response_headers end,
        case
          when s.is_erased and c.response_body <> '' then convert_to('${erased}', 'UTF8')
          else decode(c.response_body, 'base64')
        end,
        c.body_size, c.truncated::bool or s.is_erased and c.response_body <> '', c.decompressed::bool, c.malformed::bool
      from settled s join content c on c.place = s.place
    )`

/** One count for each of `latencyBounds`. Interrupted attempts have no duration. */
const latencies = `array[${latencyBounds
  .map((bound, index) => {
    const lower = index === 0 ? '' : `duration_ms > ${latencyBounds[index - 1] ?? 0} and `
    const upper = index === latencyBounds.length - 1 ? 'true' : `duration_ms <= ${bound}`
    return `count(*) filter (where ${lower}${upper})`
  })
  .join(', ')}]::int[]`

/** Reads `recorded`, so that the feeds' rows are locked before. */
export const countAttempts = `counted as (
      insert into webhook_attempt_counts (webhook_id, at, first_ms, succeeded, failed, latencies)
      select webhook_id, date_bin('${bucketLength}', now(), 'epoch'),
        trunc(extract(epoch from now() - date_bin('${bucketLength}', now(), 'epoch')) * 1000),
        count(*) filter (where counts = 'SUCCESS'), count(*) filter (where counts = 'FAILURE'),
        ${latencies}
      from recorded
      where counts <> 'NOTHING'
      group by webhook_id order by webhook_id
      on conflict (webhook_id, at) do update set
        -- A concurrent settle that began earlier may record later: the first attempt is the earliest of both.
        first_ms = least(webhook_attempt_counts.first_ms, excluded.first_ms),
        succeeded = webhook_attempt_counts.succeeded + excluded.succeeded,
        failed = webhook_attempt_counts.failed + excluded.failed,
        latencies = array(
          select coalesce(before, 0) + added
          from unnest(webhook_attempt_counts.latencies, excluded.latencies) with ordinality as l(before, added, place)
          order by place
        )
    )`

/**
 * A success ends a run of failures. In the ordinary case nothing changes, because a webhook that succeeds was healthy
 * before. The parameter contains the webhooks with failures in the batch, whose health `webhook-failures.ts` updates.
 */
export const resetHealth = `succeeded as (
      -- The row is locked before its counter is read, so a failure that another settle has committed since this
      -- statement's snapshot is seen.
      select webhook_id, consecutive_failures from webhook_health
      where webhook_id = any(array(
        select webhook_id from recorded where counts = 'SUCCESS' and webhook_id <> all(?::text[]) group by webhook_id
      ))
      for no key update
    ), recovered as (
      update webhook_health h set consecutive_failures = 0, failing_since = null
      from succeeded s
      where h.webhook_id = s.webhook_id and s.consecutive_failures > 0
    )`
