/** A bare WebSocket, for what no well-behaved client would say. */
import WebSocket from 'ws'
import { waitFor } from '../../support/wait-for.ts'

export interface Message {
  readonly type: string
  readonly id?: string
  readonly payload?: unknown
}

export interface RawSocket {
  readonly messages: readonly Message[]
  /** What the server closed with; undefined while it is open. */
  readonly closed: () => { readonly code: number; readonly reason: string } | undefined
  /** A string goes as it is, all else as JSON. */
  say(message: unknown): void
  /** The same text in a frame of bytes. */
  bytes(text: string): void
  /** Waits for that many messages. */
  heard(count: number): Promise<readonly Message[]>
  /** Waits for the close. */
  end(): Promise<number>
  /** Reads nothing any more, as a client that hangs. */
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
    say: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    bytes: (text) => socket.send(Buffer.from(text)),
    heard: async (count) => {
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

/** A socket that has said who it is. */
export async function openKnown(url: string, key: string): Promise<RawSocket> {
  const raw = await openRaw(url)
  raw.say({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })
  await raw.heard(1)
  return raw
}
