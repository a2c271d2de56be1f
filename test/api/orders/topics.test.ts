/** The topic catalogue: built-in topics, topics of a project, and the webhooks that select them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { topics } from '../../../src/domain/orders/topic.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import {
  documents,
  mutateOrThrow,
  fingerprint,
  mutate,
  type Input,
  type UserError,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
})
afterAll(() => server.close())

const loyalty = {
  name: 'loyalty.earned',
  description: 'Points were earned',
  schema: { type: 'object', required: ['points'], properties: { points: { type: 'integer' } } },
  example: { points: 5 },
}

interface TopicAnswer {
  readonly name: string
  readonly description: string
  readonly schema: unknown
  readonly example: unknown
  readonly builtIn: boolean
  readonly createdAt: string | null
}

async function catalogueOf(tenant: Tenant): Promise<readonly TopicAnswer[]> {
  const answer = await tenant.gql<{ topics: readonly TopicAnswer[] }>(
    '{ topics { name description schema example builtIn createdAt } }',
  )
  return answer.topics
}

const webhookInput = (topics: readonly string[]): Input => ({
  name: 'Till',
  url: 'https://pos.example',
  topics,
})

describe('topics', () => {
  test('topics returns the built-in topics with their schemas and examples to a project without topics', async () => {
    const fresh = await server.tenant('Fresh')
    const catalogue = await catalogueOf(fresh)

    expect(catalogue.map(({ name }) => name)).toEqual(topics)
    for (const topic of catalogue)
      expect(topic).toMatchObject({ schema: { type: 'object' }, builtIn: true, createdAt: null })
    expect(catalogue.find(({ name }) => name === 'menu.updated')?.example).toEqual({ menuId: 7 })
    expect(catalogue.find(({ name }) => name === 'order.created')?.example).toMatchObject({
      number: 187,
      state: 'CREATED',
      version: 1,
      customer: { name: 'Brian Johnson' },
    })
  })

  test('topics returns the topics of the project by name after the built-in topics, and none of another project', async () => {
    const [one, other] = [await server.tenant('One'), await server.tenant('Other')]
    await mutateOrThrow(one, 'TopicCreate', { ...loyalty, name: 'menu.removed' })
    await mutateOrThrow(one, 'TopicCreate', loyalty)
    await mutateOrThrow(other, 'TopicCreate', { ...loyalty, name: 'stamp.earned' })

    const own = (await catalogueOf(one)).slice(topics.length)
    expect(own).toEqual(
      ['loyalty.earned', 'menu.removed'].map((name) => ({
        ...loyalty,
        name,
        builtIn: false,
        createdAt: expect.stringMatching(/^20.*Z$/) as string,
      })),
    )
    expect((await catalogueOf(other)).slice(topics.length).map(({ name }) => name)).toEqual(['stamp.earned'])
  })
})

describe('topicCreate', () => {
  test('a topic without a schema has the schema of any object', async () => {
    const tenant = await server.tenant()
    const { topic } = await mutateOrThrow<{ topic: { name: string } }>(tenant, 'TopicCreate', {
      name: 'a.b',
      description: ' Any ',
      example: {},
    })
    expect(topic).toEqual({ name: 'a.b' })
    expect((await catalogueOf(tenant)).at(-1)).toMatchObject({
      description: 'Any',
      schema: { type: 'object' },
      example: {},
    })
  })

  test('a topic may have name parts of 64 characters, a description of 500, a schema of 64 KiB and an example of 16 KiB', async () => {
    const name = `${'a'.repeat(64)}.${'b_9'.repeat(21)}c`
    const schema = { description: 'x'.repeat(65_536 - '{"description":""}'.length) }
    const input = { name, description: '🔔'.repeat(500), schema, example: { a: 'x'.repeat(16_384 - 8) } }
    expect(await mutate(acme, 'TopicCreate', input)).toEqual({ topic: { name }, userErrors: [] })
  })

  test('a hundred simultaneous topicCreate with one idempotency key create one topic; another input is refused', async () => {
    const tenant = await server.tenant()
    const input = { ...loyalty, idempotencyKey: 'loyalty' }
    const answers = await Promise.all(Array.from({ length: 100 }, () => mutate(tenant, 'TopicCreate', input)))
    const other = await mutate(tenant, 'TopicCreate', { ...input, description: 'Other' })

    expect(answers).toEqual(answers.map(() => ({ topic: { name: loyalty.name }, userErrors: [] })))
    expect(other).toMatchObject({ topic: null, userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }] })
    expect(await catalogueOf(tenant)).toHaveLength(topics.length + 1)
  })

  test('205 simultaneous topicCreate create 200 topics, and five are refused with LIMIT_REACHED', async () => {
    const tenant = await server.tenant()
    const answers = await Promise.all(
      Array.from({ length: 205 }, (_, index) =>
        mutate(tenant, 'TopicCreate', { ...loyalty, name: `many.topic_${index}` }),
      ),
    )
    const refused = answers.filter(({ userErrors }) => userErrors.length > 0)
    expect(refused).toEqual(
      Array.from({ length: 5 }, () => ({
        topic: null,
        userErrors: [expect.objectContaining({ code: 'LIMIT_REACHED', field: [] })],
      })),
    )
    expect(await catalogueOf(tenant)).toHaveLength(topics.length + 200)
  })

  test.each([undefined, 'again'])(
    'topicCreate with an existing name is refused with CONFLICT (idempotency key %s)',
    async (idempotencyKey) => {
      const tenant = await server.tenant()
      await mutateOrThrow(tenant, 'TopicCreate', loyalty)
      expect(await mutate(tenant, 'TopicCreate', { ...loyalty, idempotencyKey })).toMatchObject({
        topic: null,
        userErrors: [{ code: 'CONFLICT', field: ['name'] }],
      })
    },
  )
})

describe('refused topics', () => {
  const pattern = (text: string) => ({ properties: { a: { type: 'string', pattern: text } } })
  const nested = (levels: number): object => (levels === 0 ? {} : { not: nested(levels - 1) })
  const cases: readonly (readonly [string, Input, string, readonly string[]])[] = [
    ...['', 'loyalty', 'loyalty.', '.earned', 'a.b.c', 'Loyalty.earned', '1a.b', 'a.b-c', 'a.*', 'ä.b'].map(
      (name) => [`the name "${name}"`, { name }, 'INVALID', ['name']] as const,
    ),
    ['a name with a line break', { name: 'a.\nb' }, 'INVALID', ['name']],
    ['a name with a NUL', { name: 'a.b\0' }, 'INVALID', ['name']],
    ['a resource of 65 characters', { name: `${'a'.repeat(65)}.b` }, 'INVALID', ['name']],
    ['a name of a built-in topic', { name: 'menu.updated' }, 'CONFLICT', ['name']],
    ['the name of an order topic', { name: 'order.created' }, 'CONFLICT', ['name']],
    ['an unknown name of the resource order', { name: 'order.eaten' }, 'INVALID', ['name']],
    ['an empty description', { description: ' ' }, 'REQUIRED', ['description']],
    ['a description of 501 characters', { description: 'x'.repeat(501) }, 'TOO_LONG', ['description']],
    ['a description of a NUL', { description: '\0' }, 'REQUIRED', ['description']],
    ['a schema that is a string', { schema: 'object' }, 'INVALID', ['schema']],
    ['a schema that is a list', { schema: [] }, 'INVALID', ['schema']],
    ['a schema that is true', { schema: true }, 'INVALID', ['schema']],
    ['an invalid schema', { schema: { type: 'thing' } }, 'INVALID', ['schema']],
    [
      'a schema of another draft',
      { schema: { $schema: 'http://json-schema.org/schema' } },
      'INVALID',
      ['schema'],
    ],
    ['a schema at a URL', { schema: { $ref: 'http://127.0.0.1/a.json' } }, 'INVALID', ['schema']],
    ['an asynchronous schema', { schema: { $async: true } }, 'INVALID', ['schema']],
    ['an invalid pattern', { schema: pattern('[') }, 'INVALID', ['schema']],
    ['a pattern with a lookahead', { schema: pattern('(?!a)') }, 'INVALID', ['schema']],
    ['a schema beyond 64 KiB', { schema: { title: 'x'.repeat(65_536) } }, 'TOO_LONG', ['schema']],
    [
      'a schema of 65 levels',
      { schema: nested(65) },
      'INVALID',
      ['schema', ...Array<string>(64).fill('not')],
    ],
    [
      'a schema of 301 objects',
      { schema: { allOf: Array.from({ length: 300 }, () => ({})) } },
      'INVALID',
      ['schema'],
    ],
    [
      'a number in a schema that loses digits',
      { schema: { maximum: 2 ** 53 } },
      'INVALID',
      ['schema', 'maximum'],
    ],
    ['an example that is not an object', { example: 5 }, 'INVALID', ['example']],
    ['an example beyond 16 KiB', { example: { points: 1, a: 'x'.repeat(16_384) } }, 'TOO_LONG', ['example']],
    [
      'an example that does not match',
      { example: { points: '5' } },
      'SCHEMA_MISMATCH',
      ['example', 'points'],
    ],
    ['an example without a required property', { example: {} }, 'SCHEMA_MISMATCH', ['example']],
    ['an example of an endless schema', { schema: { $ref: '#' } }, 'SCHEMA_MISMATCH', ['example']],
    ['an empty idempotency key', { idempotencyKey: '' }, 'REQUIRED', ['idempotencyKey']],
  ]
  test.each(cases)('topicCreate with %s is refused and writes nothing', async (_, change, code, field) => {
    const before = await fingerprint(server.connections)
    const answer = await mutate<{ topic: unknown }>(acme, 'TopicCreate', { ...loyalty, ...change })

    expect(answer).toMatchObject({ topic: null, userErrors: [{ code, field }] })
    expect(answer.userErrors[0]?.message.length).toBeLessThanOrEqual(500)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('topicCreate reports all problems of an input together', async () => {
    const input = { name: '', description: '', schema: 1, example: 1, idempotencyKey: '' }
    const { userErrors } = await mutate(acme, 'TopicCreate', input)
    expect(userErrors.map(({ field }) => field[0])).toEqual([
      ...['name', 'description', 'schema', 'example', 'idempotencyKey'],
    ])
  })

  test('topicCreate refuses a schema that doubles its work 40 times within 2 seconds', async () => {
    const twice = (at: number) => [{ $ref: `#/$defs/d${at}` }, { $ref: `#/$defs/d${at}` }]
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`d${at + 1}`, { allOf: twice(at) }]),
    )
    const schema = { $defs: { d0: {}, ...$defs }, allOf: twice(40) }
    const startedMs = performance.now()
    const answer = await mutate(acme, 'TopicCreate', { ...loyalty, schema })

    expect(answer.userErrors).toMatchObject([{ code: 'SCHEMA_MISMATCH', field: ['example'] }])
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  })
})

describe('topics of webhooks', () => {
  test('a webhook may select built-in topics, topics of its project, and all topics of a resource', async () => {
    const tenant = await server.tenant()
    await mutateOrThrow(tenant, 'TopicCreate', loyalty)
    const selected = ['menu.*', 'customer.marketing_changed', 'loyalty.earned', 'event.*', 'order.created']
    const { webhook } = await mutateOrThrow<{ webhook: { id: string; topics: string[] } }>(
      tenant,
      'WebhookCreate',
      webhookInput(selected),
    )
    expect(webhook.topics).toEqual(selected)
    const updated = { id: webhook.id, topics: ['loyalty.*'] }
    expect(await mutate(tenant, 'WebhookUpdate', updated)).toMatchObject({
      webhook: { topics: ['loyalty.*'] },
    })
  })

  test('a webhook with a topic of another project is refused with UNKNOWN_TOPIC', async () => {
    const [one, other] = [await server.tenant('One'), await server.tenant('Other')]
    await mutateOrThrow(one, 'TopicCreate', loyalty)
    const { webhook } = await mutateOrThrow<{ webhook: { id: string } }>(
      other,
      'WebhookCreate',
      webhookInput(['order.*']),
    )
    const mine = ['loyalty.earned', 'order.*', 'loyalty.*']
    const unknown = ['0', '2'].map((index) => ({ code: 'UNKNOWN_TOPIC', field: ['topics', index] }))

    const errors = ({ userErrors }: { userErrors: readonly UserError[] }) => userErrors
    expect(errors(await mutate(other, 'WebhookCreate', webhookInput(mine)))).toMatchObject(unknown)
    expect(errors(await mutate(other, 'WebhookUpdate', { id: webhook.id, topics: mine }))).toMatchObject(
      unknown,
    )
  })
})

test('the document TopicCreate of the contract creates a topic', async () => {
  const tenant = await server.tenant()
  const input = {
    name: 'loyalty.earned',
    description: 'Points were earned',
    schema: { type: 'object' },
    example: { points: 5 },
  }
  expect(await tenant.gql(documents.TopicCreate, { input })).toEqual({
    topicCreate: { topic: { name: 'loyalty.earned' }, userErrors: [] },
  })
})
