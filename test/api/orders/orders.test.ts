import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import {
  createOrder,
  mutateOrThrow,
  fingerprint,
  changeOrderState,
  mutate,
  type EventAnswer,
  type OrderAnswer,
} from '../support/fixtures.ts'

interface Changed {
  readonly order: OrderAnswer & { readonly arrivedAt?: string | null }
  readonly event: EventAnswer | null
}

let server: TestServer
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
afterAll(() => server.close())

const fields = `partnerIdentifier redemptionCode areaName etaAt pickupWindow { startsAt endsAt } state version customer { name carType }`
async function read(id: string): Promise<Record<string, unknown>> {
  const { order } = await acme.gql<{ order: Record<string, unknown> }>(
    `query ($id: ID!) { order(id: $id) { ${fields} } }`,
    { id },
  )
  return order
}

const full = {
  partnerIdentifier: '24667',
  redemptionCode: 'NNSE9J',
  areaName: 'Bay 4',
  etaAt: '2026-02-26T17:15:33.645Z',
  pickupWindow: { startsAt: '2026-02-26T17:00:00.000Z', endsAt: '2026-02-26T17:30:00.000Z' },
}

describe('orderUpdate', () => {
  test('orderUpdate keeps fields that are left out, clears fields that are null, and sets the others', async () => {
    const { id } = await createOrder(acme, full)
    const { event } = await mutateOrThrow<Changed>(acme, 'OrderUpdate', {
      orderId: id,
      redemptionCode: null,
      areaName: 'Bay 5',
    })

    expect(event?.topic).toBe('order.updated')
    expect(await read(id)).toMatchObject({ ...full, redemptionCode: null, areaName: 'Bay 5', version: 2 })
  })

  test('orderUpdate clears a pickup window and an ETA that are null', async () => {
    const { id } = await createOrder(acme, full)
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, pickupWindow: null, etaAt: null })
    expect(await read(id)).toMatchObject({ ...full, pickupWindow: null, etaAt: null })
  })

  test.each([
    ['an ETA', { etaAt: '2026-02-26T18:00:00Z' }, 'order.eta_changed'],
    ['an ETA that is cleared', { etaAt: null }, 'order.eta_changed'],
    [
      'an ETA beside an unchanged field',
      { etaAt: '2026-02-26T18:00:00Z', areaName: 'Bay 4' },
      'order.eta_changed',
    ],
    ['an ETA and another field', { etaAt: '2026-02-26T18:00:00Z', areaName: 'Bay 9' }, 'order.updated'],
    ['another field', { areaName: 'Bay 9' }, 'order.updated'],
  ])('orderUpdate of %s creates one event with the topic %s', async (_, input, topic) => {
    const { id } = await createOrder(acme, full)
    const { order, event } = await mutateOrThrow<Changed>(acme, 'OrderUpdate', { orderId: id, ...input })

    expect(event?.topic).toBe(topic)
    expect(order.version).toBe(2)
  })

  test.each([
    ['the same values', full],
    ['the same instant in another zone', { etaAt: '2026-02-26T18:15:33.645+01:00' }],
    ['the same text with spaces around', { areaName: ' Bay 4 ' }],
  ])('orderUpdate with %s creates no event and no new version', async (_, input) => {
    const { id } = await createOrder(acme, full)
    const before = await fingerprint(server.connections)
    const { order, event } = await mutateOrThrow<Changed>(acme, 'OrderUpdate', { orderId: id, ...input })

    expect(event).toBeNull()
    expect(order.version).toBe(1)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('orderUpdate changes the details of a cancelled order', async () => {
    const { id } = await createOrder(acme)
    await changeOrderState(acme, id, 'CANCELLED')
    expect(await mutate(acme, 'OrderUpdate', { orderId: id, areaName: 'Bay 1' })).toMatchObject({
      order: { version: 3 },
      userErrors: [],
    })
  })
})

describe('expectedVersion', () => {
  test('one of ten simultaneous updates with the same expectedVersion succeeds, and nine are refused with VERSION_CONFLICT', async () => {
    const { id } = await createOrder(acme)
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        mutate<Changed>(acme, 'OrderUpdate', { orderId: id, areaName: `Bay ${index}`, expectedVersion: 1 }),
      ),
    )

    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
    expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))).toEqual(
      Array(9).fill('VERSION_CONFLICT'),
    )
    expect(await read(id)).toMatchObject({ version: 2 })
  })

  test('a change of the state, of the customer state and of a detail each raise the version by one', async () => {
    const { id } = await createOrder(acme)
    await mutateOrThrow(acme, 'OrderStateChange', { orderId: id, state: 'ACCEPTED', expectedVersion: 1 })
    await mutateOrThrow(acme, 'CustomerStateChange', {
      orderId: id,
      customerState: 'NEARBY',
      expectedVersion: 2,
    })
    await mutateOrThrow(acme, 'OrderUpdate', { orderId: id, areaName: 'Bay 1', expectedVersion: 3 })
    expect(await read(id)).toMatchObject({ version: 4 })
  })
})

describe('state changes', () => {
  test('orderStateChange may skip states, but not return to an earlier state', async () => {
    const { id } = await createOrder(acme)
    await changeOrderState(acme, id, 'PREPARING')
    await changeOrderState(acme, id, 'DELIVERED')
    const back = await mutate(acme, 'OrderStateChange', { orderId: id, state: 'READY' })
    expect(back.userErrors).toMatchObject([{ code: 'ILLEGAL_TRANSITION', field: ['state'] }])
    expect(await read(id)).toMatchObject({ state: 'DELIVERED', version: 3 })
  })

  test('one of eight simultaneous changes to the same state succeeds, and seven are refused', async () => {
    const { id } = await createOrder(acme)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => mutate(acme, 'OrderStateChange', { orderId: id, state: 'READY' })),
    )
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
    expect(await read(id)).toMatchObject({ state: 'READY', version: 2 })
  })

  test('customerStateChange goes in both directions in any state of the order, and arrivedAt keeps the first arrival', async () => {
    const { id } = await createOrder(acme)
    await changeOrderState(acme, id, 'COMPLETED')
    const step = (customerState: string) =>
      mutateOrThrow<Changed>(acme, 'CustomerStateChange', { orderId: id, customerState })

    expect((await step('NEARBY')).order.arrivedAt).toBeNull()
    const { arrivedAt } = (await step('ARRIVED')).order
    expect(arrivedAt).not.toBeNull()
    expect((await step('EN_ROUTE')).order.arrivedAt).toBe(arrivedAt)
    expect((await step('WAITING')).order.arrivedAt).toBe(arrivedAt)
  })
})

test('ten simultaneous orders of a project have the numbers 1 to 10 and different uids', async () => {
  const fresh = await server.tenant()
  const orders = await Promise.all(Array.from({ length: 10 }, () => createOrder(fresh)))
  expect(orders.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ])
  expect(new Set(orders.map(({ uid }) => uid)).size).toBe(10)
})
