/** Start of a server with the wrong keys, and shutdown while clients are connected. */
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { makeApp } from '../../../src/app.ts'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

let server: TestServer | undefined
afterEach(async () => {
  await server?.close()
  server = undefined
})

test('a server whose SECRETS_KEYS lack the key of the stored data keys refuses to start and names that key', async () => {
  server = await startTestServer()
  await server.tenant()
  const otherKeys = { ...server.config, port: 0, secretsKeys: [{ id: 'other', key: Buffer.alloc(32, 9) }] }

  await expect(makeApp(otherKeys, nullLog)).rejects.toThrow('SECRETS_KEYS has no key test')
})

test('shutdown does not wait for idle connections, incomplete requests and paused WebSockets', async () => {
  server = await startTestServer()
  const { hostname, port } = new URL(server.url)
  const silent = connect(Number(port), hostname)
  const half = connect(Number(port), hostname)
  const frozen = new WebSocket(server.url.replace('http', 'ws'), 'graphql-transport-ws')
  await Promise.all([once(silent, 'connect'), once(half, 'connect'), once(frozen, 'open')])
  half.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
  frozen.pause()
  const ended = Promise.all([once(silent, 'close'), once(half, 'close')])
  for (const socket of [silent, half]) socket.on('error', () => undefined).resume()

  await server.app.stop()
  await ended
  frozen.terminate()
}, 20_000)

test('a client that keeps sending over keep-alive connections gets complete responses until the server is closed', async () => {
  server = await startTestServer()
  const tenant = await server.tenant()
  const { url, app } = server
  const agent = new Agent({ keepAlive: true })
  const answers: string[] = []
  const send = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` }
    const sent = request(url, { method: 'POST', agent, headers })
    sent.end('{"query":"{ viewer { project { id } } }"}')
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    answers.push(await text(response))
  }
  const sendForever = async (): Promise<void> => {
    for (;;) await send()
  }
  const clients = Promise.allSettled([sendForever(), sendForever(), sendForever()])
  await waitFor(() => answers.length > 20, { what: 'answers' })

  await app.stop()

  const ends = await clients
  expect(answers.filter((answer) => !answer.includes(tenant.projectId))).toEqual([])
  // ECONNRESET: the server closed a connection that it had not accepted yet.
  for (const end of ends)
    expect(end).toMatchObject({
      reason: { code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) as unknown },
    })
  agent.destroy()
}, 20_000)
