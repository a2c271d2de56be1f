/** Webhooks with an ordering in the statements of the dispatcher, also with many processes at once. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeDispatchStore } from '../../../src/db/dispatch/dispatch-store.ts'
import { orderPlaceOf, type Ordering } from '../../../src/domain/webhooks/ordering.ts'
import type { Claimed, DispatchStore, SettledAttempt } from '../../../src/ports/dispatch-store.ts'
import { system } from '../../../src/runtime/system.ts'
import { buildWebhook } from '../../support/samples.ts'
import {
  endedWith,
  insertDueDeliveries,
  openSettleFixture,
  type SettleFixture,
} from '../support/settle-fixture.ts'

const lease = { timeoutMs: 15_000, marginMs: 10_000 }
let fixture: SettleFixture

beforeAll(async () => {
  fixture = await openSettleFixture()
})
afterAll(() => fixture.close())

/** Each order with its sequences. */
type Orders = Readonly<Record<string, readonly number[]>>

/** A webhook with due deliveries of these orders, in the order of their sequences. */
async function open(ordering: Ordering, orders: Orders) {
  const id = await fixture.createWebhook({ ordering })
  const orderIds = new Map(Object.keys(orders).map((name) => [name, system.newId('order')]))
  await insert(id, orders, orderIds)
  // Learns that the webhook has an ordering.
  await fixture.dispatch.nextDue([id])
  const nameOf = new Map([...orderIds].map(([name, orderId]) => [orderId, name]))
  const shown = (claimed: readonly Claimed[]) =>
    claimed.map(({ event }) => `${nameOf.get(event.orderId ?? '') ?? '-'}${event.sequence ?? ''}`)
  const claim = (limit = 10) => fixture.dispatch.claim([{ webhookId: id, limit }], lease)
  return { id, claim, shown, add: (more: Orders) => insert(id, more, orderIds) }
}

async function insert(
  webhookId: string,
  orders: Orders,
  orderIds: ReadonlyMap<string, string>,
): Promise<void> {
  const { sql } = fixture.connections
  const [webhook] = await sql<{ project_id: string; ordering: Ordering }[]>`
    select project_id, ordering from webhooks where id = ${webhookId}`
  const events = Object.entries(orders).flatMap(([name, sequences]) =>
    sequences.map((sequence) => ({ orderId: orderIds.get(name) ?? null, sequence })),
  )
  const places = events.map((event) => (webhook?.ordering === 'NONE' ? null : orderPlaceOf(event)))
  await sql`
    with given as (
      select * from unnest(
        ${events.map(() => system.newId('event'))}::text[], ${events.map(() => system.newId('delivery'))}::text[],
        ${events.map(({ orderId }) => orderId)}::text[], ${events.map(({ sequence }) => sequence)}::int[], ${places}::text[]
      ) as given(event_id, id, order_id, sequence, place)
    ), inserted_events as (
      insert into events (id, project_id, topic, order_id, sequence, data, delivery_count, created_at)
      select event_id, ${webhook?.project_id ?? ''}, 'order.updated', order_id, sequence, '{}', 1, now() from given
    ), due as (
      insert into due_deliveries (delivery_id, webhook_id, due_at, order_place)
      select id, ${webhookId}, now() - interval '20 seconds' + sequence * interval '1 ms', place from given
    )
    insert into deliveries (id, project_id, webhook_id, event_id, order_id, topic, state, due_at, created_at)
    select id, ${webhook?.project_id ?? ''}, ${webhookId}, event_id, order_id, 'order.updated', 'PENDING',
      now() - interval '1 second', now() from given`
}

const ended = (claims: readonly Claimed[], status: number): readonly SettledAttempt[] =>
  claims.map((claimed) => endedWith(claimed, status))
const settle = (claims: readonly Claimed[], status = 200) => fixture.dispatch.settle(ended(claims, status))

async function rowsOf(webhookId: string) {
  const { sql } = fixture.connections
  return sql<{ sequence: number; state: string; skip_reason: string | null; attempt_count: number }[]>`
    select e.sequence, d.state, d.skip_reason, d.attempt_count from deliveries d join events e on e.id = d.event_id
    where d.webhook_id = ${webhookId} order by e.order_id, e.sequence`
}

/** Makes the retries of the webhook due now. */
async function passWaits(webhookId: string): Promise<void> {
  await fixture.connections.sql`
    update due_deliveries set due_at = now() where webhook_id = ${webhookId} and due_at > now() and due_at < 'infinity'`
}

describe('PER_ORDER', () => {
  test('a claim returns the first delivery of each order, and the next one when it has ended, whatever its end', async () => {
    const { id, claim, shown } = await open('PER_ORDER', { a: [1, 2, 3], b: [5, 6] })
    const first = await claim()
    expect(shown(first)).toEqual(['a1', 'b5'])
    expect(await claim()).toEqual([])
    expect(await fixture.dispatch.nextDue([id])).toEqual([])
    await settle(first.slice(0, 1))
    expect((await fixture.dispatch.nextDue([id]))[0]?.inMs).toBeLessThan(0)
    const second = await claim()
    expect(shown(second)).toEqual(['a2'])
    await settle(second, 500)
    await settle(first.slice(1))
    // The head of order a waits for its retry: its followers wait too.
    expect(shown(await claim())).toEqual(['b6'])
    await passWaits(id)
    expect(shown(await claim())).toEqual(['a2'])
  })

  test.each([
    ['EXHAUSTED', { overrides: { retry: { waits: [], windowMs: null } } }],
    ['EXPIRED', { expireAfterMs: 1_000 }],
  ])('when the head of an order ends %s, the next delivery is sent', async (state, given) => {
    const { id, claim, shown } = await open('PER_ORDER', { a: [1, 2] })
    await fixture.store.transaction(async (tx) => {
      const webhook = await tx.lockWebhook(id)
      if (webhook === null) throw new Error(`expected ${id} to be there, it is not`)
      await tx.updateWebhook({ ...webhook, ...given })
    })
    await settle(await claim(), 500)
    expect((await rowsOf(id))[0]).toMatchObject({ state })
    expect(shown(await claim())).toEqual(['a2'])
  })

  test('the sweep that ends the head of an order past its deadline makes the next delivery due', async () => {
    const { id, claim, shown } = await open('PER_ORDER', { a: [1, 2] })
    await settle(await claim(), 500)
    expect(await claim()).toEqual([])
    const { sql } = fixture.connections
    await sql`update webhooks set expire_after_ms = 60000 where id = ${id}`
    await sql`
      update deliveries set created_at = now() - interval '2 minutes'
      where webhook_id = ${id} and event_id = (select id from events e where e.id = event_id and e.sequence = 1)`
    expect(await fixture.dispatch.expireDue(10)).toBe(1)
    expect(shown(await claim())).toEqual(['a2'])
  })

  test('events without an order are not held, and the limits of a webhook apply', async () => {
    const { id, claim, shown } = await open('PER_ORDER', { a: [1, 2], b: [1, 2] })
    await fixture.connections.sql`update webhooks set max_concurrency = 1 where id = ${id}`
    // The statement without limits is for webhooks without limits.
    expect(await claim()).toEqual([])
    await fixture.dispatch.nextDue([id])
    expect(shown(await claim())).toEqual(['a1'])
    const other = await fixture.createWebhook({ ordering: 'PER_ORDER' })
    const { sql } = fixture.connections
    const [owner] = await sql<{ project_id: string }[]>`select project_id from webhooks where id = ${id}`
    await insertDueDeliveries(sql, owner?.project_id ?? '', other, 3)
    await fixture.dispatch.nextDue([other])
    expect(await fixture.dispatch.claim([{ webhookId: other, limit: 5 }], lease)).toHaveLength(3)
  })

  test('a delivery whose lease has ended without a result stays the head of its order', async () => {
    const { id, claim, shown } = await open('PER_ORDER', { a: [1, 2] })
    await claim()
    await fixture.connections
      .sql`update due_deliveries set lease_until = now() where webhook_id = ${id} and lease_token is not null`
    expect(await claim()).toEqual([])
    const expired = (await fixture.dispatch.expiredLeases(10)).filter(({ webhookId }) => webhookId === id)
    await settle(expired, 500)
    await passWaits(id)
    expect(shown(await claim())).toEqual(['a1'])
  })

  test('a delivery that arrives while the end of the earlier one is not committed is not held, and is claimed after the commit', async () => {
    const { claim, shown, add } = await open('PER_ORDER', { a: [1] })
    const [first] = await claim()
    await fixture.connections.sql.begin(async (tx) => {
      // As a settle whose trigger has run. The next delivery is committed after that.
      await tx`delete from due_deliveries where delivery_id = ${first?.deliveryId ?? ''}`
      await add({ a: [2, 3] })
      expect(await claim()).toEqual([])
    })
    expect(shown(await claim())).toEqual(['a2'])
  })

  test('random schedules of four processes: one request of an order at a time, in order, and every delivery ends', async () => {
    const orders = Object.fromEntries(
      Array.from({ length: 12 }, (_, order) => [
        `o${order}`,
        Array.from({ length: 8 }, (__, index) => index + 1),
      ]),
    )
    const { id } = await open('PER_ORDER', orders)
    const running = new Map<string, number>()
    const lastSequence = new Map<string, number>()
    let delivered = 0
    const workers = Array.from({ length: 4 }, async () => {
      const store = makeDispatchStore(fixture.connections.sql, system)
      await store.nextDue([id])
      const stopsAt = Date.now() + 20_000
      while (delivered < 96 && Date.now() < stopsAt) {
        const claims = await store.claim([{ webhookId: id, limit: 1 + Math.floor(Math.random() * 9) }], lease)
        for (const { event } of claims) {
          const orderId = event.orderId ?? ''
          expect(running.get(orderId) ?? 0).toBe(0)
          expect(event.sequence).toBe((lastSequence.get(orderId) ?? 0) + 1)
          running.set(orderId, 1)
        }
        await finish(store, claims, {
          before: ({ event }) => running.delete(event.orderId ?? ''),
          delivered: ({ event }) => {
            delivered += 1
            lastSequence.set(event.orderId ?? '', event.sequence ?? 0)
          },
        })
        await passWaits(id)
      }
    })
    await Promise.all(workers)
    expect(delivered).toBe(96)
    const left = await fixture.connections.sql`select from due_deliveries where webhook_id = ${id}`
    expect(left).toHaveLength(0)
  })

  test('with 10,000 waiting deliveries of one order, a claim reads a bounded number of rows and pages', async () => {
    const { id, claim } = await open('PER_ORDER', {
      a: Array.from({ length: 10_000 }, (_, index) => index + 1),
    })
    const { sql } = fixture.connections
    await sql`analyze due_deliveries`
    let sent = 0
    for (let count = 0; count < 80; count += 1) {
      const claims = await claim(50)
      expect(claims.length).toBeLessThanOrEqual(1)
      sent += claims.length
      await settle(claims)
    }
    expect(sent).toBeGreaterThan(40)
    const [head] = await sql<{ held: number; due: number }[]>`
      select count(*) filter (where due_at = 'infinity')::int as held, count(*) filter (where due_at <= now())::int as due
      from due_deliveries where webhook_id = ${id}`
    expect(head?.due).toBeLessThanOrEqual(1)
    const plan = await sql.unsafe(`
      explain (analyze, buffers, format json) select l.delivery_id, exists (
        select from due_deliveries e
        where e.webhook_id = l.webhook_id and e.order_place < l.order_place and e.order_place >= left(l.order_place, -10)
      ) from due_deliveries l where l.webhook_id = '${id}' and l.due_at <= now() and l.lease_token is null
      order by l.due_at, l.delivery_id limit 300`)
    const text = JSON.stringify(plan)
    expect(text).toContain('due_deliveries_order')
    expect(text).toContain('due_deliveries_lane')
    const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = (
      plan[0] as unknown as { 'QUERY PLAN': [{ Plan: Record<string, number> }] }
    )['QUERY PLAN'][0].Plan
    expect((hit ?? 0) + (read ?? 0)).toBeLessThan(200)
  }, 60_000)
})

/** Ends each claim at random: delivered, failed, or released. `before` is called before the lease ends. */
async function finish(
  store: DispatchStore,
  claims: readonly Claimed[],
  on: { readonly before: (claimed: Claimed) => void; readonly delivered: (claimed: Claimed) => void },
): Promise<void> {
  for (const claimed of claims) {
    const luck = Math.random()
    if (luck < 0.7) on.delivered(claimed)
    on.before(claimed)
    if (luck < 0.7) await store.settle([endedWith(claimed, 200)])
    else if (luck < 0.85) await store.settle([endedWith(claimed, 500)])
    else await store.release([claimed])
  }
}

describe('LATEST_ONLY', () => {
  test('older undelivered states are SKIPPED as SUPERSEDED, and only the latest is claimed', async () => {
    const { id, claim, shown } = await open('LATEST_ONLY', { a: [1, 2, 3], b: [7] })
    const claims = await claim()
    expect(shown(claims)).toEqual(['a3', 'b7'])
    await settle(claims)
    const superseded = { state: 'SKIPPED', skip_reason: 'SUPERSEDED', attempt_count: 0 }
    expect((await rowsOf(id)).slice(0, 3)).toMatchObject([superseded, superseded, { state: 'DELIVERED' }])
  })

  test('a running request is not cut and not repeated: it ends SKIPPED with its attempt, then the latest is sent', async () => {
    const { id, claim, shown, add } = await open('LATEST_ONLY', { a: [1] })
    const first = await claim()
    await add({ a: [2, 3] })
    expect(await claim()).toEqual([])
    await settle(first, 500)
    expect(shown(await claim())).toEqual(['a3'])
    const superseded = { state: 'SKIPPED', skip_reason: 'SUPERSEDED' }
    expect(await rowsOf(id)).toMatchObject([
      { ...superseded, attempt_count: 1 },
      { ...superseded, attempt_count: 0 },
      { state: 'PENDING' },
    ])
    const [attempt] = await fixture.connections
      .sql`select next_step, next_step_reason from attempts where webhook_id = ${id}`
    expect(attempt).toMatchObject({ next_step: 'NONE' })
    expect(attempt?.['next_step_reason']).toContain('LATEST_ONLY')
  })

  test('an older state that waits for a retry is SKIPPED when a newer one arrives, and a running success is DELIVERED', async () => {
    const { id, claim, shown, add } = await open('LATEST_ONLY', { a: [1], b: [1] })
    const [failing, succeeding] = await claim()
    if (failing === undefined || succeeding === undefined) throw new Error('expected two claims')
    await settle([failing], 500)
    await add({ a: [2], b: [2] })
    await settle([succeeding])
    expect(shown(await claim())).toEqual(['a2', 'b2'])
    expect((await rowsOf(id)).map(({ state }) => state).toSorted()).toEqual([
      'DELIVERED',
      'PENDING',
      'PENDING',
      'SKIPPED',
    ])
  })

  test('a newer state that arrives while the end of a running attempt is not committed is due after the commit', async () => {
    const { claim, shown, add } = await open('LATEST_ONLY', { a: [1] })
    const [first] = await claim()
    await fixture.connections.sql.begin(async (tx) => {
      await tx`
        update due_deliveries set lease_token = null, lease_until = null, lease_started_at = null, due_at = now() + interval '1 hour'
        where delivery_id = ${first?.deliveryId ?? ''}`
      await add({ a: [2] })
      expect(await claim()).toEqual([])
    })
    expect(shown(await claim())).toEqual(['a2'])
  })

  test('a newer state that was held by an attempt that is to be repeated is due as soon as the attempt has ended', async () => {
    const { id, claim, shown, add } = await open('LATEST_ONLY', { a: [1] })
    const first = await claim()
    await add({ a: [2] })
    expect(await claim()).toEqual([])
    const { sql } = fixture.connections
    // As a settle that did not see the newer event yet.
    await sql`
      update due_deliveries set lease_token = null, lease_until = null, lease_started_at = null, due_at = now() + interval '1 hour'
      where delivery_id = ${first[0]?.deliveryId ?? ''}`
    expect(shown(await claim())).toEqual(['a2'])
    expect((await rowsOf(id))[0]).toMatchObject({ state: 'SKIPPED', skip_reason: 'SUPERSEDED' })
  })
})

describe('a change of the ordering', () => {
  test.each<[Ordering, Ordering, readonly string[]]>([
    ['NONE', 'PER_ORDER', ['a1']],
    ['NONE', 'LATEST_ONLY', ['a3']],
    ['PER_ORDER', 'LATEST_ONLY', ['a3']],
    ['PER_ORDER', 'NONE', ['a1', 'a2', 'a3']],
  ])('a change from %s to %s applies to the deliveries that wait', async (before, after, expected) => {
    const { id, claim, shown } = await open(before, { a: [1, 2, 3] })
    // Holds the later ones, if they wait for the first.
    if (before !== 'NONE') await fixture.dispatch.release(await claim())
    await fixture.store.transaction(async (tx) => {
      await tx.lockDueDeliveries(id)
      const webhook = (await tx.lockWebhook(id)) ?? buildWebhook()
      await tx.updateWebhook({ ...webhook, ordering: after })
      await tx.placeDueDeliveries(id)
    })
    await fixture.dispatch.nextDue([id])
    expect(shown(await claim()).toSorted()).toEqual(expected)
  })
})
