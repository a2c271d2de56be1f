/** `order.arriving`, some minutes before the ETA of an order. The due times lie on the database's clock. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp } from '../../../src/app.ts'
import { nullLog } from '../../support/null-log.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  changeOrderState,
  createOrder,
  createSite,
  createWebhook,
  fingerprint,
  mutate,
  mutateOrThrow,
  type Input,
} from '../support/fixtures.ts'
import { closeReceivers, openReceiver } from '../support/receivers.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  await closeReceivers()
  await server.close()
})

const minuteMs = 60_000
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * minuteMs).toISOString()

async function setMinutes(tenant: Tenant, arrivingMinutes: readonly number[] | null) {
  const { projectUpdate } = await tenant.gql<{
    projectUpdate: { project: { arrivingMinutes: readonly number[] } | null; userErrors: readonly object[] }
  }>(
    'mutation ($input: ProjectUpdateInput!) { projectUpdate(input: $input) { project { arrivingMinutes } userErrors { code field message } } }',
    { input: { arrivingMinutes } },
  )
  return projectUpdate
}

async function openTenant(...minutes: readonly number[]): Promise<Tenant> {
  const tenant = await server.tenant()
  if (minutes.length > 0) await setMinutes(tenant, minutes)
  return tenant
}

async function orderWith(tenant: Tenant, input: Input): Promise<string> {
  return (await createOrder(tenant, { siteId: await createSite(tenant), ...input })).id
}

interface Arrival {
  readonly sequence: number
  readonly data: { readonly minutes: number; readonly version: number; readonly etaAt: string }
}

async function arrivalsOf(tenant: Tenant, orderId: string): Promise<readonly Arrival[]> {
  const { events } = await tenant.gql<{ events: { nodes: readonly Arrival[] } }>(
    'query ($filter: EventFilter) { events(filter: $filter) { nodes { sequence data } } }',
    { filter: { orderIds: [orderId], topics: ['order.arriving'] } },
  )
  return events.nodes.toReversed()
}

const waitForArrivals = (tenant: Tenant, orderId: string, count: number) =>
  waitFor(async () => (await arrivalsOf(tenant, orderId)).length === count, {
    what: `${count} events order.arriving`,
  })

const dueTimes = async (tenant: Tenant): Promise<readonly number[]> =>
  (
    await server.connections.sql<{ minutes: number }[]>`
      select minutes from arriving_times where project_id = ${tenant.projectId} order by minutes`
  ).map(({ minutes }) => minutes)

/** Makes the due times of the order come, as time does. */
async function pass(orderId: string, minutes: number): Promise<void> {
  await server.connections.sql`
    update orders set eta_at = eta_at - ${minutes} * interval '1 minute' where id = ${orderId}`
  await server.connections.sql`
    update arriving_times set due_at = due_at - ${minutes} * interval '1 minute' where order_id = ${orderId}`
}

/** Two sweeps of 5 s, in which nothing more may happen. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 6_000))

// Most tests wait for sweeps.
describe.concurrent('order.arriving', () => {
  test('comes once for each of the arrivingMinutes, is sent to the webhooks of orders, and leaves the version', async () => {
    const acme = await openTenant(10, 30)
    const [flybuy, standard] = [await openReceiver(), await openReceiver()]
    await createWebhook(acme, flybuy, { preset: 'FLYBUY', topics: ['order.*'] })
    await createWebhook(acme, standard, { topics: ['order.arriving'] })
    const id = await orderWith(acme, { etaAt: inMinutes(45) })
    expect(await dueTimes(acme)).toEqual([10, 30])
    await pass(id, 20)
    await waitForArrivals(acme, id, 1)
    await pass(id, 20)
    await waitForArrivals(acme, id, 2)

    const arrivals = await arrivalsOf(acme, id)
    expect(arrivals.map(({ sequence, data }) => [sequence, data.minutes, data.version])).toEqual([
      [2, 30, 1],
      [3, 10, 1],
    ])
    await waitFor(() => standard.requests.length === 2 && flybuy.requests.length === 3, {
      what: 'the requests',
    })
    const bodies = standard.requests.map(({ body }) => JSON.parse(body) as { type: string; data: Input })
    expect(bodies.map(({ type, data }) => [type, data['minutes']]).toSorted()).toEqual([
      ['order.arriving', 10],
      ['order.arriving', 30],
    ])
    const wire = JSON.parse(flybuy.requests.at(-1)?.body ?? '') as { data: Input }
    expect(Object.keys(wire.data)).toHaveLength(21)
    expect(wire.data).toMatchObject({ state_changed: false, customer_state_changed: false })
    // A receiver of FLYBUY recognises a repeat by an `updated_at` that is not later.
    const updatedAt = flybuy.requests.map(({ body }) => {
      const { data } = JSON.parse(body) as { data: { updated_at: string } }
      return data.updated_at
    })
    expect(new Set(updatedAt).size).toBe(3)
    expect(await dueTimes(acme)).toEqual([])
    const { order } = await acme.gql<{ order: object }>('query ($id: ID!) { order(id: $id) { version } }', {
      id,
    })
    expect(order).toEqual({ version: 1 })
    await changeOrderState(acme, id, 'READY')
    expect((await server.admin.countDeliveries(acme.projectId)).consistent).toBe(true)
  })

  test('is the topic of STANDARD and FLIPDISH, order.updated of FAST_EVENTS, and no request of FOODY', async () => {
    const acme = await openTenant(10)
    const [standard, flipdish, fast, foody] = [
      await openReceiver(),
      await openReceiver(),
      await openReceiver(),
      await openReceiver(),
    ]
    await createWebhook(acme, standard, { dialect: 'STANDARD' })
    await createWebhook(acme, flipdish, { dialect: 'FLIPDISH' })
    await createWebhook(acme, fast, { dialect: 'FAST_EVENTS' })
    await createWebhook(acme, foody, { dialect: 'FOODY' })
    const etaAt = inMinutes(5)
    const id = await orderWith(acme, { etaAt })
    await waitForArrivals(acme, id, 1)
    await waitFor(
      () =>
        [standard, flipdish, fast].every(({ requests }) => requests.length === 2) &&
        foody.requests.length === 1,
      { what: 'the requests of both events' },
    )
    for (const { requests } of [standard, flipdish]) {
      const bodies = requests.map(({ body }) => JSON.parse(body) as { type: string; data: Input })
      const arriving = bodies.find(({ type }) => type === 'order.arriving')
      expect(arriving?.data).toMatchObject({ minutes: 10, etaAt, sequence: 2 })
    }
    const written = fast.requests.find(({ headers }) => headers['x-fe-webhook-topic'] === 'order.updated')
    expect(JSON.parse(written?.body ?? '{}')).toMatchObject({ minutes: 10, etaAt, sequence: 2 })
    const { data } = await acme.gql<{ data: { nodes: readonly { state: string }[] } }>(
      '{ data: deliveries(filter: { states: [SKIPPED] }) { nodes { state } } }',
    )
    expect(data.nodes).toEqual([])
  })

  test('comes at once for an ETA that is nearer, and never for one that has passed or is null', async () => {
    const acme = await openTenant(10)
    const near = await orderWith(acme, { etaAt: inMinutes(4) })
    const past = await orderWith(acme, { etaAt: inMinutes(-1) })
    const none = await orderWith(acme, {})
    const moved = await orderWith(acme, { etaAt: inMinutes(60) })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: moved, etaAt: inMinutes(-5) })
    const cleared = await orderWith(acme, { etaAt: inMinutes(60) })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: cleared, etaAt: null })
    expect(await dueTimes(acme)).toEqual([10])
    await waitForArrivals(acme, near, 1)
    await settle()
    for (const id of [past, none, moved, cleared]) expect(await arrivalsOf(acme, id)).toEqual([])
    expect(await dueTimes(acme)).toEqual([])
  })

  test('moves with the ETA, and does not come again when the ETA jumps back and forth', async () => {
    const acme = await openTenant(10)
    const id = await orderWith(acme, { etaAt: inMinutes(12) })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, etaAt: inMinutes(60) })
    await pass(id, 20)
    await settle()
    expect(await arrivalsOf(acme, id)).toEqual([])
    const etas = [9, 50, 8, 55, 5]
    for (const [index, minutes] of etas.entries()) {
      await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, etaAt: inMinutes(minutes) })
      if (index === 0) await waitForArrivals(acme, id, 1)
    }
    await settle()
    expect(await arrivalsOf(acme, id)).toHaveLength(1)
    expect(await dueTimes(acme)).toEqual([])
  })

  test('does not come for an order that is final or deleted, or whose customer has arrived', async () => {
    const acme = await openTenant(10)
    const ids = await Promise.all(Array.from({ length: 5 }, () => orderWith(acme, { etaAt: inMinutes(20) })))
    const [cancelled = '', deleted = '', arrived = '', waiting = '', gone = ''] = ids
    await changeOrderState(acme, cancelled, 'CANCELLED')
    await mutateOrThrow(acme, 'OrderDelete', { orderId: deleted })
    for (const [orderId, customerState] of [
      [arrived, 'ARRIVED'],
      [waiting, 'WAITING'],
      [gone, 'COMPLETED'],
    ])
      await mutateOrThrow(acme, 'CustomerStateChange', { orderId, customerState })
    for (const id of ids) await pass(id, 15)
    await waitFor(async () => (await dueTimes(acme)).length === 0, { what: 'no due time' })
    for (const id of ids) expect(await arrivalsOf(acme, id)).toEqual([])
  })

  test('comes once although several processes find its due time again and again', async () => {
    const acme = await openTenant(10)
    const others = await Promise.all(
      [0, 1].map(() => makeApp({ ...server.config, roles: ['dispatcher'] }, nullLog)),
    )
    const ids = await Promise.all(Array.from({ length: 30 }, () => orderWith(acme, { etaAt: inMinutes(5) })))
    for (const id of ids) await waitForArrivals(acme, id, 1)
    // As after a process that died before it removed them.
    await server.connections.sql`
      insert into arriving_times (order_id, minutes, project_id, due_at)
      select id, 10, project_id, now() from orders where project_id = ${acme.projectId}
      on conflict do nothing`
    await waitFor(async () => (await dueTimes(acme)).length === 0, { what: 'no due time' })
    for (const id of ids) expect(await arrivalsOf(acme, id)).toHaveLength(1)
    for (const other of others) await other.stop()
  })

  test('follows new arrivingMinutes for open orders with a future ETA, and stops for removed ones', async () => {
    const acme = await openTenant(30)
    const id = await orderWith(acme, { etaAt: inMinutes(45) })
    const done = await orderWith(acme, { etaAt: inMinutes(45) })
    await changeOrderState(acme, done, 'COMPLETED')
    expect(await setMinutes(acme, [5, 10])).toEqual({ project: { arrivingMinutes: [10, 5] }, userErrors: [] })
    expect(await dueTimes(acme)).toEqual([5, 10])
    await pass(id, 36)
    await waitForArrivals(acme, id, 1)
    await setMinutes(acme, [])
    expect(await dueTimes(acme)).toEqual([])
    expect((await arrivalsOf(acme, id)).map(({ data }) => data.minutes)).toEqual([10])
  })

  test('follows new arrivingMinutes also for an order whose change is being committed', async () => {
    const acme = await openTenant(30)
    const id = await orderWith(acme, {})
    const { sql } = server.connections
    let changed: Promise<unknown> = Promise.resolve()
    // As the transaction of an order change that has read the minutes.
    await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock_shared(hashtextextended(${`orderbell.webhooks.${acme.projectId}`}, 0))`
      await tx`update orders set eta_at = now() + interval '45 minutes' where id = ${id}`
      await tx`insert into arriving_times (order_id, minutes, project_id, due_at)
        values (${id}, 30, ${acme.projectId}, now() + interval '15 minutes')`
      changed = setMinutes(acme, [20, 10])
      await waitFor(
        async () => (await sql`select from pg_locks where locktype = 'advisory' and not granted`).length > 0,
        { what: 'projectUpdate to wait' },
      )
    })
    await changed
    expect(await dueTimes(acme)).toEqual([10, 20])
  })

  test('costs a project without arrivingMinutes no row', async () => {
    const acme = await openTenant()
    await orderWith(acme, { etaAt: inMinutes(5) })
    expect(await dueTimes(acme)).toEqual([])
    const { project } = await acme.gql<{ project: object }>('{ project { arrivingMinutes } }')
    expect(project).toEqual({ arrivingMinutes: [] })
  })

  test.each<readonly [string, readonly number[] | null, string]>([
    ['0 minutes', [0], 'INVALID'],
    ['negative minutes', [-10], 'INVALID'],
    ['181 minutes', [181], 'INVALID'],
    ['the same number twice', [10, 10], 'INVALID'],
    ['six numbers', [1, 2, 3, 4, 5, 6], 'TOO_MANY'],
    ['null', null, 'REQUIRED'],
  ])('projectUpdate refuses %s and writes nothing', async (_, minutes, code) => {
    const acme = await openTenant(10)
    const before = await fingerprint(server.connections, acme.projectId)
    expect((await setMinutes(acme, minutes)).userErrors).toMatchObject([{ code, field: ['arrivingMinutes'] }])
    expect(await fingerprint(server.connections, acme.projectId)).toEqual(before)
  })

  test('an ETA in 1970 is refused by orderCreate and orderUpdate', async () => {
    const acme = await openTenant(10)
    const etaAt = new Date(1_740_590_133).toISOString()
    const refusal = [{ code: 'INVALID', field: ['etaAt'] }]
    const siteId = await createSite(acme)
    expect((await mutate(acme, 'OrderCreate', { siteId, etaAt })).userErrors).toMatchObject(refusal)
    const { id } = await createOrder(acme, { siteId, etaAt: '2026-02-26T17:15:33.645Z' })
    expect((await mutate(acme, 'OrderUpdate', { orderId: id, etaAt })).userErrors).toMatchObject(refusal)
  })

  test('order.arriving cannot be published by hand', async () => {
    const acme = await openTenant(10)
    const answer = await mutate(acme, 'EventPublish', { topic: 'order.arriving', data: {} })
    expect(answer.userErrors).toMatchObject([{ code: 'INVALID', field: ['topic'] }])
  })
})
