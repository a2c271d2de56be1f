/** How a whole Orderbell starts on what it finds, and stops whatever its clients do. */
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { makeApp } from '../../../src/app.ts'
import { openHouse, type House } from '../../support/server.ts'
import { quietLog } from '../../support/null-log.ts'
import { until } from '../../support/wait-for.ts'

let house: House | undefined
afterEach(async () => {
  await house?.close()
  house = undefined
})

test('a server whose SECRETS_KEYS cannot open what is sealed refuses to start, and names the key', async () => {
  house = await openHouse()
  await house.tenant()
  const otherRing = { ...house.config, port: 0, secretsKeys: [{ id: 'other', key: Buffer.alloc(32, 9) }] }

  await expect(makeApp(otherRing, quietLog)).rejects.toThrow('SECRETS_KEYS has no key test')
})

test('stopping does not wait for connections that say nothing, nor for half a request', async () => {
  house = await openHouse()
  const { hostname, port } = new URL(house.url)
  const silent = connect(Number(port), hostname)
  const half = connect(Number(port), hostname)
  const frozen = new WebSocket(house.url.replace('http', 'ws'), 'graphql-transport-ws')
  await Promise.all([once(silent, 'connect'), once(half, 'connect'), once(frozen, 'open')])
  half.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf')
  frozen.pause()
  const ended = Promise.all([once(silent, 'close'), once(half, 'close')])
  for (const socket of [silent, half]) socket.on('error', () => undefined).resume()

  await house.app.stop()
  await ended
  frozen.terminate()
}, 20_000)

test('a client that asks on and on over kept connections is answered in whole until the server is gone', async () => {
  house = await openHouse()
  const tenant = await house.tenant()
  const { url, app } = house
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
  await until(() => answers.length > 20, { what: 'answers' })

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
