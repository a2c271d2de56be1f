/** Sample partners, one for each preset, with their webhook settings and their authentication of received requests. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Preset } from '../domain/webhooks/preset.ts'

/** The credentials that `webhookCreate` returns once. */
export interface Credentials {
  readonly secret: string | null
  readonly token: string | null
}

/** A sample partner. */
export interface Partner {
  readonly name: string
  readonly preset: Preset
  /** Input of `webhookCreate` in addition to name, url, topics and preset. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Number of requests that the receiver rejects at first. */
  readonly failures: number
  /** Status code with which the receiver accepts a request, according to the preset's documentation. */
  readonly successStatus: number
  /** Whether the request has a valid signature or token. */
  readonly authenticates: (credentials: Credentials, headers: IncomingHttpHeaders, body: Buffer) => boolean
}

// Short, so that a retry is visible in the demo. The presets' own retry delays grow from seconds to hours.
const wait = { minMs: 1_000, maxMs: 1_500 }
const retry = { waits: [wait, wait, wait] }
const foodyToken = '4ded1606cd25421398b2de069f1f2cdd'

/** The sample partners. */
export const partners: readonly Partner[] = [
  {
    name: 'Kitchen display',
    preset: 'STANDARD',
    settings: { policy: { retry } },
    failures: 2,
    successStatus: 204,
    authenticates: authenticatesStandard,
  },
  {
    name: 'Curbside app',
    preset: 'FLYBUY',
    settings: { token: 'FFCPUG2A' },
    failures: 0,
    successStatus: 201,
    authenticates: ({ token }, { authorization }) => isSame(authorization, `Token token="${token ?? ''}"`),
  },
  {
    name: 'Till',
    preset: 'FLIPDISH',
    settings: {},
    failures: 0,
    successStatus: 202,
    authenticates: authenticatesStandard,
  },
  {
    name: 'Courier fleet',
    preset: 'FOODY',
    // Set by the demo, because the check on save sends a request before a generated token would be returned.
    settings: { token: foodyToken },
    failures: 0,
    successStatus: 200,
    authenticates: (_credentials, _headers, body) =>
      isSame((JSON.parse(body.toString('utf8')) as { token?: string }).token, foodyToken),
  },
  {
    name: 'Box office',
    preset: 'FAST_EVENTS',
    // The preset requires https. The sample receivers have no certificates, and the demo allows plain http.
    settings: { policy: { httpsOnly: false } },
    failures: 0,
    successStatus: 200,
    authenticates: ({ secret }, headers, body) =>
      isSame(
        headers['x-fe-webhook-signature'],
        createHmac('sha256', secret ?? '')
          .update(body)
          .digest('base64'),
      ),
  },
]

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function authenticatesStandard({ secret }: Credentials, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const key = Buffer.from((secret ?? '').slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key)
    .update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`)
    // Signed over the raw bytes. A body that was parsed and serialized again would have a different signature.
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
