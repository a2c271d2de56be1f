/** Concurrent changes that share transactions, on a real PostgreSQL. `change-groups.test.ts` tests how they are gathered. */
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Sql } from '../../../src/db/connection/connect.ts'
import { runGroupTx } from '../../../src/db/tenant/grouped/group-transaction.ts'
import { ok } from '../../../src/domain/shared/problem.ts'
import { system } from '../../../src/runtime/system.ts'
import { within } from '../../../src/runtime/within.ts'
import type { Member } from '../../../src/services/changes/change.ts'
import { commitGroup } from '../../../src/services/changes/commit-group.ts'
import { loggedDatabase } from '../../support/database/logged-database.ts'
import { sharedTestServer, type Tenant, type TestServer } from '../../support/server.ts'
import {
  createOrder,
  createSite,
  missingId,
  mutate,
  mutateOrThrow,
  type EventAnswer,
  type OrderAnswer,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let siteId: string
let sql: Sql

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  siteId = await createSite(acme)
  sql = postgres(server.config.databaseUrl ?? '', { max: 4, onnotice: () => undefined })
})
afterAll(async () => {
  await sql.end()
  await server.close()
})

interface Changed {
  readonly order: OrderAnswer | null
  readonly event: EventAnswer | null
}

function accept(orderId: string, more = {}) {
  return mutate<Changed>(acme, 'OrderStateChange', { orderId, state: 'ACCEPTED', ...more })
}

async function createOrders(count: number): Promise<readonly string[]> {
  const orders = await Promise.all(Array.from({ length: count }, () => createOrder(acme, { siteId })))
  return orders.map(({ id }) => id)
}

async function eventsOf(orderIds: readonly string[]): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*)::int as count from events where order_id = any(${[...orderIds]}) and sequence > 1`
  return row?.count ?? 0
}

test('of sixty simultaneous changes each gets its own answer: accepted, refused, not found or in conflict', async () => {
  const orderIds = await createOrders(15)
  const answers = await Promise.all(
    orderIds.flatMap((orderId) => [
      accept(orderId),
      mutate<Changed>(acme, 'OrderStateChange', { orderId, state: 'COMPLETED', expectedVersion: 7 }),
      accept(missingId(orderId)),
      mutate<Changed>(acme, 'OrderStateChange', { orderId: 'ord_1', state: 'READY' }),
    ]),
  )

  for (let index = 0; index < answers.length; index += 4) {
    const [accepted, conflict, missing, malformed] = answers.slice(index, index + 4)
    expect(accepted).toMatchObject({ order: { state: 'ACCEPTED', version: 2 }, userErrors: [] })
    expect(accepted?.order?.id).toBe(orderIds[index / 4])
    expect(conflict).toMatchObject({ order: null, userErrors: [{ code: 'VERSION_CONFLICT' }] })
    for (const none of [missing, malformed])
      expect(none).toMatchObject({ order: null, userErrors: [{ code: 'NOT_FOUND', field: ['orderId'] }] })
  }
  expect(await eventsOf(orderIds)).toBe(15)
})

test('an order that another transaction has locked delays only its own changes', async () => {
  const [locked = '', ...others] = await createOrders(6)
  let release: () => void = () => undefined
  const isHeld = new Promise<void>((resolve) => (release = resolve))
  const holding = new Promise<void>((resolve, reject) => {
    sql
      .begin(async (tx) => {
        await tx`select from orders where id = ${locked} for update`
        resolve()
        await isHeld
      })
      .catch(reject)
  })
  await holding
  let isAnswered = false
  const waiting = accept(locked).finally(() => (isAnswered = true))
  // A statement that waits for a lock ends after 5 s.
  const answers = await within(
    4_000,
    'changing the other orders',
    Promise.all(others.map((orderId) => accept(orderId))),
  )

  for (const answer of answers) expect(answer.userErrors).toEqual([])
  expect(isAnswered).toBe(false)
  release()
  expect(await waiting).toMatchObject({ order: { state: 'ACCEPTED' }, userErrors: [] })
})

test('a row that PostgreSQL refuses fails only its own change, with a masked error, and stores nothing of it', async () => {
  const orderIds = await createOrders(8)
  const [bad = '', ...good] = orderIds
  await sql.unsafe(`
    create function refuse_event() returns trigger language plpgsql as $$
      begin
        if new.order_id = '${bad}' then raise exception 'the disk is on fire'; end if;
        return new;
      end $$;
    create trigger refuse_event before insert on events for each row execute function refuse_event()`)
  try {
    const answers = await Promise.allSettled(orderIds.map((orderId) => accept(orderId)))
    const [refused, ...accepted] = answers
    expect(refused?.status).toBe('rejected')
    expect(JSON.stringify(refused)).not.toContain('on fire')
    for (const answer of accepted)
      expect(answer).toMatchObject({
        status: 'fulfilled',
        value: { order: { state: 'ACCEPTED', version: 2 } },
      })
    expect(await eventsOf([bad])).toBe(0)
    expect(await eventsOf(good)).toBe(7)
    const [row] = await sql`select version from orders where id = ${bad}`
    expect(row?.['version']).toBe(1)
  } finally {
    await sql.unsafe('drop trigger refuse_event on events; drop function refuse_event()')
  }
})

test('simultaneous new orders have numbers without a gap, although some are refused', async () => {
  const other = await server.tenant()
  const site = await createSite(other)
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      mutate<{ order: OrderAnswer | null }>(other, 'OrderCreate', {
        siteId: index % 3 === 0 ? missingId(site) : site,
        customer: { name: `Customer ${index}` },
      }),
    ),
  )
  const numbers = answers.flatMap(({ order }) => (order === null ? [] : [order.number]))
  expect(numbers.toSorted((one, next) => one - next)).toEqual(
    Array.from({ length: 20 }, (_, index) => index + 1),
  )
  const customers = await sql<{ number: number }[]>`
    select number from customers where project_id = ${other.projectId} order by number`
  expect(customers.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
})

test('the event that a change returns is the one that is stored', async () => {
  const [orderId = ''] = await createOrders(1)
  const fields = 'id topic sequence createdAt data order { id } deliveries { nodes { id } }'
  const changed = await acme.gql<{ orderStateChange: { event: { id: string } } }>(
    `mutation ($input: OrderStateChangeInput!) { orderStateChange(input: $input) { event { ${fields} } } }`,
    { input: { orderId, state: 'ACCEPTED' } },
  )
  const { event } = changed.orderStateChange
  const read = await acme.gql<{ event: unknown }>(`query ($id: ID!) { event(id: $id) { ${fields} } }`, {
    id: event.id,
  })
  expect(read.event).toEqual(event)
})

test('thirty changes take as many statements as one, and their locks are taken in the same order', async () => {
  const orderIds = await createOrders(30)
  const membersOf = (ids: readonly string[], keys: string): readonly Member[] =>
    ids.map((orderId, index) => ({
      keyId: null,
      change: {
        request: { mutation: 'test', input: { orderId }, idempotencyKey: `${keys}-${index}` },
        reads: { orderId, siteId, numbers: ['order'] },
        dataBytes: 10,
        decide: () => ok({ value: orderId, rows: null }),
      },
    }))
  const statementsOf = async (members: readonly Member[]): Promise<readonly string[]> => {
    const statements: string[] = []
    const db = loggedDatabase(server.config.databaseUrl ?? '', (text) => statements.push(text))
    // The first run of a statement may be preceded by its preparation.
    await runGroupTx(db, acme.projectId, false, (tx) => commitGroup(tx, members, system))
    await db.$client.end()
    return statements.filter((text) => !text.includes('pg_catalog'))
  }
  const one = await statementsOf(membersOf(orderIds.slice(0, 1), 'one'))
  const thirty = await statementsOf(membersOf(orderIds, 'thirty'))

  expect(thirty).toEqual(one)
  const order = [
    /set_config/,
    /pg_try_advisory_xact_lock/,
    /from unnest.*join idempotency_keys/s,
    /from "orders".*for update skip locked/,
    /from "sites"/,
    /from "customers".*for share skip locked/,
    /from "sites"/,
    /from "counters".*for update/,
    /pg_advisory_xact_lock_shared/,
    /from "webhooks"/,
    /^\s*with updated_orders/,
  ]
  expect(one).toHaveLength(order.length)
  for (const [place, expected] of order.entries()) expect(one[place]).toMatch(expected)
})

test('a new order of a customer that is being changed has the customer as it is after the change', async () => {
  const { customer } = await mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', {
    name: 'Ann',
  })
  let release: () => void = () => undefined
  const isHeld = new Promise<void>((resolve) => (release = resolve))
  let isLocked: () => void = () => undefined
  const locked = new Promise<void>((resolve) => (isLocked = resolve))
  const renaming = sql.begin(async (tx) => {
    await tx`update customers set name = 'Beth' where id = ${customer.id}`
    isLocked()
    await isHeld
  })
  await locked
  const creating = mutateOrThrow<{ order: OrderAnswer }>(acme, 'OrderCreate', {
    siteId,
    customerId: customer.id,
  })
  release()
  await renaming
  const { order } = await creating
  const [row] = await sql<{ data: string }[]>`select data from events where order_id = ${order.id}`
  expect(row?.data).toContain('"name":"Beth"')
})
