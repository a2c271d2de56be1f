/** eventPublish: the events that are accepted, the events that are refused, and the requests to receivers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Webhook } from 'standardwebhooks'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { manualFile } from '../../support/manual.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  documents,
  mutateOrThrow,
  fingerprint,
  mutate,
  sendBody,
  waitForSettled,
  type EventAnswer,
  type Input,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  await mutateOrThrow(acme, 'TopicCreate', {
    name: 'loyalty.earned',
    description: 'Points were earned',
    schema: {
      type: 'object',
      required: ['points'],
      properties: { points: { type: 'integer', minimum: 1 }, code: { type: 'string', pattern: '^(a+)+$' } },
      additionalProperties: false,
    },
    example: { points: 5 },
  })
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const menu = { topic: 'menu.updated', data: { menuId: 7 } }

async function publish(tenant: Tenant, input: Input): Promise<EventAnswer> {
  return (await mutateOrThrow<{ event: EventAnswer }>(tenant, 'EventPublish', input)).event
}

interface EventDetails {
  readonly data: unknown
  readonly order: unknown
  readonly sequence: number | null
  readonly deliveries: { readonly nodes: readonly { readonly webhook: { readonly id: string } }[] }
}

async function details(tenant: Tenant, id: string): Promise<EventDetails> {
  const query =
    'query ($id: ID!) { event(id: $id) { data sequence order { id } deliveries { nodes { webhook { id } } } } }'
  return (await tenant.gql<{ event: EventDetails }>(query, { id })).event
}

/** The stored text of the data of an event. */
async function storedData(id: string): Promise<string | undefined> {
  const [row] = await server.connections.sql<{ data: string }[]>`select data from events where id = ${id}`
  return row?.data
}

/** Publishes an event with this text as its data, unchanged. */
async function publishRaw(tenant: Tenant, data: string, topic = 'menu.updated') {
  const body = `{"query":${JSON.stringify(documents.EventPublish)},"variables":{"input":{"topic":"${topic}","data":${data}}}}`
  const { status, text } = await sendBody(server, tenant, body)
  const answer = JSON.parse(text) as {
    data?: { eventPublish: { event: EventAnswer | null; userErrors: { code: string; field: string[] }[] } }
    errors?: readonly { extensions: { code: string } }[]
  }
  return { status, answer }
}

describe('published events', () => {
  test('an event without a matching webhook is stored without deliveries', async () => {
    const tenant = await server.tenant()
    const event = await publish(tenant, { ...menu, idempotencyKey: 'menu-7-3' })

    expect(event).toMatchObject({ id: expect.stringMatching(/^evt_/) as string, topic: 'menu.updated' })
    expect(await details(tenant, event.id)).toEqual({
      data: { menuId: 7 },
      order: null,
      sequence: null,
      deliveries: { nodes: [] },
    })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      events: 1,
      deliveries: 0,
      consistent: true,
    })
  })

  test('an event is delivered to the webhooks of its topic or resource, skipped for a disabled webhook, and not sent to others', async () => {
    const tenant = await server.tenant()
    await mutateOrThrow(tenant, 'TopicCreate', { name: 'menu.removed', description: 'Gone', example: {} })
    const byResource = await createWebhook(tenant, receiver, { topics: ['menu.*'] })
    const byName = await createWebhook(tenant, receiver, { topics: ['order.*', 'menu.removed'] })
    await createWebhook(tenant, receiver, { topics: ['order.*', 'menu.updated'] })
    await createWebhook(tenant, receiver, { topics: ['order.*', 'customer.*'] })
    const off = await createWebhook(tenant, receiver, { topics: ['menu.*'] })
    await mutateOrThrow(tenant, 'WebhookDisable', { id: off.id })

    const event = await publish(tenant, { topic: 'menu.removed', data: { menuId: 7 } })
    const log = await waitForSettled(tenant, {}, 3)

    const states = Object.fromEntries(log.map((delivery) => [delivery.webhook.id, delivery.state]))
    expect(states).toEqual({ [byResource.id]: 'DELIVERED', [byName.id]: 'DELIVERED', [off.id]: 'SKIPPED' })
    for (const delivery of log)
      expect(delivery.event).toEqual({ id: event.id, topic: 'menu.removed', order: null })
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({
      deliveries: 3,
      consistent: true,
    })
  })

  test('the request of an event is signed and contains the published data byte for byte', async () => {
    const tenant = await server.tenant()
    const webhook = await createWebhook(tenant, receiver, { topics: ['scan.*'] })
    const data = '{"z":1.5,"a":[-0,"\\u0000\\ud800 é </script>"],"__proto__":{"2":null,"$":"𝄞"}}'
    const requestsBefore = receiver.requests.length
    const { answer } = await publishRaw(tenant, data, 'scan.created')
    await waitForSettled(tenant, {})

    const request = receiver.requests[requestsBefore]
    expect(request?.body).toMatch(/^\{"type":"scan\.created","timestamp":"20[^"]*Z","data":/)
    expect(request?.body.slice(request.body.indexOf('"data":') + 7, -1)).toBe(data)
    const headers = request?.headers as Record<string, string>
    expect(() => new Webhook(webhook.secret).verify(request?.body ?? '', headers)).not.toThrow()
    expect(await storedData(answer.data?.eventPublish.event?.id ?? '')).toBe(data)
  })

  test.each([
    ['an empty object', '{}'],
    ['the largest integer that a double represents', '{"n":-9007199254740991}'],
    [
      'members named __proto__ and constructor',
      '{"__proto__":{"polluted":true},"constructor":{"prototype":1}}',
    ],
    ['64 levels', `${'{"a":'.repeat(63)}{}${'}'.repeat(63)}`],
    ['15,000 members', `{${Array.from({ length: 15_000 }, (_, index) => `"k${index}":${index}`).join()}}`],
    ['256 KiB', `{"a":"${'x'.repeat(262_144 - 8)}"}`],
  ])('the data of an event may have %s, and is stored as it was sent', async (_, data) => {
    const { answer } = await publishRaw(acme, data)
    expect(answer.data?.eventPublish.userErrors).toEqual([])
    expect(await storedData(answer.data?.eventPublish.event?.id ?? '')).toBe(data)
    expect({}).not.toHaveProperty('polluted')
  })

  test('the data of an event may be a literal in the document, with variables', async () => {
    const query = `mutation ($name: String!, $none: Int) { eventPublish(input: { topic: "download.created",
      data: { __proto__: { a: 1 }, list: [1, -2.5, true, null, [$name]], none: $none, "": 0 } }) { event { id } userErrors { code } } }`
    const { eventPublish } = await acme.gql<{ eventPublish: { event: { id: string } } }>(
      query.replace(', "": 0', ''),
      { name: 'program.pdf' },
    )
    expect(await storedData(eventPublish.event.id)).toBe(
      '{"__proto__":{"a":1},"list":[1,-2.5,true,null,["program.pdf"]]}',
    )
  })

  test.each(['customer.created', 'customer.deleted', 'event.updated', 'scan.deleted', 'download.updated'])(
    'an event of the topic %s may have any data',
    async (topic) => {
      for (const data of [{}, { id: 'any' }, { id: 7, deeper: [{}] }])
        expect(await publish(acme, { topic, data })).toMatchObject({ topic })
    },
  )
})

test('the documents in docs/api.md create a topic, publish an event of it and list the topics', async () => {
  const chapter =
    manualFile('docs/api.md')
      .split(/^## /m)
      .find((text) => text.startsWith('Publish your own events')) ?? ''
  const [list = '', add = '', publishDocument = ''] = [...chapter.matchAll(/^```graphql\n(.*?)^```/gms)].map(
    ([, document = '']) => document,
  )
  const tenant = await server.tenant()
  const made = await tenant.gql(add)
  await createWebhook(tenant, receiver, { topics: ['loyalty.*'] })
  const published = await tenant.gql(publishDocument)

  expect(made).toEqual({ topicCreate: { topic: { name: 'loyalty.earned' }, userErrors: [] } })
  expect(published).toMatchObject({
    eventPublish: { event: { deliveries: { nodes: [{}] } }, userErrors: [] },
  })
  expect(await waitForSettled(tenant, {})).toMatchObject([{ state: 'DELIVERED' }])
  expect((await tenant.gql<{ topics: object[] }>(list)).topics.at(-1)).toMatchObject({
    name: 'loyalty.earned',
    builtIn: false,
  })
})

describe('idempotency keys', () => {
  test('a hundred simultaneous eventPublish with the same key create one event and one delivery', async () => {
    const tenant = await server.tenant()
    const webhook = await createWebhook(tenant, receiver, { topics: ['menu.updated'] })
    const input = { ...menu, idempotencyKey: 'menu-7-3' }
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => mutate(tenant, 'EventPublish', input)),
    )
    const log = await waitForSettled(tenant, { webhookIds: [webhook.id] })

    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ event: { topic: 'menu.updated' }, userErrors: [] })
    expect(log).toHaveLength(1)
    expect(await server.admin.countDeliveries(tenant.projectId)).toMatchObject({ events: 1, deliveries: 1 })
  })

  test('a repeated eventPublish with the same key returns the first event and writes nothing', async () => {
    const input = { ...menu, idempotencyKey: 'again' }
    const first = await mutate(acme, 'EventPublish', input)
    const before = await fingerprint(server.connections)

    expect(await mutate(acme, 'EventPublish', input)).toEqual(first)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test.each([
    { topic: 'menu.updated', data: { menuId: 8 } },
    { topic: 'scan.created', data: { menuId: 7 } },
  ])(
    'eventPublish with a used key and the input %j is refused with IDEMPOTENCY_KEY_REUSED and writes nothing',
    async (other) => {
      const idempotencyKey = `other-${other.topic}`
      await publish(acme, { ...menu, idempotencyKey })
      const before = await fingerprint(server.connections)

      expect(await mutate(acme, 'EventPublish', { ...other, idempotencyKey })).toMatchObject({
        event: null,
        userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', field: ['idempotencyKey'] }],
      })
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )

  test('two projects with the same key and two requests without a key create four events', async () => {
    const other = await server.tenant('Other')
    const input = { ...menu, idempotencyKey: 'both' }
    const ids = [await publish(acme, input), await publish(other, input)].map(({ id }) => id)
    expect(new Set([...ids, (await publish(acme, menu)).id, (await publish(acme, menu)).id]).size).toBe(4)
  })

  test('an eventPublish that has problems does not use its key', async () => {
    const input = { topic: 'loyalty.earned', idempotencyKey: 'not-burnt' }
    expect((await mutate(acme, 'EventPublish', { ...input, data: {} })).userErrors).toHaveLength(1)
    expect(await publish(acme, { ...input, data: { points: 1 } })).toMatchObject({ topic: 'loyalty.earned' })
  })
})

describe('refused events', () => {
  const long = '🔑'.repeat(2_000)
  const cases: readonly (readonly [string, Input, string, readonly string[]])[] = [
    ...[
      '',
      'menu',
      'menu.*',
      'menu.eaten',
      'Menu.updated',
      'menu. updated',
      'menu.updated\0',
      'order.eaten',
    ].map((topic) => [`the topic ${JSON.stringify(topic)}`, { topic }, 'UNKNOWN_TOPIC', ['topic']] as const),
    ['a topic of 100,000 characters', { topic: 'a'.repeat(100_000) }, 'UNKNOWN_TOPIC', ['topic']],
    ['an order topic', { topic: 'order.created' }, 'INVALID', ['topic']],
    ['data that is a string', { data: '{}' }, 'INVALID', ['data']],
    ['data that is a list', { data: [{}] }, 'INVALID', ['data']],
    ['data that is a number', { data: 7 }, 'INVALID', ['data']],
    ['data of 256 KiB and one byte', { data: { a: 'x'.repeat(262_144 - 7) } }, 'TOO_LONG', ['data']],
    [
      'data of 256 KiB and one byte in two-byte characters',
      { data: { a: `${'é'.repeat(131_068)}x` } },
      'TOO_LONG',
      ['data'],
    ],
    ['the integer 2^53', { data: { a: { b: [2 ** 53] } } }, 'INVALID', ['data', 'a', 'b', '0']],
    ['an empty idempotency key', { idempotencyKey: ' ' }, 'REQUIRED', ['idempotencyKey']],
    [
      'an idempotency key of 256 characters',
      { idempotencyKey: 'x'.repeat(256) },
      'TOO_LONG',
      ['idempotencyKey'],
    ],
    ['data without a required property', { topic: 'loyalty.earned', data: {} }, 'SCHEMA_MISMATCH', ['data']],
    [
      'data of the wrong type',
      { topic: 'loyalty.earned', data: { points: '5' } },
      'SCHEMA_MISMATCH',
      ['data', 'points'],
    ],
    [
      'data with an additional property',
      { topic: 'loyalty.earned', data: { points: 5, [long]: 1 } },
      'SCHEMA_MISMATCH',
      ['data'],
    ],
    [
      'data for which a backtracking pattern would need exponential time',
      { topic: 'loyalty.earned', data: { points: 5, code: `${'a'.repeat(200_000)}!` } },
      'SCHEMA_MISMATCH',
      ['data', 'code'],
    ],
  ]
  test.each(cases)('eventPublish with %s is refused and writes nothing', async (_, change, code, field) => {
    const before = await fingerprint(server.connections)
    const answer = await mutate<{ event: unknown }>(acme, 'EventPublish', { ...menu, ...change })

    expect(answer).toMatchObject({ event: null, userErrors: [{ code, field }] })
    expect(Array.from(answer.userErrors[0]?.message ?? '').length).toBeLessThanOrEqual(300)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test.each(['1e400', '-1e400', '9007199254740993'])(
    'eventPublish with the number %s, which no double represents, is refused with INVALID',
    async (number) => {
      const { answer } = await publishRaw(acme, `{"a":${number}}`)
      expect(answer.data?.eventPublish).toMatchObject({
        event: null,
        userErrors: [{ code: 'INVALID', field: ['data', 'a'] }],
      })
      const inline = `mutation { eventPublish(input: { topic: "menu.updated", data: { a: ${number} } }) { event { id } userErrors { code field } } }`
      expect(await acme.gql(inline)).toEqual({
        eventPublish: { event: null, userErrors: [{ code: 'INVALID', field: ['data', 'a'] }] },
      })
    },
  )

  test.each([65, 97, 1_000, 20_000])('eventPublish with %i levels of data is refused', async (levels) => {
    const { status, answer } = await publishRaw(
      acme,
      `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`,
    )
    expect(status).toBeLessThan(500)
    expect(answer.data?.eventPublish.userErrors[0]?.code ?? answer.errors?.[0]?.extensions.code).toMatch(
      /^(INVALID|BAD_USER_INPUT)$/,
    )
  })

  test('eventPublish reports all problems of an input together, at most ten of them in the data', async () => {
    const { userErrors } = await mutate(acme, 'EventPublish', { topic: 'x', data: 1, idempotencyKey: '' })
    expect(userErrors.map(({ field }) => field[0])).toEqual(['topic', 'data', 'idempotencyKey'])
    const more = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`more${index}`, 1]))
    const places = await mutate(acme, 'EventPublish', {
      topic: 'loyalty.earned',
      data: { points: 0, ...more },
    })
    expect(places.userErrors).toHaveLength(10)
  })

  test('eventPublish answers a topic of another project as an unknown topic, with UNKNOWN_TOPIC', async () => {
    const other = await server.tenant('Other')
    const answers = await Promise.all(
      ['loyalty.earned', 'loyalty.vanished'].map((topic) =>
        mutate(other, 'EventPublish', { topic, data: { points: 5 } }),
      ),
    )
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]).toMatchObject({
      event: null,
      userErrors: [{ code: 'UNKNOWN_TOPIC', field: ['topic'] }],
    })
  })
})
