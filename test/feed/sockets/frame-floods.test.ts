/** Sockets that send frames without end and read nothing: other requests are still answered. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'

let server: TestServer
let acme: Tenant
let sockets: Socket[] = []
beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
afterEach(() => {
  for (const socket of sockets) socket.destroy()
  sockets = []
})
afterAll(() => server.close())

/** A frame of a client, whose payload is masked with zeros. */
function frame(opcode: number, text = ''): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

async function flood(frames: Buffer, first: readonly Buffer[]): Promise<void> {
  const { hostname, port } = new URL(server.url)
  const socket = connect({ host: hostname, port: Number(port) })
  sockets.push(socket)
  socket.on('error', () => undefined)
  socket.write(
    `GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n` +
      `sec-websocket-protocol: graphql-transport-ws\r\nsec-websocket-key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  )
  await once(socket, 'data')
  socket.pause()
  for (const one of first) socket.write(one)
  const write = (): void => {
    while (socket.writable && socket.write(frames));
  }
  socket.on('drain', write)
  write()
}

const text = (message: object): Buffer => frame(1, JSON.stringify(message))

test.each([
  ['pings', frame(9), false],
  ['pongs', frame(10), false],
  ['messages that are not JSON', frame(1, 'x'), false],
  ['graphql-transport-ws pings before authentication', text({ type: 'ping' }), false],
  ['graphql-transport-ws pings after authentication', text({ type: 'ping' }), true],
  ['complete messages for unknown ids', text({ type: 'complete', id: 'x' }), true],
])('a flood of %s from 20 sockets delays no request by 5 s', async (_, one, known) => {
  const init = frame(
    1,
    JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } }),
  )
  for (let n = 0; n < 20; n += 1)
    await flood(Buffer.from(one.toString('hex').repeat(5_000), 'hex'), known ? [init] : [])
  const timesMs: number[] = []
  for (let n = 0; n < 5; n += 1) {
    const beganMs = performance.now()
    await acme.gql('{ viewer { key { id } } }')
    timesMs.push(performance.now() - beganMs)
  }
  expect(Math.max(...timesMs)).toBeLessThan(5_000)
})
