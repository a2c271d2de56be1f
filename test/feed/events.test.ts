/** The subscription `events`, from the mutation to the subscriber's socket. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeApp } from '../../src/app.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  changeOrderState,
  mutate,
  mutateOrThrow,
  type Input,
} from '../api/support/fixtures.ts'
import { asPartner, withKey } from '../support/keys.ts'
import { nullLog } from '../support/null-log.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { startTestServer, tenantOf, type Tenant, type TestServer } from '../support/server.ts'
import { followEvents as follow, type LiveEvent } from './support/follow-events.ts'

let server: TestServer
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function currentCursor(tenant: Tenant, filter?: Input): Promise<string> {
  const { eventsCursor } = await tenant.gql<{ eventsCursor: string }>(
    'query EventsCursor($filter: EventFilter) { eventsCursor(filter: $filter) }',
    { filter },
  )
  return eventsCursor
}

const sequencesOf = (events: readonly LiveEvent[], orderId: string) =>
  events.filter(({ event }) => event.order?.id === orderId).map(({ event }) => event.sequence)

describe('events', () => {
  test('a board in a project without webhooks follows new orders and their moves, and events that the platform publishes', async () => {
    const acme = await server.tenant()
    const siteId = await createSite(acme)
    const board = await acme.gql<{ eventsCursor: string; orders: { nodes: object[] } }>(
      '{ orders { nodes { id } } eventsCursor }',
    )
    expect(board.orders.nodes).toEqual([])
    const following = follow(acme.socket(), { after: board.eventsCursor })
    const { id } = await createOrder(acme, { siteId, customer: { name: 'Ann' } })
    await changeOrderState(acme, id, 'READY')
    await mutateOrThrow(acme, 'OrderDelete', { orderId: id })
    const published = await acme.gql<{ eventPublish: { event: { id: string } } }>(
      'mutation ($input: EventPublishInput!) { eventPublish(input: $input) { event { id } userErrors { code } } }',
      { input: { topic: 'menu.updated', data: { menu: { id: 7 } } } },
    )

    const events = await following.received(4)
    expect(events.map(({ event }) => [event.topic, event.sequence, event.order?.id ?? null])).toEqual([
      ['order.created', 1, id],
      ['order.state_changed', 2, id],
      ['order.deleted', 3, id],
      ['menu.updated', null, null],
    ])
    expect(events[0]?.event.order).toMatchObject({ site: { id: siteId }, customer: { name: 'Ann' } })
    expect(events[3]?.event.id).toBe(published.eventPublish.event.id)
  })

  test('many changes at once, some of them refused, are sent once each, and those of an order in their order', async () => {
    const acme = await server.tenant()
    const api = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
    const there = tenantOf(api.address?.url ?? '', acme.projectId, acme.key)
    const siteId = await createSite(acme)
    const after = await currentCursor(acme)
    const following = [follow(acme.socket(), { after }), follow(there.socket(), { after })]
    const orders = await Promise.all(
      Array.from({ length: 12 }, (_, index) => createOrder(index % 2 === 0 ? acme : there, { siteId })),
    )
    await Promise.all(
      orders.flatMap(({ id }, index) => [
        changeOrderState(index % 3 === 0 ? acme : there, id, 'ACCEPTED'),
        mutate(acme, 'CustomerStateChange', { orderId: id, customerState: 'ARRIVED' }),
        mutate(there, 'OrderUpdate', { orderId: id, areaName: `Bay ${index}` }),
        mutate(there, 'OrderStateChange', { orderId: id, state: 'CREATED', expectedVersion: 99 }),
      ]),
    )
    for (const each of following) {
      const events = await each.received(48)
      expect(events).toHaveLength(48)
      for (const { id } of orders) expect(sequencesOf(events, id)).toEqual([1, 2, 3, 4])
    }
    expect(following[1]?.events.map(({ cursor }) => cursor)).toEqual(
      following[0]?.events.map(({ cursor }) => cursor),
    )
    const positions = await server.connections.sql<{ position: number }[]>`
      select position::int from events where project_id = ${acme.projectId} order by position`
    expect(positions.map(({ position }) => position)).toEqual(Array.from({ length: 48 }, (_, at) => at + 1))
    await api.stop()
  })

  test('a board that resumes after a restart of its server receives what it missed once, and then live events', async () => {
    const acme = await server.tenant()
    const siteId = await createSite(acme)
    const first = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
    const before = follow(tenantOf(first.address?.url ?? '', acme.projectId, acme.key).socket(), {
      after: await currentCursor(acme),
    })
    const { id } = await createOrder(acme, { siteId })
    const cursor = (await before.received(1))[0]?.cursor
    await first.stop()
    await changeOrderState(acme, id, 'ACCEPTED')
    const second = await makeApp({ ...server.config, roles: ['api'] }, nullLog)
    const resumed = follow(tenantOf(second.address?.url ?? '', acme.projectId, acme.key).socket(), {
      after: cursor,
    })
    await resumed.received(1)
    await changeOrderState(acme, id, 'READY')

    expect(sequencesOf(await resumed.received(2), id)).toEqual([2, 3])
    await second.stop()
  })

  test('a filtered subscription receives only the events of its topics, orders and sites', async () => {
    const acme = await server.tenant()
    const [here, there] = [await createSite(acme), await createSite(acme)]
    const one = await createOrder(acme, { siteId: here })
    const other = await createOrder(acme, { siteId: there })
    const filters = [
      { topics: ['order.state_changed'] },
      { orderIds: [one.id] },
      { siteIds: [there] },
      { topics: ['order.*'], orderIds: [one.id, other.id], siteIds: [here] },
      { createdAt: { until: '2020-01-01T00:00:00Z' } },
    ]
    const socket = acme.socket()
    const following = await Promise.all(
      filters.map(async (filter) => follow(socket, { filter, after: await currentCursor(acme, filter) })),
    )
    await changeOrderState(acme, one.id, 'ACCEPTED')
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: other.id, areaName: 'Bay 4' })
    await changeOrderState(acme, other.id, 'ACCEPTED')
    await changeOrderState(acme, one.id, 'READY')
    const last = follow(acme.socket(), { after: await currentCursor(acme) })
    await changeOrderState(acme, other.id, 'READY')
    await last.received(1)

    const [byTopic, byOrder, bySite, byAll, past] = following
    expect(sequencesOf((await byTopic?.received(4)) ?? [], one.id)).toEqual([2, 3])
    expect(sequencesOf(byTopic?.events ?? [], other.id)).toEqual([3, 4])
    expect(sequencesOf((await byOrder?.received(2)) ?? [], one.id)).toEqual([2, 3])
    expect(sequencesOf((await bySite?.received(3)) ?? [], other.id)).toEqual([2, 3, 4])
    expect(sequencesOf((await byAll?.received(2)) ?? [], one.id)).toEqual([2, 3])
    expect(following.map(({ events }) => events.length)).toEqual([4, 2, 3, 2, 0])
    expect(past?.refused()).toBeUndefined()
    const { events } = await acme.gql<{ events: { nodes: object[] } }>(
      'query ($filter: EventFilter) { events(filter: $filter) { nodes { id } } }',
      { filter: { siteIds: [there] } },
    )
    expect(events.nodes).toHaveLength(4)
  })

  test('a PARTNER receives the events that its webhooks were sent, as its requests show them, and no others', async () => {
    const acme = await server.tenant()
    const siteId = await createSite(acme)
    const courier = await asPartner(server, acme, 'Courier Ltd')
    const rival = await asPartner(server, acme, 'Rival Ltd')
    await createWebhook(courier, receiver, { topics: ['order.state_changed'] })
    await createWebhook(rival, receiver, { topics: ['order.*'], enabled: false })
    const [toCourier, toRival, toReader] = [
      follow(courier.socket(), { after: await currentCursor(courier) }),
      follow(rival.socket(), { after: await currentCursor(rival) }),
      follow((await withKey(server, acme, { role: 'READER', name: null })).socket(), {
        after: await currentCursor(acme),
      }),
    ]
    const { id } = await createOrder(acme, { siteId })
    await changeOrderState(acme, id, 'READY')
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, areaName: 'Bay 4' })
    await changeOrderState(acme, id, 'COMPLETED')

    expect(await toReader.received(4)).toHaveLength(4)
    const events = await toCourier.received(2)
    expect(events.map(({ event }) => event.topic)).toEqual(['order.state_changed', 'order.state_changed'])
    expect(sequencesOf(events, id)).toEqual([2, 4])
    expect(toCourier.events).toHaveLength(2)
    expect(toRival.events).toHaveLength(0)
  })

  test("an event of a transaction that is rolled back is not sent, and another project's events are not", async () => {
    const [acme, eve] = [await server.tenant(), await server.tenant('Eve')]
    const [siteId, eveSite] = [await createSite(acme), await createSite(eve)]
    const { sql } = server.connections
    const { id } = await createOrder(acme, { siteId })
    const following = follow(acme.socket(), { after: await currentCursor(acme) })
    // The event takes a position, and then the commit fails.
    await sql.unsafe(`
      create function refuse_commit() returns trigger language plpgsql as
        $$ begin if new.order_id = '${id}' then raise exception 'no'; end if; return new; end $$;
      create constraint trigger refuse_commit after insert on events deferrable initially deferred
        for each row execute function refuse_commit()`)
    await expect(changeOrderState(acme, id, 'ACCEPTED')).rejects.toThrow()
    await sql.unsafe('drop trigger refuse_commit on events; drop function refuse_commit()')
    await createOrder(eve, { siteId: eveSite })
    await changeOrderState(acme, id, 'READY')

    expect(sequencesOf(await following.received(1), id)).toEqual([2])
    const positions = await sql<{ position: number }[]>`
      select position::int from events where project_id = ${acme.projectId} order by position`
    expect(positions).toEqual([{ position: 1 }, { position: 2 }])
  })

  test('a cursor of another feed, filter or project is CURSOR_INVALID, and one whose events were removed is CURSOR_EXPIRED', async () => {
    const acme = await server.tenant()
    const siteId = await createSite(acme)
    const after = await currentCursor(acme)
    await createOrder(acme, { siteId })
    await createOrder(acme, { siteId })
    const { deliveryAttemptsCursor } = await acme.gql<{ deliveryAttemptsCursor: string }>(
      '{ deliveryAttemptsCursor }',
    )
    const refusalOf = async (tenant: Tenant, variables: Input): Promise<string | undefined> => {
      const following = follow(tenant.socket(), variables)
      await following.received(1).catch(() => undefined)
      return following.refused()
    }
    expect(await refusalOf(acme, { after: deliveryAttemptsCursor })).toBe('CURSOR_INVALID')
    expect(await refusalOf(acme, { after, filter: { topics: ['order.*'] } })).toBe('CURSOR_INVALID')
    expect(await refusalOf(await server.tenant(), { after })).toBe('CURSOR_INVALID')
    expect(await refusalOf(acme, { after })).toBeUndefined()
    await server.connections.sql`
      update event_feeds set expired_position = 1 where project_id = ${acme.projectId}`
    expect(await refusalOf(acme, { after })).toBe('CURSOR_EXPIRED')
  })

  test.each<readonly [what: string, filter: Input]>([
    ['101 sites', { siteIds: Array.from({ length: 101 }, () => 'x') }],
    ['a topic that does not exist', { topics: ['order.*', 'order.shiped'] }],
  ])(
    'a filter of %s is BAD_USER_INPUT, in the subscription as in the list and the cursor',
    async (_, filter) => {
      const acme = await server.tenant()
      const following = follow(acme.socket(), { filter })
      await following.received(1).catch(() => undefined)
      expect(following.refused()).toBe('BAD_USER_INPUT')
      for (const query of [
        'query ($filter: EventFilter) { eventsCursor(filter: $filter) }',
        'query ($filter: EventFilter) { events(filter: $filter) { nodes { id } } }',
      ]) {
        const { body } = await acme.post({ query, variables: { filter } })
        expect(body.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['BAD_USER_INPUT'])
      }
    },
  )
})
