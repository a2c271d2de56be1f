/**
 * A project with a long log, written directly to the tables: 100,000 deliveries of 10 days with one attempt each, few
 * of which failed. Two webhooks have nearly all of them. `watch` returns the plans that PostgreSQL uses for a page.
 */
import { sessionOf, type RlsMode } from '../../../src/db/connection/pool-roles.ts'
import type { Sql } from '../../../src/db/connection/connect.ts'
import { makeProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { loggedDatabase } from '../../support/database/logged-database.ts'
import type { Scope } from '../../../src/domain/access/scope.ts'
import type { ProjectStore } from '../../../src/db/tenant/tenant-store.ts'
import { buildId, dayMs } from '../../support/samples.ts'

export const projectId = buildId('prj', 1)
export const otherProjectId = buildId('prj', 2)
export const partnerId = buildId('ptn', 1)
export const fleetId = buildId('ptn', 2)
export const attemptCount = 100_000
export const days = 10

/** Two webhooks with nearly all deliveries, two of a partner with a few, and 40 of another partner that share one in a thousand. */
export const busy = [webhook(0), webhook(1)] as const
export const quiet = [webhook(2), webhook(3)] as const
export const many = Array.from({ length: 40 }, (_, index) => webhook(4 + index))
/** A webhook of another project with a seventh of all deliveries. Most of them are PENDING, none of the newest. */
export const foreign = webhook(9_000)
export const failureEvery = 500

export function webhook(number: number): string {
  return `whk_01kjd3s5x0f3r8qz6v2m4n${String(number).padStart(4, '0')}`
}

/** The first day of the log. The last is yesterday. */
export const firstDay = new Date(Math.floor(Date.now() / dayMs) * dayMs - days * dayMs)
const stepMs = (days * dayMs) / attemptCount

/** The n-th id with the prefix, from 0. Its time is that of the n-th delivery. */
export function idAt(prefix: string, n: number): string {
  const ms = Math.floor(firstDay.getTime() + n * stepMs)
  const letters = Array.from({ length: 10 }, (_, place) =>
    '0123456789abcdefghjkmnpqrstvwxyz'.charAt(Math.floor(ms / 32 ** (9 - place)) % 32),
  )
  return `${prefix}_${letters.join('')}${String(n).padStart(16, '0')}`
}

export async function fillLog(sql: Sql): Promise<void> {
  const webhooks = [...busy, ...quiet, ...many, foreign]
  const owners = webhooks.map((id) =>
    many.includes(id) ? fleetId : (quiet as readonly string[]).includes(id) ? partnerId : '',
  )
  const presets = webhooks.map((id) => (many.includes(id) ? 'FLIPDISH' : 'STANDARD'))
  await sql`select ensure_attempt_partitions((now() - interval '30 days')::date, (now() + interval '14 days')::date)`
  await sql`
    insert into projects (id, name, sealed_data_key)
    select id, 'Main Street', 'sealed' from unnest(${[projectId, otherProjectId]}::text[]) as p(id)`
  await sql`insert into partners (id, project_id, name, created_at) values
    (${partnerId}, ${projectId}, 'Courier Ltd', now()), (${fleetId}, ${projectId}, 'Fleet Ltd', now())`
  await sql`
    insert into webhooks (
      id, project_id, partner_id, name, url, topics, preset, overrides, version, created_at, updated_at
    )
    select id, case when id = ${foreign} then ${otherProjectId} else ${projectId} end, nullif(owner, ''), 'POS',
      'https://pos.example/hook', '{*}', preset, '{}', 1, now(), now()
    from unnest(${webhooks}::text[], ${owners}::text[], ${presets}::text[]) as w(id, owner, preset)`
  await sql`
    create function id_at(prefix text, n int) returns text language sql immutable as $$
      select prefix || '_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((ms >> (45 - 5 * place)) & 31)::int, 1), '' order by place
      ) || lpad(n::text, 16, '0')
      from generate_series(0, 9) as place, (
        select ${sql.unsafe(String(firstDay.getTime()))}::bigint + floor(n * ${sql.unsafe(String(stepMs))}::numeric)::bigint
      ) as at(ms)
    $$`
  await sql`
    create table log_rows as
    select n, case when n % 7 = 3 then ${otherProjectId} else ${projectId} end as project_id,
      case
        when n % 7 = 3 then ${foreign}
        when n % 10000 = 1 then (${[...quiet]}::text[])[1 + n / 10000 % 2]
        when n % 1000 = 2 then (${many}::text[])[1 + n / 1000 % 40]
        else (${[...busy]}::text[])[1 + n % 2]
      end as webhook_id,
      ${firstDay}::timestamptz + n * ${stepMs}::float8 * interval '1 millisecond' as at,
      n % ${failureEvery} = 0 as failed, n % ${failureEvery * 10} = 0 or n % 7 = 3 and n < 80000 as pending,
      case when n % 5000 = 4 then 'menu.updated'
        else 'order.' || (array['created', 'state_changed', 'updated'])[1 + n % 3] end as topic,
      'ord_' || lpad((n / 4)::text, 26, '0') as order_id
    from generate_series(0, ${attemptCount - 1}) as n`
  await sql`
    insert into deliveries (
      id, project_id, webhook_id, event_id, order_id, topic, state, attempt_count, created_at, finished_at,
      last_outcome, last_status_code, last_trigger
    )
    select id_at('dlv', n), project_id, webhook_id, id_at('evt', n / 2), order_id, topic,
      case when pending then 'PENDING' when failed then 'EXHAUSTED' else 'DELIVERED' end, 1, at,
      case when not pending then at end,
      case when failed then 'HTTP_ERROR' else 'SUCCEEDED' end, case when failed then 500 else 200 end, 'SCHEDULE'
    from log_rows`
  await sql`
    insert into due_deliveries (delivery_id, webhook_id, due_at)
    select id_at('dlv', n), webhook_id, now() from log_rows where pending`
  await sql`
    insert into attempts (
      id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, status_code,
      started_at, next_step, next_step_reason
    )
    select id_at('att', n), project_id, n + 1, id_at('dlv', n), webhook_id, order_id, topic, 1, 'SCHEDULE',
      case when failed then 'HTTP_ERROR' else 'SUCCEEDED' end, case when failed then 500 else 200 end,
      at, case when pending then 'RETRY' when failed then 'EXHAUSTED' else 'NONE' end, ''
    from log_rows`
  await sql`drop table log_rows`
  await sql`analyze`
}

/** A node of an analyzed plan. */
export interface Node {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Subplans Removed'?: number
  readonly Plans?: readonly Node[]
}

interface Statement {
  readonly query: string
  readonly values: readonly unknown[]
  /** Reads the whole project, although the scope is a partner's. */
  readonly isBeyondPartner: boolean
}

export interface Watched {
  /** Runs `read`. Returns its result, its statements and their plans: first the custom plans, then the generic ones. */
  page<T>(
    scope: Scope,
    read: (store: ProjectStore) => Promise<T>,
  ): Promise<{
    readonly result: T
    readonly statements: readonly string[]
    readonly plans: readonly Node[][]
  }>
  close(): Promise<void>
}

/** Reads as the API does, with row-level security. */
export function watch(url: string, rlsMode: RlsMode): Watched {
  const statements: Statement[] = []
  let isBeyondPartner = false
  const onStatement = (query: string, values: readonly unknown[]): void => {
    // Sets the scope of the next statements.
    if (query.includes('set_config')) isBeyondPartner = query.includes("partner_id', ''")
    else statements.push({ query, values, isBeyondPartner })
  }
  const db = loggedDatabase(url, onStatement, {
    onnotice: () => undefined,
    connection: { jit: 'off', ...sessionOf(rlsMode, 'api') },
  })
  const client = db.$client
  return {
    page: async (scope, read) => {
      statements.length = 0
      const result = await read(makeProjectStore(db, scope))
      const found = [...statements]
      const plans: Node[][] = []
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        const ofMode: Node[] = []
        for (const statement of found) ofMode.push(await explain(client, scope, mode, statement))
        plans.push(ofMode)
      }
      return { result, statements: found.map(({ query }) => query), plans }
    },
    close: () => client.end(),
  }
}

async function explain(
  client: Sql,
  scope: Scope,
  mode: string,
  { query, values, isBeyondPartner }: Statement,
): Promise<Node> {
  const plan = await client.begin(async (tx) => {
    await tx`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${isBeyondPartner ? '' : (scope.partnerId ?? '')}, true),
      set_config('plan_cache_mode', ${mode}, true)`
    await tx.unsafe(`prepare page as ${query}`)
    const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`
    const [row] = await tx.unsafe<{ 'QUERY PLAN': { Plan: Node }[] }[]>(
      `explain (analyze, format json) execute page${given}`,
    )
    await tx.unsafe('deallocate page')
    return row?.['QUERY PLAN'][0]?.Plan
  })
  if (plan === undefined) throw new Error('expected a plan, found none')
  return plan
}

function literal(value: unknown): string {
  if (value === null) return 'null'
  const text = Array.isArray(value)
    ? `{${value.map((one) => JSON.stringify(one)).join(',')}}`
    : value instanceof Date
      ? value.toISOString()
      : `${value as string | number}`
  return `'${text.replaceAll("'", "''")}'`
}

/** All executed nodes of a plan, the root first. */
export function nodesOf(plan: Node): readonly Node[] {
  if (plan['Actual Loops'] === 0) return []
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

/** Rows that were read from tables and indexes, whether a filter removed them or not. */
export function rowsRead(plans: readonly Node[]): number {
  return plans
    .flatMap(nodesOf)
    .filter((node) => node['Relation Name'] !== undefined || node['Node Type'] === 'Bitmap Index Scan')
    .reduce(
      (sum, node) =>
        sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    )
}
