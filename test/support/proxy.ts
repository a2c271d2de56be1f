/** What stands between a client and its server, and may go deaf: connections stay up, and what the server says is lost. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Proxy {
  /** The same URL with the proxy's port. */
  readonly url: string
  /** From now on, what the server says is lost on those connections on which the client ever said this. */
  deafen(said: string): void
  /** How many connections are deaf and still up. */
  deaf(): number
  /** Those that are made from now on hear again. */
  mend(): void
  close(): Promise<void>
}

interface Wire {
  readonly client: Socket
  said: string
  isDeaf: boolean
}

export async function startProxy(serverUrl: string): Promise<Proxy> {
  const target = new URL(serverUrl)
  const wires = new Set<Wire>()
  let deafTo: string | undefined
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    const wire: Wire = { client, said: '', isDeaf: false }
    wires.add(wire)
    client.on('data', (chunk: Buffer) => {
      wire.said += chunk.toString('latin1')
      if (deafTo !== undefined && wire.said.includes(deafTo)) wire.isDeaf = true
      upstream.write(chunk)
    })
    upstream.on('data', (chunk) => {
      if (!wire.isDeaf) client.write(chunk)
    })
    const end = (): void => {
      wires.delete(wire)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(serverUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    deafen: (said) => {
      deafTo = said
      for (const wire of wires) wire.isDeaf ||= wire.said.includes(said)
    },
    deaf: () => [...wires].filter(({ isDeaf }) => isDeaf).length,
    mend: () => (deafTo = undefined),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const { client } of wires) client.destroy()
      }),
  }
}
