/** The columns that the settle statement reads of each attempt in its batch. */
import type { SettledAttempt } from '../../ports/dispatch-store.ts'
import { fromHeaders } from '../shared/row-mapping.ts'
import { countsOf, webhookOf } from './webhook-failures.ts'

type Value = string | number | null

/**
 * A column of the batch. The values are text or numbers only: postgres.js does not pass an array of dates or booleans
 * as an array.
 */
interface Column {
  readonly type: 'text' | 'int' | 'bigint' | 'float8' | 'timestamptz'
  readonly value: (attempt: SettledAttempt) => Value
}

function text(value: (attempt: SettledAttempt) => string | null): Column {
  return { type: 'text', value }
}

function int(value: (attempt: SettledAttempt) => number | null): Column {
  return { type: 'int', value }
}

/** By the names that the statement uses. */
const columns: Readonly<Record<string, Column>> = {
  delivery_id: text(({ claimed }) => claimed.deliveryId),
  token: text(({ claimed }) => claimed.leaseToken),
  counts: text(countsOf),
  state: text(({ settlement }) => settlement.state),
  retry_ms: { type: 'float8', value: ({ settlement }) => settlement.retryInMs },
  failures: int(({ settlement }) => settlement.failures),
  interruptions: int(({ settlement }) => settlement.interruptions),
  attempt_id: text(({ attemptId }) => attemptId),
  project_id: text(({ claimed }) => claimed.projectId),
  webhook_id: text(webhookOf),
  order_id: text(({ claimed }) => claimed.event.orderId),
  topic: text(({ claimed }) => claimed.event.topic),
  number: int(({ claimed }) => claimed.attemptNumber),
  trigger: text(({ claimed }) => claimed.trigger),
  outcome: text(({ settlement }) => settlement.outcome),
  detail: text(({ detail }) => detail),
  status_code: int(({ result }) => result?.response?.statusCode ?? null),
  started_at: { type: 'timestamptz', value: ({ claimed }) => claimed.startedAt.toISOString() },
  duration_ms: int(({ result }) => (result === null ? null : Math.round(result.durationMs))),
  dns_ms: int(({ result }) => result?.phases.dnsMs ?? null),
  connect_ms: int(({ result }) => result?.phases.connectMs ?? null),
  tls_ms: int(({ result }) => result?.phases.tlsMs ?? null),
  first_byte_ms: int(({ result }) => result?.phases.firstByteMs ?? null),
  resolved_address: text(({ result }) => result?.resolvedAddress ?? null),
  next_step: text(({ settlement }) => settlement.nextStep),
  reason: text(({ settlement }) => settlement.reason),
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
  resent: text(({ result }) => (result?.resentOnNewConnection ?? false).toString()),
  erased: text(({ claimed }) => claimed.erased.toString()),
}

const names = Object.keys(columns).join(', ')
const all = Object.values(columns)

/** The values of the parameters that `withBatch` has in its text: an array for each column. */
export function batchArrays(batch: readonly SettledAttempt[]): readonly (readonly Value[])[] {
  return all.map(({ value }) => batch.map(value))
}

/**
 * The text of a statement, as postgres.js takes it from a tagged template. Its parts can read `batch`: a table with the
 * columns above and `place`, the attempt's position in the batch from 1.
 */
export function withBatch(parts: readonly string[], select: string): TemplateStringsArray {
  const casts = all.map(({ type }) => `::${type}[]`)
  const strings = [
    'with batch as (select * from unnest(',
    ...casts.slice(0, -1).map((cast) => `${cast}, `),
    `${casts.at(-1) ?? ''}) with ordinality as b(${names}, place)), ${parts.join(', ')} ${select}`,
  ]
  return Object.assign(strings, { raw: strings })
}
