/** Toy partners, one of each preset: what it asks for, and how it tells a request of ours from a forged one. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Preset } from '../domain/webhooks/preset.ts'

/** What `webhookCreate` showed its owner, once. */
export interface Credentials {
  readonly secret: string | null
  readonly token: string | null
}

export interface Partner {
  readonly name: string
  readonly preset: Preset
  /** What `webhookCreate` is asked besides name, url, topics and preset. */
  readonly settings: Readonly<Record<string, unknown>>
  /** How many requests it refuses before it takes any. */
  readonly failures: number
  /** The status with which it takes a request, as its sender's document has it. */
  readonly takes: number
  /** Whether the request was sent by somebody who holds the credentials. */
  readonly proves: (credentials: Credentials, headers: IncomingHttpHeaders, body: Buffer) => boolean
}

// Short waits, so that a retry can be watched; the presets' own begin with seconds and grow to hours.
const wait = { minMs: 1_000, maxMs: 1_500 }
const retry = { waits: [wait, wait, wait] }
const foodyToken = '4ded1606cd25421398b2de069f1f2cdd'

export const partners: readonly Partner[] = [
  {
    name: 'Kitchen display',
    preset: 'STANDARD',
    settings: { policy: { retry } },
    failures: 2,
    takes: 204,
    proves: provesStandard,
  },
  {
    name: 'Curbside app',
    preset: 'FLYBUY',
    settings: { token: 'FFCPUG2A' },
    failures: 0,
    takes: 201,
    proves: ({ token }, { authorization }) => isSame(authorization, `Token token="${token ?? ''}"`),
  },
  {
    name: 'Till',
    preset: 'FLIPDISH',
    settings: {},
    failures: 0,
    takes: 202,
    proves: provesStandard,
  },
  {
    name: 'Courier fleet',
    preset: 'FOODY',
    // Given, not made: the check on save comes before anybody is shown a token.
    settings: { token: foodyToken },
    failures: 0,
    takes: 200,
    proves: (_credentials, _headers, body) =>
      isSame((JSON.parse(body.toString('utf8')) as { token?: string }).token, foodyToken),
  },
  {
    name: 'Box office',
    preset: 'FAST_EVENTS',
    // Its document asks for https. The toys have no certificates, and the demo is free to send to plain http.
    settings: { policy: { httpsOnly: false } },
    failures: 0,
    takes: 200,
    proves: ({ secret }, headers, body) =>
      isSame(
        headers['x-fe-webhook-signature'],
        createHmac('sha256', secret ?? '')
          .update(body)
          .digest('base64'),
      ),
  },
]

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function provesStandard({ secret }: Credentials, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const key = Buffer.from((secret ?? '').slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key)
    .update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`)
    // The raw bytes: a body that was parsed and printed again would have another signature.
    .update(body)
    .digest('base64')
  return String(headers['webhook-signature'])
    .split(' ')
    .some((signature) => isSame(signature, `v1,${expected}`))
}

function isSame(found: unknown, expected: string): boolean {
  const [a, b] = [Buffer.from(String(found)), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
