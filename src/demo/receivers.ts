/** The toy partners' servers on loopback. They check every request, and one is down at first. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Credentials, Partner } from './partners.ts'

export interface ToyReceiver {
  readonly url: string
  /** What `webhookCreate` showed. */
  trust(credentials: Credentials): void
  readonly seen: { proven: number; forged: number }
  close(): Promise<void>
}

/** Refuses its first requests, as many as the partner says, and takes all others. */
export async function startToyReceiver({ failures, takes, proves }: Partner): Promise<ToyReceiver> {
  const seen = { proven: 0, forged: 0 }
  let trusted: Credentials | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // A check on save comes before there is anything to trust: it is taken, as the sender's document asks.
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
