/**
 * A project with a long log, written straight to the tables: a hundred thousand deliveries of ten days with an attempt
 * each, few of which failed; two webhooks have nearly all of it. And what PostgreSQL does for a page of it.
 */
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { sessionOf, type RlsMode } from '../../src/db/connection/row-level-security.ts'
import * as tables from '../../src/db/schema/index.ts'
import type { Sql } from '../../src/db/connection/connect.ts'
import { makeProjectStore } from '../../src/db/tenant/tenant-store.ts'
import type { Scope } from '../../src/domain/access/scope.ts'
import type { ProjectStore } from '../../src/ports/tenant-store.ts'
import { anId, dayMs } from '../support/samples.ts'

export const projectId = anId('prj', 1)
export const otherProjectId = anId('prj', 2)
export const partnerId = anId('ptn', 1)
export const fleetId = anId('ptn', 2)
export const attemptCount = 100_000
export const days = 10

/** Two busy ones, a partner's two with next to nothing, and forty of a fleet that share a thousandth. */
export const busy = [webhook(0), webhook(1)] as const
export const quiet = [webhook(2), webhook(3)] as const
export const many = Array.from({ length: 40 }, (_, index) => webhook(4 + index))
/** Another project's, which has a seventh of all; most of that is pending, none of the newest. */
export const foreign = webhook(9_000)
export const failureEvery = 500

export function webhook(number: number): string {
  return `whk_01kjd3s5x0f3r8qz6v2m4n${String(number).padStart(4, '0')}`
}

/** The day on which the log begins; it ends with yesterday. */
export const firstDay = new Date(Math.floor(Date.now() / dayMs) * dayMs - days * dayMs)
const stepMs = (days * dayMs) / attemptCount

/** The n-th id of a kind, from 0; its instant is the n-th of the log. */
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
    create function made_at(prefix text, n int) returns text language sql immutable as $$
      select prefix || '_' || string_agg(
        substr('0123456789abcdefghjkmnpqrstvwxyz', 1 + ((ms >> (45 - 5 * place)) & 31)::int, 1), '' order by place
      ) || lpad(n::text, 16, '0')
      from generate_series(0, 9) as place, (
        select ${sql.unsafe(String(firstDay.getTime()))}::bigint + floor(n * ${sql.unsafe(String(stepMs))}::numeric)::bigint
      ) as at(ms)
    $$`
  await sql`
    create table made as
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
    select made_at('dlv', n), project_id, webhook_id, made_at('evt', n / 2), order_id, topic,
      case when pending then 'PENDING' when failed then 'EXHAUSTED' else 'DELIVERED' end, 1, at,
      case when not pending then at end,
      case when failed then 'HTTP_ERROR' else 'SUCCEEDED' end, case when failed then 500 else 200 end, 'SCHEDULE'
    from made`
  await sql`
    insert into due_deliveries (delivery_id, webhook_id, due_at)
    select made_at('dlv', n), webhook_id, now() from made where pending`
  await sql`
    insert into attempts (
      id, project_id, position, delivery_id, webhook_id, order_id, topic, number, trigger, outcome, status_code,
      started_at, next_step, next_step_reason
    )
    select made_at('att', n), project_id, n + 1, made_at('dlv', n), webhook_id, order_id, topic, 1, 'SCHEDULE',
      case when failed then 'HTTP_ERROR' else 'SUCCEEDED' end, case when failed then 500 else 200 end,
      at, case when pending then 'RETRY' when failed then 'EXHAUSTED' else 'NONE' end, ''
    from made`
  await sql`drop table made`
  await sql`analyze`
}

/** What PostgreSQL did at one place of a plan. */
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

interface Asked {
  readonly query: string
  readonly values: readonly unknown[]
  /** In a partner's scope, over all of the project. */
  readonly isBeyondPartner: boolean
}

export interface Watched {
  /** What the store answered, and how its statements went, each planned for its values and for any. */
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

/** Reads as the API does, within its walls. */
export function watch(url: string, rlsMode: RlsMode): Watched {
  const client = postgres(url, {
    max: 1,
    onnotice: () => undefined,
    connection: { jit: 'off', ...sessionOf(rlsMode, 'api') },
  })
  const asked: Asked[] = []
  let isBeyondPartner = false
  const logger = {
    logQuery: (query: string, values: unknown[]) => {
      // Said before each: whose rows may be reached.
      if (query.includes('set_config')) isBeyondPartner = query.includes("partner_id', ''")
      else asked.push({ query, values, isBeyondPartner })
    },
  }
  const db = drizzle(client, { schema: tables, logger })
  return {
    page: async (scope, read) => {
      asked.length = 0
      const result = await read(makeProjectStore(db, scope))
      const found = [...asked]
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
  { query, values, isBeyondPartner }: Asked,
): Promise<Node> {
  const done = await client.begin(async (tx) => {
    await tx`select
      set_config('orderbell.project_id', ${scope.projectId}, true),
      set_config('orderbell.partner_id', ${isBeyondPartner ? '' : (scope.partnerId ?? '')}, true),
      set_config('plan_cache_mode', ${mode}, true)`
    await tx.unsafe(`prepare a_page as ${query}`)
    const given = values.length === 0 ? '' : `(${values.map(literal).join(', ')})`
    const [row] = await tx.unsafe<{ 'QUERY PLAN': { Plan: Node }[] }[]>(
      `explain (analyze, format json) execute a_page${given}`,
    )
    await tx.unsafe('deallocate a_page')
    return row?.['QUERY PLAN'][0]?.Plan
  })
  if (done === undefined) throw new Error('expected a plan, found none')
  return done
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

/** All places of a plan that were come to, from the top. */
export function placesOf(plan: Node): readonly Node[] {
  if (plan['Actual Loops'] === 0) return []
  return [plan, ...(plan.Plans ?? []).flatMap(placesOf)]
}

/** Rows that were looked at in tables and indexes, taken or not. */
export function rowsRead(plans: readonly Node[]): number {
  return plans
    .flatMap(placesOf)
    .filter((node) => node['Relation Name'] !== undefined || node['Node Type'] === 'Bitmap Index Scan')
    .reduce(
      (sum, node) =>
        sum + (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'],
      0,
    )
}
