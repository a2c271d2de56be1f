/** How a whole Orderbell starts on what it finds, and stops whatever its clients do. */
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

test('a server whose SECRETS_KEYS cannot open what is sealed refuses to start, and names the key', async () => {
  server = await startTestServer()
  await server.tenant()
  const otherRing = { ...server.config, port: 0, secretsKeys: [{ id: 'other', key: Buffer.alloc(32, 9) }] }

  await expect(makeApp(otherRing, nullLog)).rejects.toThrow('SECRETS_KEYS has no key test')
})

test('stopping does not wait for connections that say nothing, nor for half a request', async () => {
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

test('a client that asks on and on over kept connections is answered in whole until the server is gone', async () => {
  server = await startTestServer()
  const tenant = await server.tenant()
  const { url, app } = server
  const agent = new Agent({ keepAlive: true })
  const answers: string[] = []
  const ask = async (): Promise<void> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` }
    const asked = request(url, { method: 'POST', agent, headers })
    asked.end('{"query":"{ viewer { project { id } } }"}')
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    answers.push(await text(response))
  }
  const askOn = async (): Promise<void> => {
    for (;;) await ask()
  }
  const asking = Promise.allSettled([askOn(), askOn(), askOn()])
  await waitFor(() => answers.length > 20, { what: 'answers' })

  await app.stop()

  const ends = await asking
  expect(answers.filter((answer) => !answer.includes(tenant.projectId))).toEqual([])
  // Reset is a connection that nobody took any more.
  for (const end of ends)
    expect(end).toMatchObject({
      reason: { code: expect.stringMatching(/^ECONN(REFUSED|RESET)$/) as unknown },
    })
  agent.destroy()
}, 20_000)
