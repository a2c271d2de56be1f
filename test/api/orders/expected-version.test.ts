/** expectedVersion prevents lost updates of orders and webhooks. Omitted, null and unknown fields of updates. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  fingerprint,
  mutate,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
/** The project of the webhooks. It has no orders, so nothing is sent. */
let webhookProject: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  webhookProject = await server.tenant('Till')
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const createObject = {
  order: async () => (await createOrder(acme)).id,
  webhook: async () => (await createWebhook(webhookProject, receiver)).id,
  site: () => createSite(acme, { partnerIdentifier: 'S-1' }),
  customer: async () => {
    const input = { name: 'Brian Johnson', carType: 'Ford' }
    return (await mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', input)).customer.id
  },
} as const
type Kind = keyof typeof createObject
const tenantOf = (kind: Kind): Tenant => (kind === 'webhook' ? webhookProject : acme)

async function versionOf(kind: Kind, id: string): Promise<number> {
  const query = `query ($id: ID!) { node(id: $id) { ... on Order { version } ... on Webhook { version } } }`
  return (await tenantOf(kind).gql<{ node: { version: number } }>(query, { id })).node.version
}

type InputOf = (id: string, index: number) => Input
/** Every mutation with an expectedVersion. The index makes each input different. */
const versioned: readonly (readonly [DocumentName, Kind, InputOf])[] = [
  ['OrderUpdate', 'order', (orderId, index) => ({ orderId, areaName: `Bay ${index}` })],
  ['OrderStateChange', 'order', (orderId, index) => ({ orderId, state: index % 2 ? 'READY' : 'CANCELLED' })],
  [
    'CustomerStateChange',
    'order',
    (orderId, index) => ({ orderId, customerState: index % 2 ? 'ARRIVED' : 'NEARBY' }),
  ],
  ['WebhookUpdate', 'webhook', (id, index) => ({ id, name: `POS ${index}` })],
]

describe.each(versioned)('%s', (document, kind, inputOf) => {
  test(`one of twenty simultaneous ${document} with the same expectedVersion succeeds, and 19 get VERSION_CONFLICT`, async () => {
    const id = await createObject[kind]()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        mutate(tenantOf(kind), document, { ...inputOf(id, index), expectedVersion: 1 }),
      ),
    )
    const problems = answers.flatMap(({ userErrors }) => userErrors)
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
    expect(problems).toHaveLength(19)
    for (const { code, field } of problems)
      expect([code, field]).toEqual(['VERSION_CONFLICT', ['expectedVersion']])
    expect(await versionOf(kind, id)).toBe(2)
  })

  test(`${document} with any expectedVersion but the present one is refused with VERSION_CONFLICT and writes nothing`, async () => {
    const id = await createObject[kind]()
    await mutateOrThrow(tenantOf(kind), document, inputOf(id, 1))
    const before = await fingerprint(server.connections)
    for (const expectedVersion of [1, 3, 0, -1, 2_147_483_647, -2_147_483_648])
      expect(
        (await mutate(tenantOf(kind), document, { ...inputOf(id, 2), expectedVersion })).userErrors,
      ).toMatchObject([
        { code: 'VERSION_CONFLICT', message: expect.stringContaining('found version 2') as string },
      ])
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test(`${document} with expectedVersion null succeeds at any version`, async () => {
    const id = await createObject[kind]()
    await mutateOrThrow(tenantOf(kind), document, { ...inputOf(id, 1), expectedVersion: null })
    expect(await versionOf(kind, id)).toBe(2)
  })
})

test('one of several simultaneous changes and deletions of an order with the same expectedVersion takes effect', async () => {
  const orderId = await createObject.order()
  const orderMutations = versioned.filter(([, kind]) => kind === 'order')
  const mutations = [...orderMutations, ['OrderDelete', 'order', (id: string) => ({ orderId: id })] as const]
  const answers = await Promise.all(
    [...mutations, ...mutations, ...mutations].map(([document, , inputOf], index) =>
      mutate(acme, document, { ...inputOf(orderId, index), expectedVersion: 1 }),
    ),
  )
  const problems = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code))
  const sql = server.connections.sql
  const [row] = await sql<{ version: number; deleted: boolean; events: number }[]>`
    select version, deleted_at is not null as deleted,
      (select count(*)::int from events e where e.order_id = o.id) as events
    from orders o where id = ${orderId}`

  expect(row).toMatchObject({ version: 2, events: 2 })
  // If a deletion succeeded, the two other deletions succeed without effect, and the changes are NOT_FOUND.
  expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(row?.deleted ? 3 : 1)
  expect(new Set(problems)).toEqual(new Set([row?.deleted ? 'NOT_FOUND' : 'VERSION_CONFLICT']))
})

/** The fields of each update: the values that the test sets first, and the effect of null. */
const updates: readonly {
  readonly document: DocumentName
  readonly kind: Kind
  readonly id: string
  readonly set: Input
  /** The effect of null: the field is cleared (a policy: back to the preset), is kept, or the update is refused. */
  readonly onNull: Readonly<Record<string, 'CLEARED' | 'KEPT' | 'REQUIRED'>>
}[] = [
  {
    document: 'OrderUpdate',
    kind: 'order',
    id: 'orderId',
    set: {
      partnerIdentifier: '24667',
      redemptionCode: 'NNSE9J',
      areaName: 'Bay 4',
      etaAt: '2026-02-26T17:15:33.645Z',
      pickupWindow: { startsAt: '2026-02-26T17:00:00.000Z', endsAt: '2026-02-26T17:30:00.000Z' },
    },
    onNull: {
      partnerIdentifier: 'CLEARED',
      redemptionCode: 'CLEARED',
      areaName: 'CLEARED',
      etaAt: 'CLEARED',
      pickupWindow: 'CLEARED',
    },
  },
  {
    document: 'SiteUpdate',
    kind: 'site',
    id: 'id',
    set: { name: 'Main Street', partnerIdentifier: 'S-43' },
    onNull: { name: 'REQUIRED', partnerIdentifier: 'CLEARED' },
  },
  {
    document: 'CustomerUpdate',
    kind: 'customer',
    id: 'id',
    set: { name: 'Brian', carType: 'Ford', carColor: 'Red', licensePlate: 'KLW-9104' },
    onNull: { name: 'REQUIRED', carType: 'CLEARED', carColor: 'CLEARED', licensePlate: 'CLEARED' },
  },
  {
    document: 'WebhookUpdate',
    kind: 'webhook',
    id: 'id',
    set: {
      name: 'POS',
      url: 'https://pos.example/hook',
      topics: ['order.created'],
      policy: { timeoutMs: 2_000 },
    },
    onNull: { name: 'KEPT', url: 'KEPT', topics: 'KEPT', policy: 'CLEARED' },
  },
]

/** The values of cleared fields that are not null. */
const cleared: Input = { policy: { timeoutMs: 15_000 } }

const shown = `query ($id: ID!) { node(id: $id) {
  ... on Order { partnerIdentifier redemptionCode areaName etaAt pickupWindow { startsAt endsAt } version }
  ... on Site { name partnerIdentifier } ... on Customer { name carType carColor licensePlate }
  ... on Webhook { name url topics policy { timeoutMs } version } } }`

describe.each(updates)('$document', ({ document, kind, id: idField, set, onNull }) => {
  const read = async (id: string) => (await tenantOf(kind).gql<{ node: Input }>(shown, { id })).node

  test.each(Object.entries(onNull))(
    `${document} keeps %s if it is left out; the effect of null is %s`,
    async (name, effect) => {
      const id = await createObject[kind]()
      await mutateOrThrow(tenantOf(kind), document, { [idField]: id, ...set })
      const before = await read(id)
      expect(before).toMatchObject(set)
      // With another field, so that the input is not empty.
      const [other] = Object.keys(set).filter((one) => one !== name)
      const { [other ?? '']: otherValue } = set
      const input = { [idField]: id, [other ?? '']: otherValue }

      await mutateOrThrow(tenantOf(kind), document, input)
      const { version: _, ...kept } = before
      expect(await read(id)).toMatchObject(kept)
      const answer = await mutate(tenantOf(kind), document, { ...input, [name]: null })
      if (effect === 'REQUIRED')
        expect(answer.userErrors).toMatchObject([{ code: 'REQUIRED', field: [name] }])
      else expect(answer.userErrors).toEqual([])
      expect(await read(id)).toMatchObject({
        ...kept,
        ...(effect === 'CLEARED' && { [name]: cleared[name] ?? null }),
      })
    },
  )

  test(`${document} with an unknown field or a null id is refused, and nothing is written`, async () => {
    const id = await createObject[kind]()
    const before = await fingerprint(server.connections)
    for (const input of [
      { [idField]: id, ...set, colour: 'red' },
      { [idField]: id, colour: 'red' },
      { [idField]: id, ...set, version: 1 },
      { [idField]: null, ...set },
      set,
      null,
    ]) {
      const { body } = await tenantOf(kind).post({ query: documents[document], variables: { input } })
      expect(body.errors, JSON.stringify(input)).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }])
      expect(body.data).toBeUndefined()
    }
    const inline = documents[document]
      .replace(/\(\$input: \w+!\)/, '')
      .replace('$input', `{ ${idField}: "${id}", colour: "red" }`)
    const { body } = await tenantOf(kind).post({ query: inline })
    expect(body.errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    expect(await fingerprint(server.connections)).toEqual(before)
  })
})
