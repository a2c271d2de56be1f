/** A bare WebSocket that can send messages that violate the protocol. */
import WebSocket from 'ws'
import { waitFor } from '../../support/wait-for.ts'

export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

export interface RawSocket {
  readonly messages: readonly Message[]
  /** The close code and reason of the server; undefined while the socket is open. */
  readonly closed: () => { readonly code: number; readonly reason: string } | undefined
  /** Sends a string unchanged, and any other value as JSON. */
  send(message: unknown): void
  /** Sends the text in a binary frame. */
  bytes(text: string): void
  /** Waits for this many messages. */
  received(count: number): Promise<readonly Message[]>
  /** Waits until the socket is closed and returns the code. */
  end(): Promise<number>
  /** Stops reading, as a client that hangs. */
  pause(): void
  resume(): void
  close(): void
}

export async function openRaw(
  url: string,
  protocols: string[] = ['graphql-transport-ws'],
): Promise<RawSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols)
  const messages: Message[] = []
  let closed: { code: number; reason: string } | undefined
  socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString('utf8')) as Message))
  socket.on('close', (code, reason) => (closed = { code, reason: reason.toString('utf8') }))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  return {
    messages,
    closed: () => closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    bytes: (text) => socket.send(Buffer.from(text)),
    received: async (count) => {
      await waitFor(() => messages.length >= count, { what: `${count} messages on a raw socket` })
      return messages
    },
    end: async () => {
      await waitFor(() => closed !== undefined, { what: 'the server to close a raw socket' })
      return closed?.code ?? 0
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.terminate(),
  }
}

/** Opens a socket and authenticates it. */
export async function openAuthenticated(url: string, key: string): Promise<RawSocket> {
  const raw = await openRaw(url)
  raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
  await raw.received(1)
  return raw
}
