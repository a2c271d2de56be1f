/**
 * Standard Webhooks: the body is `{type, timestamp, data}`, signed with HMAC-SHA256 over `id.timestamp.body`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto'
import { orderParts } from '../orders/order-fields.ts'
import { problem, type Problem } from '../shared/problem.ts'
import type { DialectRules, RequestContext, RenderedRequest } from './dialect.ts'

/** The prefix of a secret; the base64 of its bytes follows. */
export const secretPrefix = 'whsec_'

/** Bounds of a signing secret's length, in bytes. From Standard Webhooks; they apply to every dialect that signs. */
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
  // The snapshot is inserted as its stored text: parsing and serializing it again could change numbers.
  const body = `{"type":${JSON.stringify(event.topic)},"timestamp":"${event.createdAt.toISOString()}","data":${event.data}}`
  const timestamp = Math.floor(context.at.getTime() / 1000).toString()
  // The signed content is encoded once. The body is the part of it after the id and the time, which are ASCII.
  const prefix = `${deliveryId}.${timestamp}.`
  const content = Buffer.from(prefix + body)
  const signatures = context.secrets.map((secret) => sign(secret, content))
  return {
    body,
    bytes: content.subarray(prefix.length),
    headers: [
      { name: 'content-type', value: 'application/json' },
      { name: 'user-agent', value: context.userAgent },
      { name: 'webhook-id', value: deliveryId },
      { name: 'webhook-timestamp', value: timestamp },
      { name: 'webhook-signature', value: signatures.join(' ') },
    ],
  }
}

function sign(secret: string, content: Uint8Array): string {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
  return `v1,${createHmac('sha256', key).update(content).digest('base64')}`
}

/** Encodes bytes as a signing secret: the prefix and base64. */
export function writeSecret(bytes: Uint8Array): string {
  return secretPrefix + Buffer.from(bytes).toString('base64')
}

/** Accepts a secret with or without its prefix, and returns it with the prefix. */
function checkSecret(text: string, field: readonly string[]): string | Problem {
  const name = field.at(-1) ?? 'the secret'
  const base64 = text.startsWith(secretPrefix) ? text.slice(secretPrefix.length) : text
  if (base64.startsWith(secretPrefix))
    return problem('INVALID', field, `${name} begins with ${secretPrefix} twice; write it once`)
  const bytes = Buffer.from(base64, 'base64')
  // Buffer.from skips invalid characters, including white space: the text is valid base64 only if it encodes to itself.
  if (bytes.toString('base64') !== base64)
    return problem(
      'INVALID',
      field,
      `${name} must be ${secretPrefix} and then base64 (A-Z a-z 0-9 + / and = at the end), without white space`,
    )
  const wrong = wrongLength(bytes.length, field)
  if (wrong !== null) return wrong
  if (bytes.every((byte) => byte === 0))
    return problem('INVALID', field, `${name} is all zeros, which is easy to guess`)
  return writeSecret(bytes)
}

/** Returns a problem when a secret of `bytes` bytes is too short (INVALID) or too long (TOO_LONG), else null. */
export function wrongLength(bytes: number, field: readonly string[]): Problem | null {
  const holds = `${field.at(-1) ?? 'the secret'} holds ${bytes} bytes; it must have ${minSecretBytes} to ${maxSecretBytes}`
  if (bytes < minSecretBytes) return problem('INVALID', field, holds)
  return bytes > maxSecretBytes ? problem('TOO_LONG', field, holds) : null
}
