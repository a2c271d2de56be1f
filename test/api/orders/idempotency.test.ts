import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import {
  createSite,
  createOrder,
  documents,
  mutateOrThrow,
  fingerprint,
  missingId,
  mutate,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let siteId: string

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  siteId = await createSite(acme)
})
afterAll(() => server.close())

async function eventsOf(orderId: string): Promise<number> {
  const [row] = await server.connections.sql<{ count: number }[]>`
    select count(*)::int as count from events where order_id = ${orderId}`
  return row?.count ?? 0
}

interface Answer {
  readonly order: { readonly id: string } | null
}

describe('the same key and input', () => {
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
    ['OrderDelete', (orderId) => ({ orderId, expectedVersion: 1 })],
    ['CustomerCreate', () => ({ name: 'Brian Johnson', carType: null, carColor: 'Red' })],
  ]
  test.each(cases)(
    'a repeated %s with the same key returns the first result and writes nothing',
    async (document, input) => {
      const { id } = await createOrder(acme, { siteId })
      const keyedInput = { ...input(id), idempotencyKey: `same-${document}` }
      const first = await mutateOrThrow(acme, document, keyedInput)
      const before = await fingerprint(server.connections)
      const second = await mutate(acme, document, keyedInput)

      expect(second).toEqual(first)
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )

  test('a repeated OrderStateChange with the same key returns the first result after the order has changed', async () => {
    const { id } = await createOrder(acme, { siteId })
    const keyedInput = { orderId: id, state: 'ACCEPTED', expectedVersion: 1, idempotencyKey: 'gone-on' }
    const first = await mutateOrThrow(acme, 'OrderStateChange', keyedInput)
    await mutateOrThrow(acme, 'OrderStateChange', { orderId: id, state: 'COMPLETED' })

    expect(await mutate(acme, 'OrderStateChange', keyedInput)).toEqual(first)
    expect(await eventsOf(id)).toBe(3)
  })

  // The input of OrderCreate has a new customer, which must be created only once.
  const hundred: readonly (readonly [DocumentName, (orderId: string) => Input, string])[] = [
    ['OrderCreate', () => ({ siteId, customer: { name: 'Ann' } }), 'order.created'],
    ['OrderStateChange', (orderId) => ({ orderId, state: 'ACCEPTED' }), 'order.state_changed'],
    [
      'CustomerStateChange',
      (orderId) => ({ orderId, customerState: 'ARRIVED' }),
      'order.customer_state_changed',
    ],
    ['OrderUpdate', (orderId) => ({ orderId, areaName: 'Bay 4' }), 'order.updated'],
    ['OrderDelete', (orderId) => ({ orderId }), 'order.deleted'],
  ]
  test.each(hundred)(
    'a hundred simultaneous %s with the same key take effect once and return the same result',
    async (document, input, topic) => {
      const { id } = await createOrder(acme, { siteId })
      const before = await counts()
      const keyedInput = { ...input(id), idempotencyKey: `hundred-${document}` }
      const answers = await Promise.all(
        Array.from({ length: 100 }, () => mutate<Answer>(acme, document, keyedInput)),
      )

      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
      expect(answers[0]?.userErrors).toEqual([])
      const creates = document === 'OrderCreate' ? 1 : 0
      expect(await counts()).toEqual({
        orders: before.orders + creates,
        customers: before.customers + creates,
        events: before.events + 1,
      })
      const orderId = answers[0]?.order?.id ?? ''
      const [latest] = await server.connections.sql<{ topic: string }[]>`
      select topic from events where order_id = ${orderId} order by sequence desc limit 1`
      expect(latest?.topic).toBe(topic)
    },
  )

  test('of a hundred simultaneous requests with one key and two inputs, one input takes effect and the other is refused', async () => {
    const { id } = await createOrder(acme, { siteId })
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        mutate<Answer>(acme, 'OrderUpdate', {
          orderId: id,
          areaName: index % 2 === 0 ? 'Bay 4' : 'Bay 5',
          idempotencyKey: 'halves',
        }),
      ),
    )
    const codes = answers.map(({ userErrors }) => userErrors[0]?.code ?? 'DONE')
    expect(codes.filter((code) => code === 'DONE')).toHaveLength(50)
    expect(codes.filter((code) => code === 'IDEMPOTENCY_KEY_REUSED')).toHaveLength(50)
    expect(new Set(codes.filter((_, index) => index % 2 === 0)).size).toBe(1)
    expect(await eventsOf(id)).toBe(2)
  })
})

describe('idempotency keys', () => {
  test('OrderUpdate with a used key and any other input is refused with IDEMPOTENCY_KEY_REUSED and writes nothing', async () => {
    const { id } = await createOrder(acme, { siteId, redemptionCode: 'A' })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, redemptionCode: 'B', idempotencyKey: 'other' })
    const before = await fingerprint(server.connections)
    const otherInputs: readonly Input[] = [
      { orderId: id, redemptionCode: 'C', idempotencyKey: 'other' },
      { orderId: id, redemptionCode: null, idempotencyKey: 'other' },
      { orderId: id, redemptionCode: 'B', areaName: null, idempotencyKey: 'other' },
      { orderId: id, redemptionCode: 'B', expectedVersion: 1, idempotencyKey: 'other' },
    ]

    for (const input of otherInputs)
      expect(await mutate(acme, 'OrderUpdate', input)).toMatchObject({
        order: null,
        event: null,
        userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }],
      })
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  const otherInputs: readonly (readonly [DocumentName, (orderId: string) => readonly [Input, Input]])[] = [
    ['CustomerCreate', () => [{ name: 'Ann' }, { name: 'Ann', carType: 'Ford' }]],
    [
      'OrderCreate',
      () => [
        { siteId, areaName: 'A' },
        { siteId, areaName: 'B' },
      ],
    ],
    [
      'OrderStateChange',
      (orderId) => [
        { orderId, state: 'READY' },
        { orderId, state: 'COMPLETED' },
      ],
    ],
    [
      'CustomerStateChange',
      (orderId) => [
        { orderId, customerState: 'NEARBY' },
        { orderId, customerState: 'NEARBY', expectedVersion: 2 },
      ],
    ],
    ['OrderDelete', (orderId) => [{ orderId }, { orderId: missingId('ord') }]],
  ]
  test.each(otherInputs)(
    '%s with a used key and another input is refused with IDEMPOTENCY_KEY_REUSED and writes nothing',
    async (document, inputs) => {
      const { id } = await createOrder(acme, { siteId })
      const [first, second] = inputs(id)
      await mutateOrThrow(acme, document, { ...first, idempotencyKey: `other-${document}` })
      const before = await fingerprint(server.connections)
      const answer = await mutate(acme, document, { ...second, idempotencyKey: `other-${document}` })

      expect(answer.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }])
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )

  test('two projects may use the same key for the same input at the same time', async () => {
    const other = await server.tenant('Other')
    const theirs = await createSite(other)
    const [mine, yours] = await Promise.all(
      (
        [
          [acme, siteId],
          [other, theirs],
        ] as const
      ).map(async ([tenant, at]) => {
        const answers = await Promise.all(
          Array.from({ length: 20 }, () => createOrder(tenant, { siteId: at, idempotencyKey: 'both' })),
        )
        expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
        return answers[0]?.id
      }),
    )
    expect(mine).not.toBe(yours)
  })

  test('a request that has problems does not use its key', async () => {
    const { id } = await createOrder(acme, { siteId })
    const keyedInput = { orderId: id, state: 'ACCEPTED', idempotencyKey: 'not-burnt' }
    const stale = await mutate(acme, 'OrderStateChange', { ...keyedInput, expectedVersion: 9 })
    const missing = await mutate(acme, 'OrderStateChange', { ...keyedInput, orderId: missingId('ord') })
    const good = await mutate(acme, 'OrderStateChange', keyedInput)

    expect(stale.userErrors).toMatchObject([{ code: 'VERSION_CONFLICT' }])
    expect(missing.userErrors).toMatchObject([{ code: 'NOT_FOUND' }])
    expect(good).toMatchObject({ order: { state: 'ACCEPTED', version: 2 }, userErrors: [] })
  })

  test('the same key may be used for another mutation and by another project', async () => {
    const other = await server.tenant('Other')
    const mine = await mutateOrThrow<{ site: { id: string } }>(acme, 'SiteCreate', {
      name: 'Main',
      idempotencyKey: 'shared',
    })
    const theirs = await mutateOrThrow<{ site: { id: string } }>(other, 'SiteCreate', {
      name: 'Main',
      idempotencyKey: 'shared',
    })
    const order = await createOrder(acme, { siteId, idempotencyKey: 'shared' })

    expect(theirs.site.id).not.toBe(mine.site.id)
    expect(order.id).toMatch(/^ord_/)
  })

  test('inputs with the same values in another notation are the same input', async () => {
    const { id } = await createOrder(acme, { siteId })
    const eta = (text: string) => ({ orderId: id, etaAt: text, idempotencyKey: 'zones' })
    const first = await mutateOrThrow(acme, 'OrderUpdate', eta('2026-02-26T18:15:33.000+01:00'))

    expect(await mutate(acme, 'OrderUpdate', eta('2026-02-26T17:15:33Z'))).toEqual(first)
    const inline = `mutation { orderUpdate(input: { idempotencyKey: "zones", etaAt: "2026-02-26T17:15:33Z", orderId: "${id}" }) { order { version } userErrors { code } } }`
    expect(await acme.gql(inline)).toEqual({ orderUpdate: { order: { version: 2 }, userErrors: [] } })
  })

  test.each<[string, DocumentName, (orderId: string) => readonly string[]]>([
    [
      'an order',
      'OrderCreate',
      () => [
        `{"siteId":"${siteId}","areaName":"A","customer":{"name":"Ann","carType":null},"pickupWindow":{"startsAt":"2026-02-26T17:00:00Z","endsAt":"2026-02-26T17:30:00Z"}}`,
        `{"pickupWindow":{"endsAt":"2026-02-26T18:30:00.000+01:00","startsAt":"2026-02-26T17:00:00.000+00:00"},"customer":{"carColor":null,"name":" Ann\\t"},"etaAt":null,"customerId":null,"areaName":"A","siteId":"${siteId}"}`,
      ],
    ],
    ['a site', 'SiteCreate', () => ['{"name":"Main"}', '{"partnerIdentifier":null,"name":"Main\\n"}']],
    [
      'a customer',
      'CustomerCreate',
      () => ['{"name":"Ann","carType":"Ford"}', '{"carType":"Ford","licensePlate":null,"name":"Ann"}'],
    ],
    [
      'a state',
      'OrderStateChange',
      (orderId) => [
        `{"orderId":"${orderId}","state":"READY"}`,
        `{"expectedVersion":null,"state":"READY","orderId":"${orderId}"}`,
      ],
    ],
    [
      'an update',
      'OrderUpdate',
      (orderId) => [
        `{"orderId":"${orderId}","areaName":null,"redemptionCode":"B","expectedVersion":1}`,
        `{"expectedVersion":1.0,"redemptionCode":"B","areaName":null,"orderId":"${orderId}"}`,
      ],
    ],
    [
      'a deletion',
      'OrderDelete',
      (orderId) => [`{"orderId":"${orderId}"}`, `{"expectedVersion":null,"orderId":"${orderId}"}`],
    ],
    [
      'an event',
      'EventPublish',
      () => [
        '{"topic":"menu.updated","data":{"a":1,"b":{"c":[1,2],"d":null}}}',
        '{"data":{"b":{"d":null,"c":[1.0,2]},"a":1e0},"topic":"menu.updated"}',
      ],
    ],
    [
      'a topic',
      'TopicCreate',
      () => [
        '{"name":"a.b","description":"x","example":{"p":1,"q":2}}',
        '{"schema":null,"example":{"q":2,"p":1},"description":"x","name":"a.b"}',
      ],
    ],
  ])(
    'the input of %s with members in another order and null for omitted members is the same input',
    async (what, document, inputs) => {
      const { id } = await createOrder(acme, { siteId })
      const [first, second] = inputs(id).map((input) => {
        const keyed = `${input.slice(0, -1)},"idempotencyKey":"order-${document}-${what}"}`
        return `{"query":${JSON.stringify(documents[document])},"variables":{"input":${keyed}}}`
      })
      const answered = await acme.post(first)
      expect(JSON.stringify(answered.body)).toContain('"userErrors":[]')
      const before = await fingerprint(server.connections)
      expect((await acme.post(second)).body).toEqual(answered.body)
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )

  test('null, an empty list and a one-element list within JSON data make another input', async () => {
    const publish = (data: object) =>
      mutate(acme, 'EventPublish', { topic: 'menu.updated', data, idempotencyKey: 'null-in-json' })
    expect(await publish({ a: 1, b: null })).toMatchObject({ userErrors: [] })
    for (const data of [{ a: 1 }, { a: 1, b: [] }, { a: [1], b: null }])
      expect(await publish(data)).toMatchObject({ userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] })
  })

  test('a key is trimmed and may have 255 characters', async () => {
    const key = '🔑'.repeat(255)
    const first = await mutateOrThrow(acme, 'SiteCreate', { name: 'Long', idempotencyKey: key })
    expect(await mutate(acme, 'SiteCreate', { name: 'Long', idempotencyKey: ` ${key} ` })).toEqual(first)
  })
})

test('a repeated request without a key creates another object', async () => {
  const ids = [await createSite(acme), await createSite(acme)]
  expect(new Set(ids).size).toBe(2)
  const nulls = await acme.post({
    query: documents.SiteCreate,
    variables: { input: { name: 'x', idempotencyKey: null } },
  })
  expect(nulls.body).toMatchObject({ data: { siteCreate: { userErrors: [] } } })
})

async function counts() {
  const [row] = await server.connections.sql<{ orders: number; customers: number; events: number }[]>`
    select (select count(*)::int from orders) as orders, (select count(*)::int from customers) as customers,
      (select count(*)::int from events) as events`
  return row ?? { orders: 0, customers: 0, events: 0 }
}
