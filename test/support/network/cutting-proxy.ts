/** A TCP proxy that cuts one connection after a number of bytes from the server. All other connections pass. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

const readWithinMs = 5

export interface Cut {
  /** Number of the server's bytes that the client receives. */
  readonly afterBytes: number
  /** How the connection ends: closed (FIN) or reset (RST). */
  readonly by: 'FIN' | 'RST'
}

export interface CuttingProxy {
  /** The same URL with the proxy's port. */
  readonly url: string
  /** Cuts the next connection. */
  cutNext(cut: Cut): void
  /** Whether the connection of the last `cutNext` was cut. */
  hasCut(): boolean
  /** The byte offsets at which the server's messages on the latest connection end. */
  messageEnds(): readonly number[]
  close(): Promise<void>
}

export async function startCuttingProxy(serverUrl: string): Promise<CuttingProxy> {
  const target = new URL(serverUrl)
  const clients = new Set<Socket>()
  let next: Cut | undefined
  let done = false
  let received = Buffer.alloc(0)
  const server = createServer((client) => {
    const cut = next
    next = undefined
    clients.add(client)
    let fromServer = Buffer.alloc(0)
    received = fromServer
    const upstream = connect(Number(target.port), target.hostname)
    client.pipe(upstream)
    let isCut = false
    client.once('close', () => clients.delete(client))
    const end = (): void => {
      if (!isCut) client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('error', end).on('close', end)
    const cutNow = (by: Cut['by']): void => {
      done = isCut = true
      client.unpipe(upstream).resume()
      upstream.destroy()
      // A reset that arrives before the preceding bytes are read would appear as an ordinary close.
      if (by === 'RST') setTimeout(() => client.resetAndDestroy(), readWithinMs)
      else client.end()
    }
    if (cut?.afterBytes === 0) cutNow(cut.by)
    upstream.on('data', (chunk: Buffer) => {
      const before = fromServer.length
      fromServer = Buffer.concat([fromServer, chunk])
      received = fromServer
      if (cut === undefined || fromServer.length < cut.afterBytes) return void client.write(chunk)
      if (isCut || fromServer.length - chunk.length >= cut.afterBytes) return
      client.write(chunk.subarray(0, cut.afterBytes - before), () => cutNow(cut.by))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    cutNext: (cut) => {
      next = cut
      done = false
    },
    hasCut: () => done,
    messageEnds: () => endsOf(received),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const client of clients) client.destroy()
      }),
  }
}

/** A message of PostgreSQL's protocol begins with a type of one byte and a length that includes itself. */
function endsOf(received: Buffer): readonly number[] {
  const ends: number[] = []
  for (let at = 0; at + 5 <= received.length; ends.push(at)) at += 1 + received.readUInt32BE(at + 1)
  return ends.filter((end) => end <= received.length)
}
