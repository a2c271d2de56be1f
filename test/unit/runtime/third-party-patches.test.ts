/** Fails when a library no longer works in the way that a patch relies on. */
import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { Client } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { filterReads } from '../../../src/runtime/third-party-patches.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A server that answers each connection with these bytes, in writes of their own. */
async function startReceiver(...writes: readonly string[]): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => void writeAll(socket, writes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => server.close())
  return (server.address() as AddressInfo).port
}

async function writeAll(socket: Socket, writes: readonly string[]): Promise<void> {
  for (const bytes of writes) {
    socket.write(bytes)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function send(
  port: number,
  pass: (chunk: Buffer) => Buffer,
): Promise<{ status: number; body: string }> {
  const client = new Client(`http://127.0.0.1:${port}`, {
    connect: (_target, callback) => {
      const socket = connect(port, '127.0.0.1')
      filterReads(socket, pass)
      socket.once('connect', () => callback(null, socket))
      socket.once('error', (error) => callback(error, null))
    },
  })
  closers.push(() => void client.destroy())
  const { statusCode, body } = await client.request({ method: 'POST', path: '/', body: 'x' })
  return { status: statusCode, body: await body.text() }
}

describe('filterReads', () => {
  test('undici reads every byte of a response through the filter', async () => {
    const received: string[] = []
    const writes = ['HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n', 'abc', 'def']
    const response = await send(await startReceiver(...writes), (chunk) => {
      received.push(chunk.toString())
      return chunk
    })
    expect(response).toEqual({ status: 200, body: 'abcdef' })
    expect(received.join('')).toBe(writes.join(''))
  })

  test('undici reads what the filter returns in place of the received bytes', async () => {
    const port = await startReceiver('answer')
    const response = await send(port, () =>
      Buffer.from('HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok'),
    )
    expect(response).toEqual({ status: 201, body: 'ok' })
  })

  test('undici waits for more bytes when the filter returns none', async () => {
    const port = await startReceiver('HTTP/1.1 200 OK\r\n', 'content-length: 2\r\n\r\n', 'ok')
    let held = Buffer.alloc(0)
    const response = await send(port, (chunk) => {
      held = Buffer.concat([held, chunk])
      return held.includes('ok') ? held : Buffer.alloc(0)
    })
    expect(response).toEqual({ status: 200, body: 'ok' })
  })
})
