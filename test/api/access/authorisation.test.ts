/** Authorisation: every root field of the schema, requested with every kind of key and without a key. */
import type { GraphQLObjectType } from 'graphql'
import type { Client } from 'graphql-ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeKey } from '../../../src/domain/access/key.ts'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { openRaw } from '../../feed/support/raw-socket.ts'
import {
  startTestServer,
  tenantOf,
  type GraphQLAnswer,
  type TestServer,
  type Tenant,
} from '../../support/server.ts'
import { createTestKey, asPartner } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  missingId,
  waitForSettled,
} from '../support/fixtures.ts'
import { mutationFields } from '../support/root-fields/mutations.ts'
import { queryFields } from '../support/root-fields/queries.ts'
import {
  roles,
  type ObjectIds,
  type Relation,
  type Role,
  type RootField,
} from '../support/root-fields/root-field.ts'
import { subscriptionFields } from '../support/root-fields/subscriptions.ts'

/** Project A has one object of each kind, and its webhook belongs to a partner. Project B has no objects. */
interface Projects {
  readonly a: Tenant
  readonly b: Tenant
  readonly keys: Readonly<Record<Role | 'expired' | 'revoked', string>>
  readonly objects: ObjectIds
}

/** A kind of key. A new role needs one line here and one answer per root field in `support/root-fields`. */
interface Caller {
  readonly name: string
  /** Null: the request has no authorization header. */
  readonly key: (projects: Projects) => string | null
  /** The expected answers. Null: every request is answered 401. */
  readonly answeredAs: Relation | Role | null
  /** More headers: an OPERATOR names the project. */
  readonly headers?: (projects: Projects) => Readonly<Record<string, string>>
}

const callers: readonly Caller[] = [
  { name: 'no key', key: () => null, answeredAs: null },
  { name: 'an unknown key', key: () => writeKey(missingId('key'), 'f'.repeat(64)), answeredAs: null },
  { name: 'an expired key', key: ({ keys }) => keys.expired, answeredAs: null },
  { name: 'a revoked key', key: ({ keys }) => keys.revoked, answeredAs: null },
  { name: "another project's PLATFORM key", key: ({ b }) => b.key, answeredAs: 'stranger' },
  { name: 'a READER key', key: ({ keys }) => keys.reader, answeredAs: 'reader' },
  { name: "another partner's PARTNER key", key: ({ keys }) => keys.otherPartner, answeredAs: 'otherPartner' },
  { name: "the owning partner's PARTNER key", key: ({ keys }) => keys.partner, answeredAs: 'partner' },
  { name: 'a PLATFORM key', key: ({ a }) => a.key, answeredAs: 'owner' },
  {
    name: 'an OPERATOR key',
    key: ({ keys }) => keys.operator,
    answeredAs: 'operator',
    headers: ({ a }) => ({ 'x-project': a.projectId }),
  },
]

const isRole = (answeredAs: Relation | Role): answeredAs is Role =>
  (roles as readonly string[]).includes(answeredAs)

/** An OPERATOR may do everything that the owner may. */
const answerTo = (field: RootField, answeredAs: Relation | Role) =>
  isRole(answeredAs)
    ? (field.roles?.[answeredAs] ?? (answeredAs === 'operator' ? 'owner' : undefined))
    : answeredAs

/** The data that the caller is to receive. Null: FORBIDDEN. */
function expected(field: RootField, answeredAs: Relation | Role, { a, b, objects }: Projects): object | null {
  const answer = answerTo(field, answeredAs)
  if (answer === undefined) return null
  const { projectId } = answeredAs === 'stranger' ? b : a
  const data = typeof answer === 'function' ? answer : field.answers[answer]
  return data === null ? null : data(objects, projectId)
}

/** Whether the mutation of this caller changes project A. */
const changes = (field: RootField, answeredAs: Relation | Role): boolean => {
  const answer = answerTo(field, answeredAs)
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

/** Project A. The partner's webhook has received the order of its one site. */
async function createProjectA() {
  const a = await server.tenant('A')
  const partner = await asPartner(server, a)
  const webhook = await createWebhook(partner, receiver, { topics: ['order.created'] })
  const site = await createSite(a)
  const order = await createOrder(a, { siteId: site, customer: { name: 'Brian Johnson' } })
  const [delivery] = await waitForSettled(a, {})
  const answer = await a.gql<{ order: { customer: { id: string } } }>(
    'query ($id: ID!) { order(id: $id) { customer { id } } }',
    { id: order.id },
  )
  const objects = {
    projectId: a.projectId,
    site,
    customer: answer.order.customer.id,
    order: order.id,
    event: delivery?.event.id ?? '',
    webhook: webhook.id,
    delivery: delivery?.id ?? '',
    attempt: delivery?.attempts.nodes[0]?.id ?? '',
  }
  return { a, partner, objects }
}

async function createProjects(): Promise<Projects> {
  const { a, partner, objects } = await createProjectA()
  const b = await server.tenant('B')
  const expired = await createTestKey(server, a.projectId, { role: 'PLATFORM' })
  const revoked = await createTestKey(server, a.projectId, { role: 'PLATFORM' })
  const { sql } = server.connections
  await sql`update keys set expires_at = now() - interval '1 second' where id = ${expired.id}`
  await sql`update keys set revoked_at = now() where id = ${revoked.id}`
  const keys = {
    operator: (await createTestKey(server, a.projectId, { role: 'OPERATOR' })).text,
    reader: (await createTestKey(server, a.projectId, { role: 'READER' })).text,
    partner: partner.key,
    otherPartner: (await asPartner(server, a, 'Other Ltd')).key,
    ...{ expired: expired.text, revoked: revoked.text },
  }
  return { a, b, keys, objects }
}

/** For a change: another project A, whose objects no earlier test has changed, and the other keys of `untouched`. */
async function createProjectsToChange(): Promise<Projects> {
  const { a, partner, objects } = await createProjectA()
  return { ...untouched, a, objects, keys: { ...untouched.keys, partner: partner.key } }
}

const fields = Object.entries({ ...queryFields, ...mutationFields, ...subscriptionFields })
const requests = fields.filter(([path]) => !path.startsWith('Subscription'))

async function send(
  key: string | null,
  { query, variables }: RootField,
  objects: ObjectIds,
  headers: Readonly<Record<string, string>> = {},
) {
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    body: JSON.stringify({ query, variables: variables(objects) }),
  })
  return { status: response.status, body: (await response.json()) as GraphQLAnswer }
}

test('support/root-fields declares every root field of the schema, and no other field', () => {
  const schema = executableSchema()
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  const namesOf = (root: GraphQLObjectType | null | undefined) =>
    Object.keys(root?.getFields() ?? {}).map((field) => `${root?.name}.${field}`)

  expect(fields.map(([path]) => path).toSorted()).toEqual(roots.flatMap(namesOf).toSorted())
})

let untouched: Projects
beforeAll(async () => {
  untouched = await createProjects()
})

describe.each(fields)('%s', (path, field) => {
  test(`the document that is declared for ${path} requests that field`, () => {
    expect(path.split('.')[1]).toBe(/\bit: (\w+)/.exec(field.query)?.[1])
  })

  test.each(callers.filter(({ answeredAs }) => answeredAs === null))(
    `${path} with $name is answered 401 and writes nothing`,
    async ({ key }) => {
      const before = await fingerprint(server.connections)
      const { status, body } = await send(key(untouched), field, untouched.objects)

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

  test.each(
    callers.flatMap(({ answeredAs, ...caller }) => (answeredAs === null ? [] : [{ ...caller, answeredAs }])),
  )(`${path} with $name is answered as for the $answeredAs`, async ({ key, answeredAs, headers }) => {
    const isChange = !isQuery && changes(field, answeredAs)
    const projects = isChange ? await createProjectsToChange() : untouched
    const before = isChange ? null : await fingerprint(server.connections, projects.a.projectId)
    const requestsBefore = receiver.requests.length
    const { status, body } = await send(key(projects), field, projects.objects, headers?.(projects))
    const answer = expected(field, answeredAs, projects)

    expect(status).toBe(200)
    if (answer === null) {
      expect(body.errors?.map(({ extensions }) => extensions?.['code'])).toEqual(['FORBIDDEN'])
      expect(body.data ?? { it: null }).toEqual({ it: null })
    } else {
      expect(body.errors).toBeUndefined()
      expect(body.data).toMatchObject(answer)
    }
    // The change creates deliveries. The next test counts requests, so wait until these have been sent.
    if (isChange) {
      await waitForSettled(projects.a, {})
      return
    }
    if (answeredAs === 'stranger' || answeredAs === 'otherPartner') {
      const { projectId, ...objects } = projects.objects
      const hiddenIds =
        answeredAs === 'stranger' ? [projectId, ...Object.values(objects)] : Object.values(objects)
      for (const id of hiddenIds) expect(JSON.stringify(body)).not.toContain(id)
    }
    expect(await fingerprint(server.connections, projects.a.projectId)).toEqual(before)
    expect(receiver.requests).toHaveLength(requestsBefore)
  })
})

describe('Subscription.deliveryAttempts', () => {
  test.each(callers.filter(({ answeredAs }) => answeredAs === null))(
    'a WebSocket with $name is closed with 4403',
    async ({ key }) => {
      const raw = await openRaw(server.url)
      const text = key(untouched)
      raw.send({ type: 'connection_init', payload: text === null ? {} : { authorization: `Bearer ${text}` } })

      expect(await raw.end()).toBe(4403)
      expect(raw.messages).toEqual([])
    },
  )

  test('deliveryAttempts sends to each key the attempts of its own project or partner, and no others', async () => {
    const field = subscriptionFields['Subscription.deliveryAttempts']
    const projects = await createProjects()
    const strangersWebhook = await createWebhook(projects.b, receiver, { topics: ['order.created'] })
    const sockets: Client[] = []
    const subscribers = [
      { name: 'owner', key: projects.a.key, webhook: projects.objects.webhook },
      { name: 'stranger', key: projects.b.key, webhook: strangersWebhook.id },
      { name: 'reader', key: projects.keys.reader, webhook: projects.objects.webhook },
      { name: 'partner', key: projects.keys.partner, webhook: projects.objects.webhook },
      { name: 'otherPartner', key: projects.keys.otherPartner, webhook: null },
    ].map((subscriber) => ({ ...subscriber, received: [] as object[] }))
    const unsubscribes = subscribers.map(({ key, received }) =>
      tenantOf(server.url, '', key, sockets)
        .socket()
        .subscribe<object>(
          { query: field?.query ?? '', variables: {} },
          {
            next: ({ data }) => data != null && received.push(data),
            error: (error) => received.push(new Error('the subscription failed', { cause: error })),
            complete: () => undefined,
          },
        ),
    )
    // The subscriptions are live only: create orders until all subscribers receive events.
    await waitFor(
      async () => {
        await Promise.all([createOrder(projects.a), createOrder(projects.b)])
        return subscribers.every(({ received, webhook }) => webhook === null || received.length >= 2)
      },
      { what: 'each subscriber to receive its own events' },
    )
    // The partner created this webhook after it had subscribed. It receives the attempts of this webhook alone.
    const newWebhook = await createWebhook(tenantOf(server.url, '', projects.keys.otherPartner), receiver)
    const other = subscribers.find(({ webhook }) => webhook === null)
    await waitFor(
      async () => {
        await createOrder(projects.a)
        return (other?.received.length ?? 0) >= 2
      },
      { what: 'the other partner to receive an attempt of its new webhook' },
    )
    for (const end of unsubscribes) end()
    for (const socket of sockets) await socket.dispose()

    for (const { name, received, webhook } of subscribers) {
      const wanted = { it: { attempt: { webhook: { id: webhook ?? newWebhook.id } } } }
      const seesAll = name === 'owner' || name === 'reader'
      for (const event of seesAll ? received.slice(0, 2) : received) expect(event, name).toEqual(wanted)
    }
  })
})

test('events sends to each key the events of its own project or partner, and no others', async () => {
  const field = subscriptionFields['Subscription.events']
  const projects = await createProjects()
  const sockets: Client[] = []
  const subscribers = [
    { name: 'owner', key: projects.a.key, project: 'a' },
    { name: 'stranger', key: projects.b.key, project: 'b' },
    { name: 'reader', key: projects.keys.reader, project: 'a' },
    { name: 'partner', key: projects.keys.partner, project: 'a' },
    { name: 'otherPartner', key: projects.keys.otherPartner, project: null },
  ].map((subscriber) => ({ ...subscriber, received: [] as string[] }))
  const unsubscribes = subscribers.map(({ key, received }) =>
    tenantOf(server.url, '', key, sockets)
      .socket()
      .subscribe<{ it: { event: { order: { id: string } } } }>(
        { query: field?.query ?? '', variables: {} },
        {
          next: ({ data }) => data != null && received.push(data.it.event.order.id),
          error: (error) => received.push(JSON.stringify(error)),
          complete: () => undefined,
        },
      ),
  )
  const created: Record<string, string[]> = { a: [], b: [] }
  await waitFor(
    async () => {
      const [ofA, ofB] = await Promise.all([createOrder(projects.a), createOrder(projects.b)])
      created['a']?.push(ofA.id)
      created['b']?.push(ofB.id)
      return subscribers.every(({ received, project }) => project === null || received.length >= 2)
    },
    { what: 'each subscriber to receive its own events' },
  )
  for (const end of unsubscribes) end()
  for (const socket of sockets) await socket.dispose()

  for (const { name, received, project } of subscribers) {
    const own = created[project ?? ''] ?? []
    for (const orderId of received) expect(own, name).toContain(orderId)
  }
  expect(subscribers.find(({ project }) => project === null)?.received).toEqual([])
})

test('webhookChanges sends to each key the changes of its own project or partner, and no others', async () => {
  const field = subscriptionFields['Subscription.webhookChanges']
  const projects = await createProjects()
  const strangersWebhook = await createWebhook(projects.b, receiver, { topics: ['order.created'] })
  const otherPartner = tenantOf(server.url, '', projects.keys.otherPartner)
  const otherPartnersWebhook = await createWebhook(otherPartner, receiver)
  const sockets: Client[] = []
  const subscribers = [
    { name: 'owner', key: projects.a.key, webhooks: [projects.objects.webhook, otherPartnersWebhook.id] },
    { name: 'stranger', key: projects.b.key, webhooks: [strangersWebhook.id] },
    {
      name: 'reader',
      key: projects.keys.reader,
      webhooks: [projects.objects.webhook, otherPartnersWebhook.id],
    },
    { name: 'partner', key: projects.keys.partner, webhooks: [projects.objects.webhook] },
    { name: 'otherPartner', key: projects.keys.otherPartner, webhooks: [otherPartnersWebhook.id] },
  ].map((subscriber) => ({ ...subscriber, received: [] as string[] }))
  const unsubscribes = subscribers.map(({ key, received }) =>
    tenantOf(server.url, '', key, sockets)
      .socket()
      .subscribe<{ it: { webhook: { id: string } } }>(
        { query: field?.query ?? '', variables: {} },
        {
          next: ({ data }) => data != null && received.push(data.it.webhook.id),
          error: (error) => received.push(JSON.stringify(error)),
          complete: () => undefined,
        },
      ),
  )
  // The subscriptions are live only: disable and enable webhooks until all subscribers receive events.
  await waitFor(
    async () => {
      const each = [
        [projects.a, projects.objects.webhook],
        [projects.a, otherPartnersWebhook.id],
        [projects.b, strangersWebhook.id],
      ] as const
      for (const [tenant, id] of each)
        for (const name of ['WebhookDisable', 'WebhookEnable'] as const)
          await mutateOrThrow(tenant, name, { id })
      return subscribers.every(({ received, webhooks }) => webhooks.every((id) => received.includes(id)))
    },
    { what: 'each subscriber to receive its own events' },
  )
  for (const end of unsubscribes) end()
  for (const socket of sockets) await socket.dispose()

  for (const { name, received, webhooks } of subscribers)
    expect(new Set(received), name).toEqual(new Set(webhooks))
})
