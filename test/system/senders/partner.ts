/**
 * The receiver's side of each sender's document, as a partner would build it from the document alone: a real
 * server that is scripted with statuses, and knows which requests were sent by somebody who holds its credentials.
 */
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Preset } from '../../../src/domain/webhooks/preset.ts'

/** What `webhookCreate` showed its owner. */
export interface Shown {
  readonly secret: string | null
  readonly token: string | null
}

export interface Taken {
  readonly headers: Readonly<Record<string, string>>
  /** Names as they came, in their order. */
  readonly headerNames: readonly string[]
  readonly body: string
  readonly method: string
  readonly path: string
  readonly atMs: number
}

/** A status, or whatever the function does with the response. */
export type Answer = number | ((response: ServerResponse) => void)

export interface Partner {
  /** With a path. */
  readonly url: string
  readonly requests: readonly Taken[]
  /** Answers the next requests so, one after another, and then by the last one again. */
  script(...answers: readonly Answer[]): void
  close(): Promise<void>
}

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../unit/sender/fixtures/${name}.pem`, import.meta.url))

/** Whose certificate `good.pem` was signed by: what SEND_CA_FILE names. */
export const caFile = new URL('../../unit/sender/fixtures/ca.pem', import.meta.url).pathname

/** Answers 200 until it is told otherwise. */
export async function startPartner({ tls = false }: { readonly tls?: boolean } = {}): Promise<Partner> {
  const requests: Taken[] = []
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

/** Whether a request proves that its sender holds what was shown. Of the senders whose documents we have: a new style brings its own tests. */
export const proves = {
  STANDARD: provesStandard,
  FLYBUY: ({ token }, { headers }) =>
    token === null
      ? headers['authorization'] === undefined
      : headers['authorization'] === `Token token="${token}"`,
  // "We also recommend verifying webhook signatures": its document shows none, so Standard Webhooks' stands in.
  FLIPDISH: provesStandard,
  FOODY: ({ token }, { body }) => (JSON.parse(body) as { token: unknown }).token === token,
  FAST_EVENTS: ({ secret }, { headers, body }) =>
    headers['x-fe-webhook-signature'] ===
    createHmac('sha256', secret ?? '')
      .update(body)
      .digest('base64'),
} as const satisfies Partial<Record<Preset, (shown: Shown, request: Taken) => boolean>>
export type Sender = keyof typeof proves
export const senders = Object.keys(proves) as readonly Sender[]

function provesStandard({ secret }: Shown, { headers, body }: Taken): boolean {
  try {
    new Webhook(secret ?? '').verify(body, headers)
    return true
  } catch {
    return false
  }
}
