/** A client that answers no ping is disconnected. A client that is slow to read the data before the ping is not. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket, { WebSocketServer } from 'ws'
import { keepPinging } from '../../../src/graphql/websocket/heartbeat.ts'
import { waitFor } from '../../support/wait-for.ts'

const everyMs = 20

let server: WebSocketServer
let url: string

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  for (const socket of server.clients) socket.terminate()
  server.close()
})

/** Both ends of a socket, and the number of pings that its client received. */
async function openSocket(autoPong: boolean) {
  const connected = once(server, 'connection')
  const client = new WebSocket(url, { autoPong })
  const opened = once(client, 'open')
  const [ours] = (await connected) as [WebSocket]
  await opened
  let pings = 0
  let closedWith: number | undefined
  client.on('ping', () => (pings += 1))
  client.on('close', (code) => (closedWith = code))
  return { client, ours, pings: () => pings, closedWith: () => closedWith }
}

test('a client that answers pings stays connected; a client that answers none is disconnected at the second ping', async () => {
  const answering = await openSocket(true)
  const mute = await openSocket(false)
  for (const { ours } of [answering, mute]) keepPinging(ours, everyMs)

  await waitFor(() => mute.closedWith() === 1006, { what: 'the mute client to be disconnected' })
  expect(mute.pings()).toBe(1)
  await waitFor(() => answering.pings() > 5, { what: 'more pings' })
  expect(answering.closedWith()).toBeUndefined()
})

test('a client that is slow to read is not disconnected while its ping waits behind other data', async () => {
  const { client, ours, pings, closedWith } = await openSocket(true)
  const kept = await openSocket(false)
  client.pause()
  // More than the network buffers hold, so that a ping has to wait.
  while (ours.bufferedAmount === 0) {
    ours.send(Buffer.alloc(1024 * 1024))
    await new Promise((resolve) => setImmediate(resolve))
  }
  keepPinging(ours, everyMs)
  keepPinging(kept.ours, everyMs)
  await waitFor(() => kept.closedWith() !== undefined, {
    what: 'enough time to be disconnected for a missing pong',
  })
  expect(ours.readyState).toBe(WebSocket.OPEN)

  client.resume()
  await waitFor(() => pings() > 2, { what: 'pings, once it has read the waiting data' })
  expect(closedWith()).toBeUndefined()
})
