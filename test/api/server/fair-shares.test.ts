/** Receivers that never respond hold only a part of the capacity: other projects are still delivered. */
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { insertDueDeliveries } from '../../db/support/settle-fixture.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver } from '../../support/receiver.ts'
import { redisAvailable, warnSkipped, startRedis } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { createSite, createWebhook, createOrder, waitForSettled } from '../support/fixtures.ts'

const webhooksEach = 18
const deliveriesEach = 60
const floodDeliveries = 2_000
const closing: (() => Promise<unknown>)[] = []

warnSkipped('fair shares on Redis')
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

/** Accepts connections and requests, never responds, and counts the requests by path. */
async function startTarpit() {
  const sockets = new Set<Socket>()
  const requests = new Map<string, number>()
  let ended = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => (ended += 1))
    socket.once('data', (head: Buffer) => {
      const [, path = ''] = head.toString('latin1').split(' ')
      requests.set(path, (requests.get(path) ?? 0) + 1)
    })
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', 4_096, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: (path: string) => requests.get(path) ?? 0,
    ended: () => ended,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Creates a project whose webhooks all have more due deliveries than they may send at once. */
async function startStuckProject(testServer: TestServer, url: string, name: string): Promise<Tenant> {
  const tenant = await testServer.tenant(name)
  const siteId = await createSite(tenant)
  for (let index = 0; index < webhooksEach; index += 1) {
    const { id } = await createWebhook(tenant, { url: `${url}/${name}` }, { name: `${name} ${index}` })
    await insertDueDeliveries(testServer.connections.sql, tenant.projectId, id, deliveriesEach)
  }
  // Wakes the lanes of all its webhooks.
  await createOrder(tenant, { siteId })
  return tenant
}

test.each(redisAvailable() ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])(
  'orders of a quiet project are delivered while three projects wait for receivers and a fourth floods (queue on %s)',
  async (queue) => {
    const redis = queue === 'Redis' ? await startRedis() : undefined
    if (redis !== undefined) closing.push(() => redis.stop())
    // The tarpit takes the place of many hosts.
    const testServer = await startTestServer({
      SEND_MAX_PER_HOST: '9999',
      ...(redis !== undefined && { REDIS_URL: redis.url }),
    })
    closing.push(() => testServer.close())
    const receiver = await startReceiver()
    closing.push(() => receiver.close())
    // Closed first, so that the running requests end.
    const tarpit = await startTarpit()
    closing.push(() => tarpit.close())
    const quiet = await testServer.tenant('quiet')
    const siteId = await createSite(quiet)
    const { id: quietId } = await createWebhook(quiet, receiver)
    const flooding = await testServer.tenant('flood')
    const floodSite = await createSite(flooding)
    const { id: floodId } = await createWebhook(flooding, receiver)

    for (const name of ['first', 'second', 'third']) {
      await startStuckProject(testServer, tarpit.url, name)
      await waitFor(() => tarpit.requests(`/${name}/hook`) > 0, { what: `requests of the ${name} project` })
    }
    await waitFor(() => tarpit.requests('/first/hook') >= 500, {
      what: 'requests of the first project',
    })
    await insertDueDeliveries(testServer.connections.sql, flooding.projectId, floodId, floodDeliveries)
    await createOrder(flooding, { siteId: floodSite })
    const endedBefore = tarpit.ended()
    for (let count = 0; count < 3; count += 1) await createOrder(quiet, { siteId })
    await waitForSettled(quiet, { webhookIds: [quietId] }, 3)

    // The quiet project did not wait for the end of a request of another project.
    expect([endedBefore, tarpit.ended()]).toEqual([0, 0])
  },
)
