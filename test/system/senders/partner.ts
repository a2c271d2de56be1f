/**
 * The receiver's side of each sender's document, as a partner would build it from the document alone: a real server
 * that responds with scripted statuses and verifies which requests were sent with its credentials.
 */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Preset } from '../../../src/domain/webhooks/preset.ts'

/** The credentials that `webhookCreate` returned. */
export interface Credentials {
  readonly secret: string | null
  readonly token: string | null
}

export interface ReceivedRequest {
  readonly headers: Readonly<Record<string, string>>
  /** Header names as received, in their order. */
  readonly headerNames: readonly string[]
  readonly body: string
  readonly method: string
  readonly path: string
  readonly atMs: number
}

/** A status, or a function that writes the response. */
export type Answer = number | ((response: ServerResponse) => void)

export interface Partner {
  /** The URL with a path. */
  readonly url: string
  readonly requests: readonly ReceivedRequest[]
  /** Answers the next requests in this order, and all later ones with the last answer. */
  script(...answers: readonly Answer[]): void
  close(): Promise<void>
}

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../unit/sender/fixtures/${name}.pem`, import.meta.url))

/** The authority that signed `good.pem`, for SEND_CA_FILE. */
export const caFile = new URL('../../unit/sender/fixtures/ca.pem', import.meta.url).pathname

/** Starts a receiver that answers 200 until it is scripted. */
export async function startPartner({ tls = false }: { readonly tls?: boolean } = {}): Promise<Partner> {
  const requests: ReceivedRequest[] = []
  let answers: Answer[] = [200]
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests.push({
        method: request.method ?? '',
        path: request.url ?? '',
        headers: Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
        ),
        headerNames: request.rawHeaders.filter((_, index) => index % 2 === 0),
        body: Buffer.concat(chunks).toString('utf8'),
        atMs: performance.now(),
      })
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? 200
      if (typeof answer === 'function') answer(response)
      else response.writeHead(answer).end()
    })
  }
  const server = tls
    ? createTlsServer({ key: fixture('good.key'), cert: fixture('good') }, listener)
    : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hook`,
    requests,
    script: (...wanted) => {
      answers = [...wanted]
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Verifies that a request was sent with these credentials, for each sender whose document we have. A new style brings its own tests. */
export const verifies = {
  STANDARD: verifiesStandard,
  FLYBUY: ({ token }, { headers }) =>
    token === null
      ? headers['authorization'] === undefined
      : headers['authorization'] === `Token token="${token}"`,
  // "We also recommend verifying webhook signatures": its document shows none, so it uses the Standard Webhooks signature.
  FLIPDISH: verifiesStandard,
  FOODY: ({ token }, { body }) => (JSON.parse(body) as { token: unknown }).token === token,
  FAST_EVENTS: ({ secret }, { headers, body }) =>
    headers['x-fe-webhook-signature'] ===
    createHmac('sha256', secret ?? '')
      .update(body)
      .digest('base64'),
} as const satisfies Partial<Record<Preset, (credentials: Credentials, request: ReceivedRequest) => boolean>>
export type Sender = keyof typeof verifies
export const senders = Object.keys(verifies) as readonly Sender[]

function verifiesStandard({ secret }: Credentials, { headers, body }: ReceivedRequest): boolean {
  try {
    new Webhook(secret ?? '').verify(body, headers)
    return true
  } catch {
    return false
  }
}
