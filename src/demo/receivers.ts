/** The sample partners' HTTP servers on loopback. They check the signature or token of every request. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Credentials, Partner } from './partners.ts'

/** A running receiver. */
export interface ToyReceiver {
  readonly url: string
  /** Sets the credentials to check requests with. */
  trust(credentials: Credentials): void
  /** Numbers of requests with valid and with invalid credentials. */
  readonly seen: { proven: number; forged: number }
  close(): Promise<void>
}

/** Starts a receiver. It rejects the first `failures` requests with status 500 and accepts all others. */
export async function startToyReceiver({ failures, takes, proves }: Partner): Promise<ToyReceiver> {
  const seen = { proven: 0, forged: 0 }
  let trusted: Credentials | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // The check on save arrives before the credentials are set. It is accepted without authentication.
      if (trusted === undefined) {
        response.writeHead(takes).end()
        return
      }
      if (proves(trusted, request.headers, Buffer.concat(chunks))) seen.proven += 1
      else seen.forged += 1
      const refuses = seen.proven + seen.forged <= failures
      if (refuses) response.writeHead(500).end('the kitchen printer is out of paper')
      else response.writeHead(takes).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/orders`,
    trust: (shown) => {
      trusted = shown
    },
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
