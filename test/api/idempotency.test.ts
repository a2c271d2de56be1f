import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openHouse, type House, type Tenant } from '../support/house.ts'
import {
  aSite,
  anOrder,
  documents,
  done,
  fingerprint,
  missingId,
  mutate,
  type DocumentName,
  type Input,
} from './fixtures.ts'

let house: House
let acme: Tenant
let siteId: string

beforeAll(async () => {
  house = await openHouse()
  acme = await house.tenant()
  siteId = await aSite(acme)
})
afterAll(() => house.close())

async function eventsOf(orderId: string): Promise<number> {
  const [row] = await house.connections.sql<{ count: number }[]>`
    select count(*)::int as count from events where order_id = ${orderId}`
  return row?.count ?? 0
}

describe('the same key and the same input', () => {
  const cases: readonly (readonly [DocumentName, (orderId: string) => Input])[] = [
    ['SiteCreate', () => ({ name: 'Twice', partnerIdentifier: 'S-9' })],
    [
      'OrderCreate',
      () => ({
        siteId,
        etaAt: '2026-02-26T17:15:33.645Z',
        pickupWindow: { startsAt: '2026-02-26T17:00:00Z', endsAt: '2026-02-26T17:30:00Z' },
        customer: { name: 'Brian Johnson' },
      }),
    ],
    ['OrderStateChange', (orderId) => ({ orderId, state: 'ACCEPTED', expectedVersion: 1 })],
    ['CustomerStateChange', (orderId) => ({ orderId, customerState: 'ARRIVED' })],
    ['OrderUpdate', (orderId) => ({ orderId, etaAt: '2026-02-26T17:20:00Z', areaName: null })],
  ]
  test.each(cases)('answer %s as before, and write nothing more', async (document, input) => {
    const { id } = await anOrder(acme, { siteId })
    const wish = { ...input(id), idempotencyKey: `same-${document}` }
    const first = await done(acme, document, wish)
    const before = await fingerprint(house.connections)
    const second = await mutate(acme, document, wish)

    expect(second).toEqual(first)
    expect(await fingerprint(house.connections)).toEqual(before)
  })

  test('answer as before also when the order has gone on since', async () => {
    const { id } = await anOrder(acme, { siteId })
    const wish = { orderId: id, state: 'ACCEPTED', expectedVersion: 1, idempotencyKey: 'gone-on' }
    const first = await done(acme, 'OrderStateChange', wish)
    await done(acme, 'OrderStateChange', { orderId: id, state: 'COMPLETED' })

    expect(await mutate(acme, 'OrderStateChange', wish)).toEqual(first)
    expect(await eventsOf(id)).toBe(3)
  })

  test('fifty times at once change the order once, and all are answered alike', async () => {
    const { id } = await anOrder(acme, { siteId })
    const wish = { orderId: id, state: 'ACCEPTED', idempotencyKey: 'fifty' }
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => mutate(acme, 'OrderStateChange', wish)),
    )

    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ order: { version: 2 }, userErrors: [] })
    expect(await eventsOf(id)).toBe(2)
  })

  test('fifty times at once create one order and one customer', async () => {
    const before = await counts()
    const wish = { siteId, customer: { name: 'Ann' }, idempotencyKey: 'fifty-new' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => mutate(acme, 'OrderCreate', wish)))

    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(await counts()).toEqual({
      orders: before.orders + 1,
      customers: before.customers + 1,
      events: before.events + 1,
    })
  })
})

describe('a key', () => {
  test('with another input is refused, and nothing is written', async () => {
    const { id } = await anOrder(acme, { siteId, redemptionCode: 'A' })
    await done(acme, 'OrderUpdate', { orderId: id, redemptionCode: 'B', idempotencyKey: 'other' })
    const before = await fingerprint(house.connections)
    const others: readonly Input[] = [
      { orderId: id, redemptionCode: 'C', idempotencyKey: 'other' },
      { orderId: id, redemptionCode: null, idempotencyKey: 'other' },
      { orderId: id, redemptionCode: 'B', areaName: null, idempotencyKey: 'other' },
      { orderId: id, redemptionCode: 'B', expectedVersion: 1, idempotencyKey: 'other' },
    ]

    for (const input of others)
      expect(await mutate(acme, 'OrderUpdate', input)).toMatchObject({
        order: null,
        event: null,
        userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }],
      })
    expect(await fingerprint(house.connections)).toEqual(before)
  })

  test('is not used up by a problem', async () => {
    const { id } = await anOrder(acme, { siteId })
    const wish = { orderId: id, state: 'ACCEPTED', idempotencyKey: 'not-burnt' }
    const stale = await mutate(acme, 'OrderStateChange', { ...wish, expectedVersion: 9 })
    const missing = await mutate(acme, 'OrderStateChange', { ...wish, orderId: missingId('ord') })
    const good = await mutate(acme, 'OrderStateChange', wish)

    expect(stale.userErrors).toMatchObject([{ code: 'VERSION_CONFLICT' }])
    expect(missing.userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(good).toMatchObject({ order: { state: 'ACCEPTED', version: 2 }, userErrors: [] })
  })

  test('of one mutation says nothing to another, nor to another project', async () => {
    const other = await house.tenant('Other')
    const mine = await done<{ site: { id: string } }>(acme, 'SiteCreate', {
      name: 'Main',
      idempotencyKey: 'shared',
    })
    const theirs = await done<{ site: { id: string } }>(other, 'SiteCreate', {
      name: 'Main',
      idempotencyKey: 'shared',
    })
    const order = await anOrder(acme, { siteId, idempotencyKey: 'shared' })

    expect(theirs.site.id).not.toBe(mine.site.id)
    expect(order.id).toMatch(/^ord_/)
  })

  test('is the same however its input is written down', async () => {
    const { id } = await anOrder(acme, { siteId })
    const eta = (text: string) => ({ orderId: id, etaAt: text, idempotencyKey: 'zones' })
    const first = await done(acme, 'OrderUpdate', eta('2026-02-26T18:15:33.000+01:00'))

    expect(await mutate(acme, 'OrderUpdate', eta('2026-02-26T17:15:33Z'))).toEqual(first)
    const inline = `mutation { orderUpdate(input: { idempotencyKey: "zones", etaAt: "2026-02-26T17:15:33Z", orderId: "${id}" }) { order { version } userErrors { code } } }`
    expect(await acme.gql(inline)).toEqual({ orderUpdate: { order: { version: 2 }, userErrors: [] } })
  })

  test('is kept with its spaces taken off and may have 255 characters', async () => {
    const key = '🔑'.repeat(255)
    const first = await done(acme, 'SiteCreate', { name: 'Long', idempotencyKey: key })
    expect(await mutate(acme, 'SiteCreate', { name: 'Long', idempotencyKey: ` ${key} ` })).toEqual(first)
  })
})

test('without a key, repeating does it again', async () => {
  const ids = [await aSite(acme), await aSite(acme)]
  expect(new Set(ids).size).toBe(2)
  const nulls = await acme.post({
    query: documents.SiteCreate,
    variables: { input: { name: 'x', idempotencyKey: null } },
  })
  expect(nulls.body).toMatchObject({ data: { siteCreate: { userErrors: [] } } })
})

async function counts() {
  const [row] = await house.connections.sql<{ orders: number; customers: number; events: number }[]>`
    select (select count(*)::int from orders) as orders, (select count(*)::int from customers) as customers,
      (select count(*)::int from events) as events`
  return row ?? { orders: 0, customers: 0, events: 0 }
}
