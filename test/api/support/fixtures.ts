/**
 * Shared by API tests: the documents of the contract exactly as printed, calls that create the objects of a test, and a
 * fingerprint of all stored rows.
 */
import type { Connections } from '../../../src/db/connection/connect.ts'
import type { TestServer, Tenant } from '../../support/server.ts'
import type { Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { contractDocuments, furtherDocuments } from './documents.ts'

/** The documents of the contract, character for character, and the further documents. */
export const documents = { ...contractDocuments, ...furtherDocuments } as const
export type DocumentName = keyof typeof documents

export interface UserError {
  readonly code: string
  readonly field: readonly string[]
  readonly message: string
}

export type Input = Readonly<Record<string, unknown>>

/** Executes a mutation and returns the payload of its one field. */
export async function mutate<T = object>(
  tenant: Tenant,
  name: DocumentName,
  input: Input,
): Promise<T & { readonly userErrors: readonly UserError[] }> {
  const data = await tenant.gql(documents[name], { input })
  return Object.values(data)[0] as T & { readonly userErrors: readonly UserError[] }
}

/** As `mutate`, but throws if the payload has user errors. */
export async function mutateOrThrow<T>(tenant: Tenant, name: DocumentName, input: Input): Promise<T> {
  const answer = await mutate<T>(tenant, name, input)
  if (answer.userErrors.length > 0)
    throw new Error(`expected ${name} to succeed, found ${JSON.stringify(answer.userErrors)}`)
  return answer
}

export interface OrderAnswer {
  readonly id: string
  readonly number: number
  readonly uid: string
  readonly state: string
  readonly customerState: string
  readonly version: number
}

export interface EventAnswer {
  readonly id: string
  readonly topic: string
  readonly sequence?: number
}

export async function createSite(tenant: Tenant, input: Input = {}): Promise<string> {
  const { site } = await mutateOrThrow<{ site: { id: string } }>(tenant, 'SiteCreate', {
    name: 'Main Street',
    ...input,
  })
  return site.id
}

/** Creates an order, at a new site unless the input names one. */
export async function createOrder(tenant: Tenant, input: Input = {}): Promise<OrderAnswer> {
  const siteId = input['siteId'] ?? (await createSite(tenant))
  const { order } = await mutateOrThrow<{ order: OrderAnswer }>(tenant, 'OrderCreate', { ...input, siteId })
  return order
}

export interface WebhookAnswer {
  readonly id: string
  readonly url: string
  readonly version: number
  readonly secret: string
}

/** Creates a webhook for all order topics. */
export async function createWebhook(
  tenant: Tenant,
  receiver: Pick<Receiver, 'url'>,
  input: Input = {},
): Promise<WebhookAnswer> {
  const webhookInput = { name: 'POS', url: `${receiver.url}/hook`, topics: ['order.*'], ...input }
  const { webhook, secret } = await mutateOrThrow<{ webhook: WebhookAnswer; secret: string }>(
    tenant,
    'WebhookCreate',
    webhookInput,
  )
  return { ...webhook, secret }
}

/** A retry schedule of `count` waits of 1 s, the shortest that a policy accepts. */
export function quickRetries(count: number): Input {
  return { retry: { waits: Array.from({ length: count }, () => ({ minMs: 1_000, maxMs: 1_000 })) } }
}

export function changeOrderState(
  tenant: Tenant,
  orderId: string,
  state: string,
): Promise<{ order: OrderAnswer; event: EventAnswer }> {
  return mutateOrThrow(tenant, 'OrderStateChange', { orderId, state })
}

export interface AttemptNode {
  readonly id: string
  readonly number: number
  readonly trigger: string
  readonly outcome: string
  readonly statusCode: number | null
  readonly durationMs: number | null
  readonly startedAt: string
  readonly nextAttemptAt: string | null
}

export interface DeliveryNode {
  readonly id: string
  readonly state: string
  readonly attemptCount: number
  readonly nextAttemptAt: string | null
  readonly createdAt: string
  readonly finishedAt: string | null
  readonly event: { readonly id: string; readonly topic: string; readonly order: { readonly id: string } }
  readonly webhook: { readonly id: string }
  readonly attempts: { readonly nodes: readonly AttemptNode[] }
}

/** The deliveries, newest first. */
export async function listDeliveries(tenant: Tenant, filter: Input = {}): Promise<readonly DeliveryNode[]> {
  const answer = await tenant.gql<{ deliveries: { edges: { node: DeliveryNode }[] } }>(documents.Log, {
    filter,
    first: 100,
  })
  return answer.deliveries.edges.map(({ node }) => node)
}

/** Waits until at least `count` deliveries match the filter and none of them is PENDING. */
export async function waitForSettled(
  tenant: Tenant,
  filter: Input,
  count = 1,
): Promise<readonly DeliveryNode[]> {
  let found: readonly DeliveryNode[] = []
  await waitFor(
    async () => {
      found = await listDeliveries(tenant, filter)
      return found.length >= count && found.every(({ state }) => state !== 'PENDING')
    },
    { what: `${count} deliveries of ${JSON.stringify(filter)} that are not PENDING`, deadlineMs: 45_000 },
  )
  return found
}

/** A well-formed id of no object. */
export function missingId(prefix: string): string {
  return `${prefix}_01kjd3s5x0f3r8qz6v2m4n7b9z`
}

/**
 * A fingerprint of each table, of all rows or of the rows of one project. A difference means that something was
 * written. One prepared statement reads all tables.
 */
export async function fingerprint(
  { sql }: Connections,
  projectId?: string,
): Promise<Readonly<Record<string, string>>> {
  const statement = fingerprintStatements.get(sql) ?? fingerprintStatement(sql)
  fingerprintStatements.set(sql, statement)
  const rows = await sql.unsafe<{ name: string; print: string }[]>(await statement, [projectId ?? null], {
    prepare: true,
  })
  return Object.fromEntries(rows.map(({ name, print }) => [name, print]))
}

/** By connection. Tests create no tables in `public`. */
const fingerprintStatements = new WeakMap<Connections['sql'], Promise<string>>()

async function fingerprintStatement(sql: Connections['sql']): Promise<string> {
  const tables = await sql<{ name: string; hasProject: boolean }[]>`
    select c.relname as name, exists (
      select from pg_attribute a where a.attrelid = c.oid and a.attname = 'project_id') as "hasProject"
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      -- A read of the feed of the installation assigns positions, which is not a change by a request either.
      and c.relname not like 'installation\\_feed%'
    order by 1`
  return tables
    .map(({ name, hasProject }) => {
      // The last use of a key and the heartbeat of a process are not changes by a request.
      const text = ['keys', 'processes'].includes(name)
        ? `(to_jsonb(t) - 'last_used_at' - 'seen_at')::text`
        : 't::text'
      return `select '${name}' as name,
        count(*) || ' rows ' || coalesce(md5(string_agg(${text}, ',' order by ${text})), '') as print
        from ${name} t where $1::text is null or ${ofProject(name, hasProject)}`
    })
    .join(' union all ')
}

/** The condition for the rows of the project $1. */
function ofProject(name: string, hasProject: boolean): string {
  if (hasProject) return 'project_id = $1'
  if (name === 'projects') return 'id = $1'
  if (['webhook_health', 'webhook_attempt_counts', 'due_deliveries', 'pending_replays'].includes(name))
    return 'webhook_id in (select id from webhooks where project_id = $1)'
  if (['installation', 'processes', 'sessions'].includes(name)) return 'true'
  throw new Error(`expected the table ${name} to have a known project`)
}

/** Texts that would reveal the implementation: a stack trace, a file name, an error page of Express. */
export const implementationDetails = /\\n {2,}at |node_modules|\.ts:|\.js:|<html|<pre|SyntaxError/

export type Sent = [
  body: string | Uint8Array | null,
  headers?: Readonly<Record<string, string>>,
  init?: { readonly method?: string },
]

/** Sends a request with a valid key and this body unchanged. For GET the body is the query of the URL. */
export async function sendBody(server: TestServer, tenant: Tenant, ...[body, headers = {}, init = {}]: Sent) {
  const byGet = init.method === 'GET'
  const response = await fetch(byGet ? `${server.url}?${String(body)}` : server.url, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json', ...headers },
    ...init,
    body: byGet ? null : body,
  })
  return {
    status: response.status,
    text: await response.text(),
    type: response.headers.get('content-type'),
  }
}

/** A log that keeps its lines for the test. */
export function makeRecordingLog() {
  const lines: { readonly level: string; readonly step: string; readonly fields: Record<string, unknown> }[] =
    []
  const at = (level: string) => (fields: Record<string, unknown>, step: string) => {
    lines.push({ level, step, fields })
  }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
