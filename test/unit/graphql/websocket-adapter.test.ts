/** The connection of ws to graphql-ws, with a protocol that the test scripts. */
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import { serveProtocol } from '../../../src/graphql/websocket/adapter.ts'
import type { Log } from '../../../src/ports/log.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

let server: WebSocketServer
let url: string
let logged: { readonly level: string; readonly cause: unknown }[]
const log: Log = {
  ...nullLog,
  debug: ({ cause }) => void logged.push({ level: 'debug', cause }),
  error: ({ cause }) => void logged.push({ level: 'error', cause }),
}

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => (logged = []))
afterAll(() => {
  for (const socket of server.clients) socket.terminate()
  server.close()
})

type Opened = Parameters<typeof serveProtocol>[0]['opened']

/** Connects a client whose socket is served by this protocol. */
async function connectTo(opened: Opened) {
  const connected = once(server, 'connection')
  const client = new WebSocket(url)
  let closed: { readonly code: number; readonly reason: string } | undefined
  client.on('close', (code, reason) => (closed = { code, reason: reason.toString('utf8') }))
  client.on('error', () => undefined)
  const isOpen = once(client, 'open')
  const [socket, request] = (await connected) as [WebSocket, IncomingMessage]
  serveProtocol({ opened }, { socket, request }, log)
  await isOpen
  return {
    client,
    socket,
    end: async () => {
      await waitFor(() => closed !== undefined, { what: 'the socket to be closed' })
      return closed
    },
  }
}

const closing = () => Promise.resolve()

describe('websocket adapter', () => {
  test('the adapter passes each text message to the protocol, and sends the messages of the protocol', async () => {
    const { client } = await connectTo((socket) => {
      socket.onMessage(async (message) => {
        await socket.send(`received ${message}`)
      })
      return closing
    })
    const answered = once(client, 'message')
    client.send('{"type":"ping"}')
    const [answer] = (await answered) as [Buffer]
    expect(answer.toString('utf8')).toBe('received {"type":"ping"}')
  })

  test.each([
    ['a binary message', Buffer.from('{"type":"ping"}')],
    ['a message of a type that only a server sends', '{"type":"next","id":"1"}'],
  ])(
    'the adapter closes the socket with 4400 for %s, and does not pass it to the protocol',
    async (_, message) => {
      const received: string[] = []
      const { client, end } = await connectTo((socket) => {
        socket.onMessage((text) => Promise.resolve(void received.push(text)))
        return closing
      })
      client.send(message)
      expect(await end()).toMatchObject({ code: 4400 })
      expect(received).toEqual([])
    },
  )

  test('the adapter closes the socket with 4500 and logs the cause when the protocol fails on a message', async () => {
    const cause = new Error('broken')
    const { client, end } = await connectTo((socket) => {
      socket.onMessage(() => Promise.reject(cause))
      return closing
    })
    client.send('{}')
    expect(await end()).toEqual({ code: 4500, reason: 'Internal server error' })
    expect(logged).toEqual([{ level: 'error', cause }])
  })

  test('the adapter reports the close to the protocol, and logs a failure of that report', async () => {
    const closes: unknown[] = []
    const cause = new Error('not released')
    const { client, end } = await connectTo(() => (code, reason) => {
      closes.push({ code, reason })
      return Promise.reject(cause)
    })
    client.close(4000, 'enough')
    await end()
    await waitFor(() => logged.length > 0, { what: 'the failure to be logged' })
    expect(closes).toEqual([{ code: 4000, reason: 'enough' }])
    expect(logged).toEqual([{ level: 'error', cause }])
  })

  test('the adapter shortens a close reason of 300 bytes to what fits into a close frame', async () => {
    const { end } = await connectTo((socket) => {
      void socket.close(4409, '€'.repeat(100))
      return closing
    })
    const closed = await end()
    expect(closed?.code).toBe(4409)
    expect(closed?.reason).toMatch(/^€{40}/)
    expect(Buffer.byteLength(closed?.reason ?? '')).toBeLessThanOrEqual(123)
  })

  test('a send to a broken socket resolves, and is not logged as an error', async () => {
    let send: (message: string) => unknown = () => undefined
    const { socket, end } = await connectTo((opened) => {
      send = (message) => opened.send(message)
      return closing
    })
    socket.terminate()
    await end()
    expect(await send('late')).toBeUndefined()
    expect(logged.filter(({ level }) => level === 'error')).toEqual([])
  })

  test('malformed data of a client is logged at the level debug', async () => {
    const { client, end } = await connectTo(() => closing)
    // A frame with reserved bits.
    ;(client as unknown as { _socket: { write(data: Buffer): void } })._socket.write(
      Buffer.from([0xff, 0x80, 0, 0, 0, 0]),
    )
    await end()
    expect(logged.map(({ level }) => level)).toEqual(['debug'])
  })
})
