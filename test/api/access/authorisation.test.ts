/** Who may what: every root field of the schema, asked by every kind of key there is, and by none. */
import type { GraphQLObjectType } from 'graphql'
import type { Client } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeKey } from '../../../src/domain/access/key.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { openRaw } from '../../feed/support/raw-socket.ts'
import {
  startTestServer,
  tenantOf,
  type GraphQLAnswer,
  type TestServer,
  type Tenant,
} from '../../support/server.ts'
import { aKey, asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { aSite, aWebhook, anOrder, done, fingerprint, missingId, settled } from '../support/fixtures.ts'
import {
  roles,
  rootFields,
  type Asker,
  type Role,
  type RootField,
  type Things,
} from '../support/root-fields.ts'

/** One project A with a thing of each kind, its webhook a partner's, and B with none. */
interface Scene {
  readonly a: Tenant
  readonly b: Tenant
  readonly keys: Readonly<Record<Role | 'expired' | 'revoked', string>>
  readonly things: Things
}

/** A kind of key. A later role is one line more here, and one answer more in `root-fields.ts`. */
interface Column {
  readonly name: string
  /** Null: nothing is sent. */
  readonly key: (scene: Scene) => string | null
  /** Null: refused, whatever is asked. */
  readonly asks: Asker | Role | null
  /** What is sent besides the key: an OPERATOR names its project. */
  readonly headers?: (scene: Scene) => Readonly<Record<string, string>>
}

const columns: readonly Column[] = [
  { name: 'no key', key: () => null, asks: null },
  { name: 'a bad key', key: () => writeKey(missingId('key'), 'f'.repeat(64)), asks: null },
  { name: 'an expired key', key: ({ keys }) => keys.expired, asks: null },
  { name: 'a revoked key', key: ({ keys }) => keys.revoked, asks: null },
  { name: "another project's PLATFORM", key: ({ b }) => b.key, asks: 'stranger' },
  { name: 'READER', key: ({ keys }) => keys.reader, asks: 'reader' },
  { name: 'another PARTNER of the project', key: ({ keys }) => keys.otherPartner, asks: 'otherPartner' },
  { name: 'the PARTNER whose it is', key: ({ keys }) => keys.partner, asks: 'partner' },
  { name: 'PLATFORM', key: ({ a }) => a.key, asks: 'owner' },
  {
    name: 'OPERATOR',
    key: ({ keys }) => keys.operator,
    asks: 'operator',
    headers: ({ a }) => ({ 'x-project': a.projectId }),
  },
]

const isRole = (asks: Asker | Role): asks is Role => (roles as readonly string[]).includes(asks)

/** An OPERATOR may do all that the owner may. */
const answerTo = (field: RootField, asks: Asker | Role) =>
  isRole(asks) ? (field.roles?.[asks] ?? (asks === 'operator' ? 'owner' : undefined)) : asks

/** What the column is to be answered; null: FORBIDDEN. */
function expected(field: RootField, asks: Asker | Role, { a, b, things }: Scene): object | null {
  const answer = answerTo(field, asks)
  if (answer === undefined) return null
  const { projectId } = asks === 'stranger' ? b : a
  const data = typeof answer === 'function' ? answer : field.answers[answer]
  return data === null ? null : data(things, projectId)
}

/** Whether the column changes A by asking for a mutation. */
const changes = (field: RootField, asks: Asker | Role): boolean => {
  const answer = answerTo(field, asks)
  return answer !== undefined && answer !== 'stranger'
}

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

async function makeScene(): Promise<Scene> {
  const a = await server.tenant('A')
  const b = await server.tenant('B')
  const partner = await asPartner(server, a)
  const webhook = await aWebhook(partner, receiver, { topics: ['order.created'] })
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
  const expired = await aKey(server, a.projectId, { role: 'PLATFORM' })
  const revoked = await aKey(server, a.projectId, { role: 'PLATFORM' })
  const { sql } = server.connections
  await sql`update keys set expires_at = now() - interval '1 second' where id = ${expired.id}`
  await sql`update keys set revoked_at = now() where id = ${revoked.id}`
  const keys = {
    operator: (await aKey(server, a.projectId, { role: 'OPERATOR' })).text,
    reader: (await aKey(server, a.projectId, { role: 'READER' })).text,
    partner: partner.key,
    otherPartner: (await asPartner(server, a, 'Other Ltd')).key,
    ...{ expired: expired.text, revoked: revoked.text },
  }
  return { a, b, keys, things }
}

const fields = Object.entries(rootFields)
const requests = fields.filter(([path]) => !path.startsWith('Subscription'))

async function ask(
  key: string | null,
  { query, variables }: RootField,
  things: Things,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...headers,
    },
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
      const before = await fingerprint(server.connections)
      const { status, body } = await ask(key(untouched), field, untouched.things)

      expect(status).toBe(401)
      expect(body).toEqual({
        errors: [{ message: expect.any(String) as string, extensions: { code: 'UNAUTHENTICATED' } }],
      })
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )
})

describe.each(requests)('%s', (path, field) => {
  const isQuery = path.startsWith('Query')
  let shared: Scene
  beforeAll(async () => {
    shared = isQuery ? untouched : await makeScene()
  })

  test.each(columns.flatMap(({ asks, ...column }) => (asks === null ? [] : [{ ...column, asks }])))(
    'is answered to $name as to $asks',
    async ({ key, asks, headers }) => {
      const isChange = !isQuery && changes(field, asks)
      // What one has changed is not there any more for the next.
      const scene = isChange ? await makeScene() : shared
      const before = await fingerprint(server.connections, scene.a.projectId)
      const heard = receiver.requests.length
      const { status, body } = await ask(key(scene), field, scene.things, headers?.(scene))
      const answer = expected(field, asks, scene)

      expect(status).toBe(200)
      if (answer === null) {
        expect(body.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['FORBIDDEN'])
        expect(body.data ?? { it: null }).toEqual({ it: null })
      } else {
        expect(body.errors).toBeUndefined()
        expect(body.data).toMatchObject(answer)
      }
      // What the owner changed rings the receiver: not before the next field is asked.
      if (isChange) {
        await settled(scene.a, {})
        return
      }
      if (asks === 'stranger' || asks === 'otherPartner') {
        const { projectId, ...others } = scene.things
        const theirs = asks === 'stranger' ? [projectId, ...Object.values(others)] : Object.values(others)
        for (const id of theirs) expect(JSON.stringify(body)).not.toContain(id)
      }
      expect(await fingerprint(server.connections, scene.a.projectId)).toEqual(before)
      expect(receiver.requests).toHaveLength(heard)
    },
  )
})

describe('Subscription.deliveryAttempts', () => {
  test.each(columns.filter(({ asks }) => asks === null))('is closed with 4403 to $name', async ({ key }) => {
    const raw = await openRaw(server.url)
    const text = key(untouched)
    raw.say({ type: 'connection_init', payload: text === null ? {} : { authorization: `Bearer ${text}` } })

    expect(await raw.end()).toBe(4403)
    expect(raw.messages).toEqual([])
  })

  test('brings to each key its own project, or partner, and nothing of the other', async () => {
    const field = rootFields['Subscription.deliveryAttempts']
    const scene = await makeScene()
    const theirs = await aWebhook(scene.b, receiver, { topics: ['order.created'] })
    const sockets: Client[] = []
    const askers = [
      { name: 'owner', key: scene.a.key, webhook: scene.things.webhook },
      { name: 'stranger', key: scene.b.key, webhook: theirs.id },
      { name: 'reader', key: scene.keys.reader, webhook: scene.things.webhook },
      { name: 'partner', key: scene.keys.partner, webhook: scene.things.webhook },
      { name: 'otherPartner', key: scene.keys.otherPartner, webhook: null },
    ].map((asker) => ({ ...asker, heard: [] as object[] }))
    const leave = askers.map(({ key, heard }) =>
      tenantOf(server.url, '', key, sockets)
        .socket()
        .subscribe<object>(
          { query: field?.query ?? '', variables: {} },
          {
            next: ({ data }) => data != null && heard.push(data),
            error: (error) => heard.push(new Error('the subscription failed', { cause: error })),
            complete: () => undefined,
          },
        ),
    )
    // Live only: orders are made until all have begun to listen.
    await waitFor(
      async () => {
        await Promise.all([anOrder(scene.a), anOrder(scene.b)])
        return askers.every(({ heard, webhook }) => webhook === null || heard.length >= 2)
      },
      { what: 'each to hear of its own' },
    )
    // Registered after it began to listen, and heard all the same: of this one alone.
    const late = await aWebhook(tenantOf(server.url, '', scene.keys.otherPartner), receiver)
    const other = askers.find(({ webhook }) => webhook === null)
    await waitFor(
      async () => {
        await anOrder(scene.a)
        return (other?.heard.length ?? 0) >= 2
      },
      { what: 'the other partner to hear of its new webhook' },
    )
    for (const end of leave) end()
    for (const socket of sockets) await socket.dispose()

    for (const { name, heard, webhook } of askers) {
      const wanted = { it: { attempt: { webhook: { id: webhook ?? late.id } } } }
      const seesAll = name === 'owner' || name === 'reader'
      for (const news of seesAll ? heard.slice(0, 2) : heard) expect(news, name).toEqual(wanted)
    }
  })
})

test('Subscription.webhookChanges brings to each key its own project, or partner, and nothing of the other', async () => {
  const field = rootFields['Subscription.webhookChanges']
  const scene = await makeScene()
  const theirs = await aWebhook(scene.b, receiver, { topics: ['order.created'] })
  const otherPartner = tenantOf(server.url, '', scene.keys.otherPartner)
  const others = await aWebhook(otherPartner, receiver)
  const sockets: Client[] = []
  const askers = [
    { name: 'owner', key: scene.a.key, webhooks: [scene.things.webhook, others.id] },
    { name: 'stranger', key: scene.b.key, webhooks: [theirs.id] },
    { name: 'reader', key: scene.keys.reader, webhooks: [scene.things.webhook, others.id] },
    { name: 'partner', key: scene.keys.partner, webhooks: [scene.things.webhook] },
    { name: 'otherPartner', key: scene.keys.otherPartner, webhooks: [others.id] },
  ].map((asker) => ({ ...asker, heard: [] as string[] }))
  const leave = askers.map(({ key, heard }) =>
    tenantOf(server.url, '', key, sockets)
      .socket()
      .subscribe<{ it: { webhook: { id: string } } }>(
        { query: field?.query ?? '', variables: {} },
        {
          next: ({ data }) => data != null && heard.push(data.it.webhook.id),
          error: (error) => heard.push(JSON.stringify(error)),
          complete: () => undefined,
        },
      ),
  )
  // Live only: webhooks are stopped and started until all have begun to listen.
  await waitFor(
    async () => {
      const each = [
        [scene.a, scene.things.webhook],
        [scene.a, others.id],
        [scene.b, theirs.id],
      ] as const
      for (const [tenant, id] of each)
        for (const name of ['WebhookDisable', 'WebhookEnable'] as const) await done(tenant, name, { id })
      return askers.every(({ heard, webhooks }) => webhooks.every((id) => heard.includes(id)))
    },
    { what: 'each to hear of its own' },
  )
  for (const end of leave) end()
  for (const socket of sockets) await socket.dispose()

  for (const { name, heard, webhooks } of askers) expect(new Set(heard), name).toEqual(new Set(webhooks))
})
