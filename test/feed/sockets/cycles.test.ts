/** Thousands of ended subscriptions leave no memory allocated: the heap of a separate server process is measured. */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { maxSubscriptionsPerSocket } from '../../../src/graphql/websocket/connection-limits.ts'
import { depth } from '../../support/depth.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { openAuthenticated } from '../support/raw-socket.ts'

/** A leaked subscription holds at least 2 kB: four thousand of them would be 8 MB. */
const mostGrowthBytes = 6 * 1024 * 1024

let testServer: TestServer
let acme: Tenant
let server: ChildProcess
let url: string

beforeAll(async () => {
  testServer = await startTestServer({ ROLES: 'dispatcher' })
  acme = await testServer.tenant()
  const settings = {
    PORT: '0',
    ROLES: 'api',
    DATABASE_URL: testServer.config.databaseUrl ?? '',
    DATA_DIR: testServer.config.dataDir,
    SECRETS_KEYS: (testServer.config.secretsKeys ?? [])
      .map(({ id, key }) => `${id}:${Buffer.from(key).toString('base64')}`)
      .join(','),
    NODE_ENV: 'test',
    RATE_COST_PER_MINUTE: '1000000000',
  }
  server = fork(
    fileURLToPath(new URL('../support/memory-probe.ts', import.meta.url)),
    [JSON.stringify(settings)],
    {
      execArgv: ['--expose-gc', '--import', 'tsx'],
    },
  )
  const [started] = (await once(server, 'message')) as [{ url: string }]
  url = started.url
})
afterAll(async () => {
  const ended = once(server, 'exit')
  server.send('stop')
  await ended
  await testServer.close()
})

async function weigh(): Promise<number> {
  const weighed = once(server, 'message')
  server.send('weigh')
  const [{ heapBytes }] = (await weighed) as [{ heapBytes: number }]
  return heapBytes
}

// A short document: parsing a long one would take most of the time of a subscription.
const query = `subscription ($filter: DeliveryAttemptFilter) { deliveryAttempts(filter: $filter) { cursor } }`
const subscribe = (id: string) => ({
  type: 'subscribe',
  id,
  payload: { query, variables: { filter: { webhookIds: [`whk_${id}`] } } },
})

/** Starts and ends `each` subscriptions on each of ten sockets; every second one ends before it has started. */
async function cycle(each: number): Promise<void> {
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      const raw = await openAuthenticated(url, acme.key)
      for (let round = 0; round < each; round += 10) {
        const ids = Array.from({ length: 10 }, (_, index) => `${round + index}`)
        for (const id of ids) {
          raw.send(subscribe(id))
          if (Number(id) % 2 === 0) raw.send({ type: 'complete', id })
        }
        // The server answers a ping after everything sent before it.
        const received = raw.messages.length
        raw.send({ type: 'ping' })
        await raw.received(received + 1)
        for (const id of ids) if (Number(id) % 2 !== 0) raw.send({ type: 'complete', id })
      }
      raw.close()
    }),
  )
}

/** Opens this many sockets with 20 subscriptions each, and terminates them without a close frame. */
async function leave(sockets: number): Promise<void> {
  for (let left = 0; left < sockets; left += 20)
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const raw = await openAuthenticated(url, acme.key)
        for (let id = 1; id <= maxSubscriptionsPerSocket; id += 1) raw.send(subscribe(`${id}`))
        raw.send({ type: 'ping' })
        await raw.received(2)
        raw.close()
      }),
    )
}

const perSocket = depth(4_000)

test(`${10 * perSocket} subscriptions that start and end grow the heap by less than 6 MiB`, async () => {
  await cycle(100)
  const before = await weigh()
  await cycle(perSocket)
  const growth = (await weigh()) - before

  expect(growth).toBeLessThan(mostGrowthBytes)
}, 300_000)

test('200 sockets that are terminated with 20 subscriptions each grow the heap by less than 6 MiB', async () => {
  await leave(20)
  const before = await weigh()
  await leave(200)
  const growth = (await weigh()) - before

  expect(growth).toBeLessThan(mostGrowthBytes)
}, 300_000)
