/** Toy receivers: what a partner's side looks like. They check every signature, and one is down at first. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ToyReceiver {
  readonly url: string
  /** The secret that `webhookCreate` showed. */
  trust(secret: string): void
  readonly seen: { requests: number; verified: number; forged: number }
  close(): Promise<void>
}

/** Answers 500 to its first `failures` requests and 204 to all others. */
export async function startToyReceiver(failures: number): Promise<ToyReceiver> {
  const seen = { requests: 0, verified: 0, forged: 0 }
  let secret = ''
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen.requests += 1
      // The raw bytes: a body that was parsed and printed again would have another signature.
      if (isSigned(secret, request.headers, Buffer.concat(chunks).toString('utf8'))) seen.verified += 1
      else seen.forged += 1
      if (seen.requests <= failures) response.writeHead(500).end('the kitchen printer is out of paper')
      else response.writeHead(204).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/orders`,
    trust: (shown) => {
      secret = shown
    },
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function isSigned(secret: string, headers: IncomingHttpHeaders, body: string): boolean {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const expected = createHmac('sha256', key).update(signed).digest()
  return String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64'))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected))
}
