/**
 * Standard Webhooks: `{type, timestamp, data}`, signed with HMAC-SHA256 over `id.timestamp.body`.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto'
import type { DialectRules, Letter, Rendered } from './dialect.ts'

/** What receivers see us as, where their sender's document does not say otherwise. */
export const userAgent = 'Orderbell/1'

/** Secrets are written so, in base64 behind it. */
export const secretPrefix = 'whsec_'

export const standardDialect: DialectRules = {
  secret: { write: writeSecret, check: (text) => text },
  token: 'NONE',
  carries: () => true,
  secretHeaders: ['webhook-signature'],
  render: renderStandard,
  renderTest: renderStandard,
}

function renderStandard(letter: Letter): Rendered {
  const { event, deliveryId } = letter
  // The snapshot goes in as the text it was stored as: parsing and printing it again could change numbers.
  const body = `{"type":${JSON.stringify(event.topic)},"timestamp":"${event.createdAt.toISOString()}","data":${event.data}}`
  const timestamp = Math.floor(letter.at.getTime() / 1000).toString()
  const signatures = letter.secrets.map((secret) => sign(secret, `${deliveryId}.${timestamp}.${body}`))
  return {
    body,
    headers: [
      { name: 'content-type', value: 'application/json' },
      { name: 'user-agent', value: userAgent },
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

/** A signing secret as it is shown: Standard Webhooks asks for 24 to 64 random bytes. */
export function writeSecret(bytes: Uint8Array): string {
  return secretPrefix + Buffer.from(bytes).toString('base64')
}
