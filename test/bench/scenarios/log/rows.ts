/**
 * Days of the log of an installation as its dispatchers would have written it: four projects of fifty webhooks,
 * some busier than others, with a few per cent of failures. Written in SQL a day at a time, into the migrated tables with
 * all indexes. The same count creates the same rows except for their days. `shape.ts` defines the outcomes.
 */
import type { ReservedSql } from 'postgres'
import type { BenchServer } from '../../parts/server.ts'
import { endings, eventFormat, idFunction, msFunction, steps } from './shape.ts'

const projectCount = 4
const webhooksOfProject = 50
/** Each partner owns five webhooks of its project; the other half belongs to the platform. */
const partnersOfProject = 5
/** The number of attempts of a thousand deliveries with the outcomes of `shape.ts`. */
const attemptsOfThousand = 1_047
const presets = ['STANDARD', 'STANDARD', 'FLIPDISH', 'STANDARD', 'FAST_EVENTS']

export interface LogRows {
  /** One of the four projects. The ids below are of this project. */
  readonly projectId: string
  /** A webhook that is neither the busiest nor the quietest. */
  readonly webhookId: string
  readonly partnerId: string
  /** An order of the middle of the days, like the four ids below. */
  readonly orderId: string
  readonly attemptId: string
  readonly deliveryId: string
  /** The attempt and the delivery in the middle of the partner. */
  readonly partnerAttemptId: string
  readonly partnerDeliveryId: string
  readonly from: Date
  readonly until: Date
  readonly keys: Readonly<Record<'PLATFORM' | 'PARTNER', string>>
  /** The number of attempts in the whole database. */
  readonly attempts: number
  readonly seconds: number
}

/** Fills an empty, migrated database with about this many attempts of this many days, and vacuums it as autovacuum would later. No dispatcher may run on it. */
export async function makeLogRows(
  server: Pick<BenchServer, 'sql' | 'tenant' | 'key'>,
  { attempts, days }: { readonly attempts: number; readonly days: number },
  progress: (line: string) => void,
): Promise<LogRows> {
  const beganMs = performance.now()
  const projectIds: string[] = []
  for (let made = 0; made < projectCount; made += 1)
    projectIds.push((await server.tenant(0, () => '')).projectId)
  const perDay = Math.ceil((attempts * 1_000) / attemptsOfThousand / days)
  const sql = await server.sql.reserve()
  try {
    await prepare(sql, projectIds, { days, deliveries: perDay * days })
    for (let day = 0; day < days; day += 1) {
      await makeDay(sql, day * perDay, (day + 1) * perDay)
      if (day % 5 === 4)
        progress(`${day + 1} of ${days} days, ${((performance.now() - beganMs) / 1_000).toFixed(0)} s`)
    }
    await sql`insert into feeds (project_id, position) select project_id, position from places where position > 0`
    await sql`vacuum (analyze) attempts, attempt_contents, deliveries, due_deliveries, events, orders, webhooks, webhook_attempt_counts`
    await sql`checkpoint`
    const rows = await namesOf(sql, projectIds[1] ?? '')
    const { projectId, partnerId } = rows
    const keys = {
      PLATFORM: await server.key(projectId, { role: 'PLATFORM' }),
      PARTNER: await server.key(projectId, { role: 'PARTNER', partnerId }),
    }
    return { ...rows, keys, seconds: (performance.now() - beganMs) / 1_000 }
  } finally {
    sql.release()
  }
}

/** Inserts webhooks and partners, and creates temporary tables from which the days are made. */
async function prepare(
  sql: ReservedSql,
  projectIds: readonly string[],
  { days, deliveries }: { readonly days: number; readonly deliveries: number },
): Promise<void> {
  await sql`set synchronous_commit = off`
  await sql`set jit = off`
  await sql.unsafe(idFunction)
  await sql.unsafe(msFunction)
  // The retries of all deliveries that are not PENDING have ended, so the last three hours are empty.
  await sql`
    create temp table span as
    select until - ${days} * interval '1 day' as since, pg_temp.bench_ms(until - ${days} * interval '1 day') as since_ms, until, ${days} * interval '1 day' / ${deliveries}::int as step
    from (select date_trunc('milliseconds', now()) - interval '3 hours' as until) u`
  await sql`
    select ensure_attempt_partitions((since at time zone 'UTC')::date, (now() at time zone 'UTC')::date + 1) from span`
  await sql`
    create temp table places as
    select project_id, place - 1 as project, 0::bigint as position, pg_temp.bench_id('sit', since_ms, place) as site_id
    from span, unnest(${projectIds}::text[]) with ordinality as p(project_id, place)`
  await sql`
    insert into sites (id, project_id, number, name, created_at, updated_at)
    select site_id, project_id, 1, 'Main Street', since, since from places, span`
  await sql`
    create temp table receivers as
    select project, slot, pg_temp.bench_id('whk', since_ms, project * 1000 + slot) as id, project_id,
      case when slot % 2 = 0
        then pg_temp.bench_id('ptn', since_ms, project * 1000 + (slot / 2) % ${partnersOfProject}) end as partner_id,
      (${presets}::text[])[slot % ${presets.length} + 1] as preset
    from places, span, generate_series(0, ${webhooksOfProject - 1}) as slot`
  await sql`
    insert into partners (id, project_id, name, created_at)
    select distinct partner_id, project_id, 'Partner', since from receivers, span where partner_id is not null`
  await sql`
    insert into webhooks (
      id, project_id, partner_id, name, url, topics, preset, dialect, overrides, version, created_at, updated_at
    )
    select id, project_id, partner_id, 'Webhook ' || slot, 'https://receiver.example/' || slot, '{order.*}', preset,
      preset, '{}', 1, since, since
    from receivers, span`
  await sql`insert into webhook_health (webhook_id) select id from receivers`
  await sql`
    create temp table endings as
    select * from unnest(
      ${endings.map(({ ending }) => ending)}::text[], ${endings.map(({ until }) => until)}::int[],
      ${endings.map(({ state }) => state)}::text[]
    ) as e(ending, until, state)`
  await sql`
    create temp table steps as
    select *, lead(after_s) over (partition by ending order by number) as next_after_s
    from unnest(
      ${steps.map(({ ending }) => ending)}::text[], ${steps.map(({ number }) => number)}::int[],
      ${steps.map(({ outcome }) => outcome)}::text[], ${steps.map(({ statusCode }) => statusCode)}::int[],
      ${steps.map(({ trigger }) => trigger)}::text[], ${steps.map(({ nextStep }) => nextStep)}::text[],
      ${steps.map(({ afterS }) => afterS)}::float8[]
    ) as s(ending, number, outcome, status_code, trigger, next_step, after_s)`
  await sql`analyze receivers, endings, steps`
}

/** Inserts the deliveries from number `from` to before `until`, with their events, orders and attempts. */
async function makeDay(sql: ReservedSql, from: number, until: number): Promise<void> {
  // An event goes to two webhooks of its project, and an order has four events. 7919 is prime: it scatters the endings.
  await sql`
    create temp table day as
    select *, pg_temp.bench_id('dlv', at_ms, n) as id, pg_temp.bench_id('evt', event_ms, n / 2) as event_id,
      pg_temp.bench_id('ord', order_ms, n / 8) as order_id
    from (
      select n, pg_temp.bench_ms(since + n * step) as at_ms, pg_temp.bench_ms(since + n / 2 * 2 * step) as event_ms,
        pg_temp.bench_ms(since + n / 8 * 8 * step) as order_ms, since + n * step as at, since + n / 2 * 2 * step as event_at, since + n / 8 * 8 * step as order_at,
        abs(hashint8(n / 8)) % ${projectCount} as project,
        -- Squared, so that the first webhooks are the busiest.
        (floor(${webhooksOfProject} * power((hashint8(n / 2)::bigint & 65535) / 65536.0, 2))::int + n % 2 * 7)
          % ${webhooksOfProject} as slot,
        (select ending from endings where until > n * 7919 % 1000
          and (ending <> 'PENDING' or since + n * step > u.until - interval '2 days')
          order by until limit 1) as ending
      from span u, generate_series(${from}::bigint, ${until - 1}::bigint) as n
      -- Prevents that PostgreSQL merges the subquery, so that the milliseconds of the ids stay plain columns.
      offset 0
    ) d`
  await sql`
    create temp table done as
    select d.*, r.id as webhook_id, r.project_id, e.state, l.number as attempts, l.outcome as last_outcome,
      l.status_code as last_status_code, l.trigger as last_trigger, l.after_s
    from day d
    join receivers r using (project, slot)
    join endings e using (ending)
    left join lateral (select * from steps s where s.ending = d.ending order by number desc limit 1) l on true`
  await sql`
    insert into orders (
      id, project_id, number, uid, state, customer_state, version, sequence, site_id, created_at, updated_at
    )
    select distinct on (d.order_id) d.order_id, d.project_id, d.n / 8 + 1, md5(d.order_id)::uuid, 'ACCEPTED', 'CREATED', 4, 4,
      p.site_id, d.order_at, d.at
    from done d join places p using (project_id)
    order by d.order_id
    on conflict do nothing`
  await sql`
    insert into events (id, project_id, topic, order_id, sequence, data, delivery_count, created_at)
    select distinct on (event_id) event_id, project_id, ${topicOf(sql)}, order_id, n / 2 % 4 + 1,
      format(${eventFormat}, order_id, n / 8 + 1, n / 2 % 4 + 1, md5(order_id)::uuid, site_id,
        to_char(event_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), 2, event_at
    from done join places using (project_id)
    order by event_id
    on conflict do nothing`
  await sql`
    insert into deliveries (
      id, project_id, webhook_id, event_id, order_id, topic, state, skip_reason, attempt_count, failures, due_at,
      created_at, finished_at, last_outcome, last_status_code, last_trigger
    )
    select id, project_id, webhook_id, event_id, order_id, ${topicOf(sql)}, state,
      case when state = 'SKIPPED' then 'WEBHOOK_DISABLED' end, coalesce(attempts, 0),
      coalesce(attempts, 0) - (coalesce(last_outcome, '') = 'SUCCEEDED')::int,
      case when state = 'PENDING' then now() + interval '1 day' end, at,
      case when state <> 'PENDING' then at + coalesce(after_s, 0) * interval '1 second' end,
      last_outcome, last_status_code, last_trigger
    from done order by n`
  await sql`
    insert into due_deliveries (delivery_id, webhook_id, due_at)
    select id, webhook_id, now() + interval '1 day' from done where state = 'PENDING'`
  await sql`
    create temp table tried as
    select t.*, pg_temp.bench_id('att', started_ms, n * 10 + number) as attempt_id,
      row_number() over (partition by project_id order by started_at, n) as place
    from (
      select d.n, d.id as delivery_id, d.webhook_id, d.project_id, d.order_id, s.*,
        date_trunc('milliseconds', d.at + s.after_s * interval '1 second') as started_at,
        pg_temp.bench_ms(d.at + s.after_s * interval '1 second') as started_ms
      from done d join steps s using (ending)
      offset 0
    ) t`
  await sql`
    insert into attempts (
      id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, detail, status_code,
      started_at, duration_ms, first_byte_ms, resolved_address, next_step, next_step_reason, next_attempt_at
    )
    select attempt_id, project_id, position + place, delivery_id, webhook_id, order_id, ${topicOf(sql)}, number, trigger,
      outcome, case when outcome <> 'SUCCEEDED' then 'the receiver did not take it' end, status_code, started_at,
      20 + n % 200, 15 + n % 200, '192.0.2.10', next_step,
      case next_step when 'NONE' then 'it was delivered' when 'RETRY' then 'it failed: the schedule goes on'
        else 'it failed, and the schedule has ended' end,
      case when next_step = 'RETRY' then started_at + coalesce(next_after_s - after_s, 86400) * interval '1 second' end
    from tried join places using (project_id)
    order by started_at`
  await sql`
    insert into attempt_contents (
      attempt_id, started_at, project_id, request_url, request_headers, request_body, response_headers, response_body,
      response_body_size, response_truncated
    )
    select attempt_id, started_at, project_id, 'https://receiver.example/hook',
      '[["content-type", "application/json"]]', ${sent}, case when status_code is not null then '[]' end,
      case when status_code is not null then '\\x6f6b'::bytea end, case when status_code is not null then 2 end,
      case when status_code is not null then false end
    from tried order by started_at`
  await sql`
    insert into webhook_attempt_counts (webhook_id, at, succeeded, failed)
    select webhook_id, date_bin('10 minutes', started_at, 'epoch') as bucket,
      count(*) filter (where outcome = 'SUCCEEDED'), count(*) filter (where outcome <> 'SUCCEEDED')
    from tried where trigger = 'SCHEDULE'
    group by webhook_id, bucket
    on conflict (webhook_id, at) do update set
      succeeded = webhook_attempt_counts.succeeded + excluded.succeeded, failed = webhook_attempt_counts.failed + excluded.failed`
  await sql`
    update places p set position = position + (select count(*) from tried t where t.project_id = p.project_id)`
  await sql`drop table day, done, tried`
}

const sent = JSON.stringify({ number: 187, state: 'ACCEPTED', customer: { name: 'Brian Johnson' } })

function topicOf(sql: ReservedSql) {
  return sql`case when n % 3 = 0 then 'order.created' else 'order.state_changed' end`
}

async function namesOf(sql: ReservedSql, projectId: string) {
  type Names = Omit<LogRows, 'keys' | 'seconds' | 'attempts'> & { readonly attempts: string }
  const [row] = await sql<Names[]>`
    select ${projectId} as "projectId", r.id as "webhookId", r.partner_id as "partnerId", since as "from", until,
      a.order_id as "orderId", a.id as "attemptId", a.delivery_id as "deliveryId",
      b.id as "partnerAttemptId", b.delivery_id as "partnerDeliveryId",
      (select sum(position) from places) as attempts
    from span, receivers r, lateral (
      select * from attempts where project_id = ${projectId} and started_at <= since + (until - since) / 2
      order by started_at desc, id desc limit 1
    ) a, lateral (
      select * from attempts where webhook_id in (select id from receivers where partner_id = r.partner_id)
        and started_at <= since + (until - since) / 2
      order by started_at desc, id desc limit 1
    ) b
    where r.project_id = ${projectId} and r.slot = 20`
  if (row === undefined) throw new Error('expected the log to have attempts, it has none')
  return { ...row, attempts: Number(row.attempts) }
}
