/** A TCP proxy that can make connections stale or silent: they stay open, but data is dropped. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Proxy {
  /** The same URL with the proxy's port. */
  readonly url: string
  /**
   * Drops the server's data on all present and future connections on which the client sends this text, or sent it
   * before.
   */
  makeStale(said: string): void
  /** Drops all data in both directions on the open connections, which stay open. */
  silenceOpen(): void
  /** Accepts new connections and drops all data on them. */
  silenceNew(): void
  /** Number of open silent connections. */
  silent(): number
  /** Number of open stale connections. */
  stale(): number
  /** Ends `makeStale` and `silenceNew` for new connections. */
  restore(): void
  close(): Promise<void>
}

interface Wire {
  readonly client: Socket
  said: string
  isStale: boolean
  isSilent: boolean
}

export async function startProxy(serverUrl: string): Promise<Proxy> {
  const target = new URL(serverUrl)
  const wires = new Set<Wire>()
  let staleText: string | undefined
  let isNewSilent = false
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    const wire: Wire = { client, said: '', isStale: false, isSilent: isNewSilent }
    wires.add(wire)
    client.on('data', (chunk: Buffer) => {
      if (wire.isSilent) return
      wire.said += chunk.toString('latin1')
      if (staleText !== undefined && wire.said.includes(staleText)) wire.isStale = true
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (!wire.isStale && !wire.isSilent) client.write(chunk)
    })
    const end = (): void => {
      wires.delete(wire)
      client.destroy()
      upstream.destroy()
    }
    client.on('close', end).on('error', end)
    // When the server closes a silent connection, the client's side stays open.
    const endUnlessSilent = (): void => (wire.isSilent ? undefined : end())
    upstream.on('close', endUnlessSilent).on('error', endUnlessSilent)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    makeStale: (said) => {
      staleText = said
      for (const wire of wires) wire.isStale ||= wire.said.includes(said)
    },
    silenceOpen: () => {
      for (const wire of wires) wire.isSilent = true
    },
    silenceNew: () => void (isNewSilent = true),
    silent: () => [...wires].filter(({ isSilent }) => isSilent).length,
    stale: () => [...wires].filter(({ isStale }) => isStale).length,
    restore: () => {
      staleText = undefined
      isNewSilent = false
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const { client } of wires) client.destroy()
      }),
  }
}
