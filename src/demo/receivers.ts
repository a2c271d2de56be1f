/** The sample partners' HTTP servers on loopback. They check the signature or token of every request. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Credentials, Partner } from './partners.ts'

/** A running receiver. */
export interface SampleReceiver {
  readonly url: string
  /** Sets the credentials by which the receiver authenticates requests. */
  setCredentials(credentials: Credentials): void
  /** Numbers of requests with a valid and with an invalid signature or token. */
  readonly requests: { valid: number; invalid: number }
  close(): Promise<void>
}

/** Starts a receiver. It rejects the first `failures` requests with status 500 and accepts all others. */
export async function startSampleReceiver({
  failures,
  successStatus,
  authenticates,
}: Partner): Promise<SampleReceiver> {
  const requests = { valid: 0, invalid: 0 }
  let credentials: Credentials | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // The check on save arrives before the credentials are set. It is accepted without authentication.
      if (credentials === undefined) {
        response.writeHead(successStatus).end()
        return
      }
      if (authenticates(credentials, request.headers, Buffer.concat(chunks))) requests.valid += 1
      else requests.invalid += 1
      if (requests.valid + requests.invalid <= failures)
        response.writeHead(500).end('the kitchen printer is out of paper')
      else response.writeHead(successStatus).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/orders`,
    setCredentials: (given) => {
      credentials = given
    },
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
