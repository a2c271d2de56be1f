/**
 * Standard Webhooks: `{type, timestamp, data}`, signed with HMAC-SHA256 over `id.timestamp.body`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto'
import { orderParts } from '../orders/order-fields.ts'
import { problem, type Problem } from '../shared/problem.ts'
import type { DialectRules, RequestContext, RenderedRequest } from './dialect.ts'

/** Secrets are written so, in base64 behind it. */
export const secretPrefix = 'whsec_'

/** What a signing secret may hold, in bytes: Standard Webhooks asks for that many, and we do so for every wire. */
export const minSecretBytes = 24
export const maxSecretBytes = 64

export const standardDialect: DialectRules = {
  secret: { write: writeSecret, check: checkSecret },
  manySignatures: true,
  token: 'NONE',
  carries: () => true,
  shows: orderParts,
  secretHeaders: ['webhook-signature'],
  render: renderStandard,
  renderTest: renderStandard,
}

function renderStandard(context: RequestContext): RenderedRequest {
  const { event, deliveryId } = context
  // The snapshot goes in as the text it was stored as: parsing and printing it again could change numbers.
  const body = `{"type":${JSON.stringify(event.topic)},"timestamp":"${event.createdAt.toISOString()}","data":${event.data}}`
  const timestamp = Math.floor(context.at.getTime() / 1000).toString()
  const signatures = context.secrets.map((secret) => sign(secret, `${deliveryId}.${timestamp}.${body}`))
  return {
    body,
    headers: [
      { name: 'content-type', value: 'application/json' },
      { name: 'user-agent', value: context.userAgent },
      { name: 'webhook-id', value: deliveryId },
      { name: 'webhook-timestamp', value: timestamp },
      { name: 'webhook-signature', value: signatures.join(' ') },
    ],
  }
}

function sign(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

/** A signing secret as it is shown. */
export function writeSecret(bytes: Uint8Array): string {
  return secretPrefix + Buffer.from(bytes).toString('base64')
}

/** With or without its prefix; it is kept, shown and used with it. */
function checkSecret(text: string, field: readonly string[]): string | Problem {
  const name = field.at(-1) ?? 'the secret'
  const base64 = text.startsWith(secretPrefix) ? text.slice(secretPrefix.length) : text
  if (base64.startsWith(secretPrefix))
    return problem('INVALID', field, `${name} begins with ${secretPrefix} twice; once is enough`)
  const bytes = Buffer.from(base64, 'base64')
  // Decoding skips what it does not know, white space too: only what comes out the same was base64.
  if (bytes.toString('base64') !== base64)
    return problem(
      'INVALID',
      field,
      `${name} must be ${secretPrefix} and then base64 (A-Z a-z 0-9 + / and = at the end), without white space`,
    )
  const wrong = wrongLength(bytes.length, field)
  if (wrong !== null) return wrong
  if (bytes.every((byte) => byte === 0))
    return problem('INVALID', field, `${name} is all zeros, which anybody would try first`)
  return writeSecret(bytes)
}

/** What is wrong with a secret of so many bytes; null when nothing is. */
export function wrongLength(bytes: number, field: readonly string[]): Problem | null {
  const holds = `${field.at(-1) ?? 'the secret'} holds ${bytes} bytes; ${minSecretBytes} to ${maxSecretBytes} are asked for`
  if (bytes < minSecretBytes) return problem('INVALID', field, holds)
  return bytes > maxSecretBytes ? problem('TOO_LONG', field, holds) : null
}
