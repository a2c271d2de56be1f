/** A TCP proxy to the server whose connections a test can break. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface BreakableProxy {
  /** The GraphQL URL through the proxy. */
  readonly url: string
  /** The number of WebSockets that were opened through the proxy. */
  readonly sockets: () => number
  /** Forwards new connections to another server. */
  forwardTo(serverUrl: string): void
  /** Resets every connection. */
  cut(): void
  close(): Promise<void>
}

export async function openBreakableProxy(serverUrl: string): Promise<BreakableProxy> {
  const { pathname } = new URL(serverUrl)
  let { hostname, port } = new URL(serverUrl)
  let sockets = 0
  const ends = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    near.once('data', (head: Buffer) => {
      if (/^upgrade: websocket/im.test(head.toString('latin1'))) sockets += 1
    })
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end)
      end.pipe(other)
      // Broken connections are expected.
      end.on('error', () => undefined)
      end.on('close', () => {
        ends.delete(end)
        other.destroy()
      })
    }
  })
  const cut = (): void => {
    for (const end of ends) end.resetAndDestroy()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound.port}${pathname}`,
    sockets: () => sockets,
    forwardTo: (other) => {
      ;({ hostname, port } = new URL(other))
    },
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}
