/** A TCP proxy whose target can be changed, like a DNS name in a failover. Open connections keep their target. */
import { connect, createServer, type AddressInfo } from 'node:net'

export interface FailoverProxy {
  /** The URL with the proxy's port. */
  readonly url: string
  /** Sets the target of new connections. */
  forwardTo(serverUrl: string): void
  close(): Promise<void>
}

export async function startFailoverProxy(serverUrl: string): Promise<FailoverProxy> {
  let target = new URL(serverUrl)
  const sockets = new Set<{ destroy(): unknown }>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    const pair = [client, upstream] as const
    for (const socket of pair) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        for (const each of pair) each.destroy()
      })
    }
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    forwardTo: (next) => (target = new URL(next)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
