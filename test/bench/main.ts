/**
 * Measures the dispatcher against the raw ceiling, in one run: machines differ and drift, so only the
 * ratios mean something. Prints a table and one JSON line.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import postgres from 'postgres'
import { Pool } from 'undici'
import { startEmbeddedPostgres } from '../../src/runtime/embedded-postgres.ts'
import { quietLog } from '../support/quiet-log.ts'
import { redisAvailable, startRedis } from '../support/redis.ts'
import { makeLoad, releaseLoad } from './load.ts'
import { openBenchHouse, type BenchHouse } from './house.ts'

const rawRequests = 20_000
const deliveries = 20_000
const manyWebhooks = 500
const waitingDeliveries = 100_000
const rawConcurrency = 50

const receiver = fork(new URL('receiver.ts', import.meta.url), { execArgv: ['--import', 'tsx'] })
const [{ port }] = (await once(receiver, 'message')) as [{ port: number }]
const receiverUrl = `http://127.0.0.1:${port}`

/** The same body to the same receiver by undici alone: requests a second. */
async function rawCeiling(): Promise<number> {
  const pool = new Pool(receiverUrl, { connections: rawConcurrency, pipelining: 1 })
  const body = Buffer.from(JSON.stringify({ type: 'order.state_changed', data: 'x'.repeat(700) }))
  let left = rawRequests
  const beganMs = performance.now()
  await Promise.all(
    Array.from({ length: rawConcurrency }, async () => {
      while (left > 0) {
        left -= 1
        const response = await pool.request({
          method: 'POST',
          path: '/',
          body,
          headers: { 'content-type': 'application/json' },
        })
        await response.body.dump()
      }
    }),
  )
  const seconds = (performance.now() - beganMs) / 1000
  await pool.close()
  return rawRequests / seconds
}

/** From due to recorded: deliveries a second, for so many webhooks. */
async function dispatchRate(house: BenchHouse, webhookCount: number): Promise<number> {
  const { projectId, webhookIds } = await house.tenant(webhookCount, `${receiverUrl}/`)
  await makeLoad(house.sql, { projectId, webhookIds, deliveries })
  await releaseLoad(house.sql, projectId)
  const beganMs = performance.now()
  house.wake(webhookIds)
  for (;;) {
    const [row] = await house.sql<{ left: string }[]>`
      select count(*) as left from deliveries where project_id = ${projectId} and state = 'PENDING'`
    if (Number(row?.left) === 0) break
    await pause(50)
  }
  return deliveries / ((performance.now() - beganMs) / 1000)
}

/** The most resident memory, in MB, while a hundred thousand deliveries wait behind slow receivers. */
async function memoryWhileWaiting(house: BenchHouse): Promise<number> {
  const { projectId, webhookIds } = await house.tenant(manyWebhooks, `${receiverUrl}/slow`)
  await makeLoad(house.sql, { projectId, webhookIds, deliveries: waitingDeliveries })
  await releaseLoad(house.sql, projectId)
  house.wake(webhookIds)
  let most = 0
  const untilMs = performance.now() + 10_000
  while (performance.now() < untilMs) {
    most = Math.max(most, await house.residentMb())
    await pause(200)
  }
  return most
}

async function run(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-bench-'))
  await chmod(dataDir, 0o711)
  const server = await startEmbeddedPostgres({ dataDir, log: quietLog, purpose: 'server' })
  const admin = postgres(server.url, { max: 1, onnotice: () => undefined })
  const results: Record<string, unknown>[] = []
  for (const backend of ['postgres', 'redis'] as const) {
    if (backend === 'redis' && !redisAvailable()) {
      console.warn('Redis is skipped: there is no redis-server on the PATH.')
      continue
    }
    const redis = backend === 'redis' ? await startRedis() : undefined
    await admin.unsafe(`create database bench_${backend}`)
    const url = new URL(server.url)
    url.pathname = `/bench_${backend}`
    const house = await openBenchHouse(url.href, redis?.url)
    const ceiling = await rawCeiling()
    const hot = await dispatchRate(house, 1)
    const ceilingAgain = await rawCeiling()
    const spread = await dispatchRate(house, manyWebhooks)
    const memoryMb = await memoryWhileWaiting(house)
    await house.close()
    await redis?.stop()
    results.push({
      backend,
      'raw requests/s': Math.round((ceiling + ceilingAgain) / 2),
      'one hot webhook, deliveries/s': Math.round(hot),
      ratio: Number((hot / ceiling).toFixed(3)),
      '500 webhooks, deliveries/s': Math.round(spread),
      'ratio of 500': Number((spread / ceilingAgain).toFixed(3)),
      'resident MB, 100,000 waiting': Math.round(memoryMb),
    })
  }
  console.table(results)
  console.log(JSON.stringify(results))
  await admin.end()
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
  receiver.disconnect()
}

await run()
