/** An HTTP receiver on loopback: a test sets its responses and reads the requests that it received. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Time of arrival, on the clock of `performance.now()`. */
  readonly atMs: number
}

/** A response: a status code, or a function that writes the response. */
export type Script = number | ((request: Received, response: ServerResponse) => void)

export interface Receiver {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string
  readonly requests: readonly Received[]
  /** Sets the responses of the next requests, in this order. The last response is repeated. */
  script(...answers: readonly Script[]): void
  close(): Promise<void>
}

/** Starts a receiver. It responds with 200 until `script` is called. */
export async function startReceiver(port = 0): Promise<Receiver> {
  const requests: Received[] = []
  let answers: Script[] = [200]
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const received: Received = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        atMs: performance.now(),
      }
      requests.push(received)
      const answer = answers.length > 1 ? answers.shift() : answers[0]
      if (typeof answer === 'function') answer(received, response)
      else response.writeHead(answer ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}`,
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
