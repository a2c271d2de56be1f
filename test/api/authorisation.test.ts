/** Who may what: every root field of the schema, asked by every kind of key there is, and by none. */
import type { GraphQLObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeKey } from '../../src/domain/key.ts'
import { makeSchema } from '../../src/graphql/schema.ts'
import { openRaw } from '../live/raw-socket.ts'
import { openHouse, type GraphQLAnswer, type House, type Tenant } from '../support/house.ts'
import { startReceiver, type Receiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { aSite, aWebhook, anOrder, fingerprint, missingId, settled } from './fixtures.ts'
import { rootFields, type Asker, type RootField, type Things } from './root-fields.ts'

/** One project A with a thing of each kind, and B with none. */
interface Scene {
  readonly a: Tenant
  readonly b: Tenant
  readonly things: Things
}

/** A kind of key. A later role is one line more here, and one answer more in `root-fields.ts`. */
interface Column {
  readonly name: string
  /** Null: nothing is sent. */
  readonly key: (scene: Scene) => string | null
  /** Null: refused, whatever is asked. */
  readonly asks: Asker | null
}

const columns: readonly Column[] = [
  { name: 'no key', key: () => null, asks: null },
  { name: 'a bad key', key: () => writeKey(missingId('key'), 'f'.repeat(64)), asks: null },
  { name: "another project's PLATFORM", key: ({ b }) => b.key, asks: 'stranger' },
  // Last: its changes are made.
  { name: 'PLATFORM', key: ({ a }) => a.key, asks: 'owner' },
]

let house: House
let receiver: Receiver

beforeAll(async () => {
  house = await openHouse()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await house.close()
})

async function makeScene(): Promise<Scene> {
  const a = await house.tenant('A')
  const b = await house.tenant('B')
  const webhook = await aWebhook(a, receiver, { topics: ['order.created'] })
  const site = await aSite(a)
  const order = await anOrder(a, { siteId: site, customer: { name: 'Brian Johnson' } })
  const [delivery] = await settled(a, {})
  const answer = await a.gql<{ order: { customer: { id: string } } }>(
    'query ($id: ID!) { order(id: $id) { customer { id } } }',
    { id: order.id },
  )
  const things = {
    projectId: a.projectId,
    site,
    customer: answer.order.customer.id,
    order: order.id,
    event: delivery?.event.id ?? '',
    webhook: webhook.id,
    delivery: delivery?.id ?? '',
    attempt: delivery?.attempts.nodes[0]?.id ?? '',
  }
  return { a, b, things }
}

const fields = Object.entries(rootFields)
const requests = fields.filter(([path]) => !path.startsWith('Subscription'))

async function ask(key: string | null, { query, variables }: RootField, things: Things) {
  const response = await fetch(house.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key !== null && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query, variables: variables(things) }),
  })
  return { status: response.status, body: (await response.json()) as GraphQLAnswer }
}

test('every root field of the schema has its expectation, and every expectation its root field', () => {
  const schema = makeSchema()
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const namesOf = (root: GraphQLObjectType | null | undefined) =>
    Object.keys(root?.getFields() ?? {}).map((field) => `${root?.name}.${field}`)

  expect(fields.map(([path]) => path).toSorted()).toEqual(roots.flatMap(namesOf).toSorted())
})

let untouched: Scene
beforeAll(async () => {
  untouched = await makeScene()
})

describe.each(fields)('%s', (path, field) => {
  test('is what its document asks', () => {
    expect(path.split('.')[1]).toBe(/\bit: (\w+)/.exec(field.query)?.[1])
  })

  test.each(columns.filter(({ asks }) => asks === null))(
    'answers 401 and nothing else to $name',
    async ({ key }) => {
      const before = await fingerprint(house.connections)
      const { status, body } = await ask(key(untouched), field, untouched.things)

      expect(status).toBe(401)
      expect(body).toEqual({
        errors: [{ message: expect.any(String) as string, extensions: { code: 'UNAUTHENTICATED' } }],
      })
      expect(await fingerprint(house.connections)).toEqual(before)
    },
  )
})

describe.each(requests)('%s', (_path, field) => {
  let scene: Scene
  beforeAll(async () => {
    scene = await makeScene()
  })

  test.each(columns.flatMap(({ asks, ...column }) => (asks === null ? [] : [{ ...column, asks }])))(
    'is answered to $name as to $asks',
    async ({ key, asks }) => {
      const before = await fingerprint(house.connections, scene.a.projectId)
      const heard = receiver.requests.length
      const { status, body } = await ask(key(scene), field, scene.things)

      expect(status).toBe(200)
      expect(body.errors).toBeUndefined()
      const { projectId } = asks === 'owner' ? scene.a : scene.b
      expect(body.data).toMatchObject(field.answers[asks](scene.things, projectId))
      // What the owner changed rings the receiver: not before the next field is asked.
      if (asks === 'owner') {
        await settled(scene.a, {})
        return
      }
      const own = JSON.stringify(body)
      for (const id of Object.values(scene.things)) expect(own).not.toContain(id)
      expect(await fingerprint(house.connections, scene.a.projectId)).toEqual(before)
      expect(receiver.requests).toHaveLength(heard)
    },
  )
})

describe('Subscription.deliveryAttempts', () => {
  test.each(columns.filter(({ asks }) => asks === null))('is closed with 4403 to $name', async ({ key }) => {
    const raw = await openRaw(house.url)
    const text = key(untouched)
    raw.say({ type: 'connection_init', payload: text === null ? {} : { authorization: `Bearer ${text}` } })

    expect(await raw.end()).toBe(4403)
    expect(raw.messages).toEqual([])
  })

  test('brings to each key its own project and nothing of the other', async () => {
    const field = rootFields['Subscription.deliveryAttempts']
    const scene = await makeScene()
    const theirs = await aWebhook(scene.b, receiver, { topics: ['order.created'] })
    const heard: Record<Asker, object[]> = { owner: [], stranger: [] }
    const leave = (['owner', 'stranger'] as const).map((asker) => {
      const tenant = asker === 'owner' ? scene.a : scene.b
      return tenant.socket().subscribe<object>(
        { query: field?.query ?? '', variables: {} },
        {
          next: ({ data }) => data != null && heard[asker].push(data),
          error: (error) => heard[asker].push(new Error('the subscription failed', { cause: error })),
          complete: () => undefined,
        },
      )
    })
    // Live only: orders are made until both have begun to listen.
    await until(
      async () => {
        await Promise.all([anOrder(scene.a), anOrder(scene.b)])
        return heard.owner.length >= 2 && heard.stranger.length >= 2
      },
      { what: 'each to hear of its own project' },
    )
    for (const end of leave) end()

    for (const asker of ['owner', 'stranger'] as const) {
      const things = asker === 'owner' ? scene.things : { ...scene.things, webhook: theirs.id }
      for (const news of heard[asker]) expect(news).toEqual(field?.answers[asker](things, ''))
    }
  })
})
