/**
 * A whole server under row-level security: its database roles suffice for all work, with any owner of the database.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOwner, dropOwners } from '../../db/support/owners.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  createSite,
  mutateOrThrow,
  makeRecordingLog,
  listDeliveries,
  waitForSettled,
} from '../support/fixtures.ts'

afterAll(dropOwners)

describe.each([
  ['a superuser', 'SUPERUSER'],
  ['an owner without further privileges', 'PLAIN'],
] as const)('database of %s', (_, kind) => {
  const serverLog = makeRecordingLog()
  let server: TestServer
  let acme: Tenant
  let receiver: Receiver
  beforeAll(async () => {
    server = await startTestServer({}, serverLog, {}, (url) => createOwner(url, kind))
    acme = await server.tenant('Acme')
    receiver = await startReceiver()
  })
  afterAll(async () => {
    await receiver.close()
    await server.close()
  })

  test(`an order is delivered, retried, replayed and cancelled on a database of a ${kind} owner`, async () => {
    const webhook = await createWebhook(acme, receiver, { maxConcurrency: 1, ratePerSecond: 100 })
    const order = await createOrder(acme, {
      siteId: await createSite(acme),
      customer: { name: 'Brian Johnson' },
    })
    const [delivery] = await waitForSettled(acme, { orderIds: [order.id] })
    expect(delivery).toMatchObject({ state: 'DELIVERED' })
    await mutateOrThrow(acme, 'Retry', { id: delivery?.id })
    await mutateOrThrow(acme, 'WebhookTest', { id: webhook.id })
    await mutateOrThrow(acme, 'WebhookDisable', { id: webhook.id })
    await mutateOrThrow(acme, 'OrderStateChange', { orderId: order.id, state: 'READY' })
    expect((await listDeliveries(acme, { states: ['SKIPPED'] })).length).toBeGreaterThan(0)
    await mutateOrThrow(acme, 'WebhookEnable', { id: webhook.id, skipped: 'REPLAY' })
    const all = await waitForSettled(acme, { orderIds: [order.id] }, 2)
    expect(all.map(({ state }) => state)).toEqual(all.map(() => 'DELIVERED'))
    await mutateOrThrow(acme, 'WebhookDelete', { id: webhook.id })
    expect(await server.admin.countDeliveries(acme.projectId)).toMatchObject({ consistent: true })
    expect(serverLog.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([])
  })

  test(`the log has rls.roles-unavailable only where the roles are missing, on a database of a ${kind} owner`, () => {
    const lines = serverLog.lines.filter(({ step }) => step === 'rls.roles-unavailable')
    expect(lines).toHaveLength(kind === 'PLAIN' ? 1 : 0)
  })

  test(`a request reads with the role of the API on a database of a ${kind} owner`, async () => {
    // Without the privilege of the role, the server cannot read. A plain owner reads with its own privilege.
    const role = kind === 'PLAIN' ? new URL(server.config.databaseUrl ?? '').username : 'orderbell_api'
    await server.connections.sql.unsafe(`revoke select on sites from ${role}`)
    await expect(acme.gql('{ sites { nodes { id } } }')).rejects.toThrow('INTERNAL_SERVER_ERROR')
    await server.connections.sql.unsafe(`grant select on sites to ${role}`)
    await acme.gql('{ sites { nodes { id } } }')
  })
})
