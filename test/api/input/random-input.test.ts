/**
 * Calls every mutation of the schema with random inputs of its type. Each response must be data or an error with a
 * code, never an internal error. The inputs are generated from the schema, so that a new mutation is covered as well.
 */
import fc from 'fast-check'
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
} from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { depth } from '../../support/depth.ts'
import { startTestServer, type GraphQLAnswer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, createOrder, mutateOrThrow, missingId, sendBody } from '../support/fixtures.ts'
import { expectNoDetails } from '../support/attacks.ts'

const runs = depth(2_000)
/** Runs per project. With more, the rate limits of a project would refuse requests. */
const runsPerProject = 50

let server: TestServer
let receiver: Receiver
/** A project, and the ids of its objects. */
interface Project {
  readonly tenant: Tenant
  readonly ids: readonly string[]
}
const projects: Project[] = []

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** Creates a project with one object of each kind. */
async function createProject(): Promise<Project> {
  const tenant = await server.tenant()
  const { customer } = await mutateOrThrow<{ customer: { id: string } }>(tenant, 'CustomerCreate', {
    name: 'Ann',
  })
  const webhook = await createWebhook(tenant, receiver)
  const order = await createOrder(tenant, { customerId: customer.id })
  const { order: read } = await tenant.gql<{
    order: {
      site: { id: string }
      events: { nodes: { id: string; deliveries: { nodes: { id: string }[] } }[] }
    }
  }>(
    'query ($id: ID!) { order(id: $id) { site { id } events { nodes { id deliveries { nodes { id } } } } } }',
    { id: order.id },
  )
  const [event] = read.events.nodes
  const ids = [order.id, read.site.id, customer.id, webhook.id, tenant.projectId]
  return {
    tenant,
    ids: [...ids, ...(event === undefined ? [] : [event.id, ...event.deliveries.nodes.map(({ id }) => id)])],
  }
}

const hostileText = fc.oneof(
  fc.constantFrom(
    ...['', ' ', '\0', 'a\0b', '\ud800', '\udc00a', '\u202egnp.exe', '\u200b', '🍕'.repeat(201), '%', '\\'],
    ...["'; drop table orders;--", '{{7*7}}', '${1}', '<script>alert(1)</script>', '=cmd|A1', '__proto__'],
    ...['constructor', 'toString', 'null', 'undefined', 'NaN', '-0', '1e400', '\r\nx: y', '\u001b[31m'],
    ...['مطعم', 'a'.repeat(256), 'x'.repeat(100_000), '[masked]', 'whsec_', '*', '.*', '../../etc/passwd'],
    ...[`whsec_${'A'.repeat(44)}`, 'https://127.0.0.1:1/', 'http://[::1]/', 'https://a@b/', 'javascript:0'],
    ...['order.*', 'order.created', 'menu.updated', 'loyalty.earned', 'x-shop', 'host', 'ptn_', '2026-02-30'],
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const numbers = [0, -0, 1, -1, 7, 1_000, 30_000, 2 ** 31 - 1, -(2 ** 31)]
const json = fc.oneof(
  fc.constant({}),
  fc.jsonValue({ maxDepth: 3 }),
  hostileText,
  fc.constantFrom<unknown>(
    { n: 2 ** 53 },
    { n: -0 },
    JSON.parse('{"__proto__":{"polluted":true}}'),
    { type: 'object', $ref: '#' },
    { $ref: 'https://pos.example/schema.json' },
    { type: 'string', pattern: '(a+)+$' },
    { type: 7 },
    { '\ud800': '\0' },
    Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n])),
    JSON.parse(`${'['.repeat(90)}${']'.repeat(90)}`),
  ),
)

/** JSON values of the type. `undefined` stands for a field that is left out. An id is `#` with its index in the project's ids. */
function ofType(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return ofType(type.ofType, name)
  if (isListType(type)) {
    const member = ofType(type.ofType, name)
    return fc.oneof(
      { weight: 8, arbitrary: fc.array(member, { maxLength: 3 }) },
      { weight: 1, arbitrary: member.map((one) => Array<unknown>(150).fill(one)) },
    )
  }
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name))
  if (isInputObjectType(type)) return ofFields(Object.values(type.getFields()))
  switch (type.name) {
    case 'ID':
      return fc.oneof({ weight: 5, arbitrary: fc.nat(9).map((index) => `#${index}`) }, hostileText)
    case 'Int':
      return fc.constantFrom(...numbers)
    case 'Float':
      return fc.oneof(
        fc.constantFrom(...numbers, 0.5, 1e308, 86_400_000),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      )
    case 'Boolean':
      return fc.boolean()
    case 'DateTime':
      return fc.constantFrom('1970-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '2026-02-26T17:15:33+05:45')
    case 'JSON':
      return json
    default:
      return name === 'url'
        ? fc.oneof(
            { weight: 3, arbitrary: fc.constantFrom('/', '/hook').map((path) => `@${path}`) },
            hostileText,
          )
        : fc.oneof(
            { weight: 1, arbitrary: fc.constantFrom('Main', 'x', '7') },
            { weight: 2, arbitrary: hostileText },
          )
  }
}

function ofFields(fields: readonly GraphQLInputField[]): fc.Arbitrary<unknown> {
  const members = fields.map(({ name, type }) => {
    const value = ofType(type, name)
    const member = isNonNullType(type)
      ? value
      : fc.oneof(
          { weight: 5, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.constant(null) },
          { weight: 4, arbitrary: value },
        )
    return member.map((given) => [name, given] as const)
  })
  return fc.tuple(...members).map((pairs) => Object.fromEntries(pairs))
}

/** The scalar fields without arguments. */
function leaves(type: GraphQLObjectType): string {
  const names = Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && field.args.length === 0)
    .map(({ name }) => name)
  return names.length === 0 ? '__typename' : names.join(' ')
}

const mutations = Object.values(executableSchema().getMutationType()?.getFields() ?? {})
  // It would revoke the key of the test.
  .filter(({ name }) => name !== 'keyRevoke')
  .map((field) => {
    const [argument] = field.args
    if (argument === undefined) throw new Error(`expected ${field.name} to take an input`)
    const payload = getNamedType(field.type) as GraphQLObjectType
    const shown = Object.values(payload.getFields()).map(({ name, type }) => {
      const named = getNamedType(type)
      return isObjectType(named) ? `${name} { ${leaves(named)} }` : name
    })
    return {
      name: field.name,
      query: `mutation ($input: ${String(argument.type)}) { it: ${field.name}(input: $input) { ${shown.join(' ')} } }`,
      input: ofType(argument.type, 'input'),
    }
  })

/** Replaces the placeholders: `#3` by the project's fourth id, `@/x` by a URL of the receiver. */
function insertIds(value: unknown, { ids }: Project, foreign: Project): unknown {
  return JSON.parse(JSON.stringify(value), (_, text: unknown) => {
    if (typeof text !== 'string') return text
    if (text.startsWith('@/')) return `${receiver.url}${text.slice(1)}`
    const index = /^#(\d)$/.exec(text)?.[1]
    if (index === undefined) return text
    return [...ids, foreign.ids[Number(index) % 5] ?? '', missingId('ord')][Number(index)] ?? ids[0]
  })
}

test(
  'random inputs of every mutation cause no internal error and reveal no internals',
  {
    timeout: 240_000,
  },
  async () => {
    const foreign = await createProject()
    const calls = new Map<string, number>()
    let run = 0
    let done = 0
    for (const { name, query, input: inputs } of mutations)
      await fc.assert(
        fc.asyncProperty(inputs, async (generated) => {
          const number = Math.floor(run++ / runsPerProject)
          const project = (projects[number] ??= await createProject())
          const input = insertIds(generated, project, foreign)
          const { status, text } = await sendBody(
            server,
            project.tenant,
            JSON.stringify({ query, variables: { input } }),
          )
          const { data, errors } = JSON.parse(text) as GraphQLAnswer
          const codes = errors?.map(({ extensions }) => extensions?.['code']) ?? []
          expect(codes, text.slice(0, 500)).not.toContain('INTERNAL_SERVER_ERROR')
          for (const code of codes) expect(code).toMatch(/^[A-Z_]+$/)
          expect(status).toBeLessThan(500)
          if (codes.length === 0) expect(data?.['it']).toHaveProperty('userErrors')
          expectNoDetails(text)
          expect({}).not.toHaveProperty('polluted')
          const { userErrors = [] } = (data?.['it'] ?? {}) as { userErrors?: readonly object[] }
          if (codes.length === 0 && userErrors.length === 0) done += 1
          calls.set(name, (calls.get(name) ?? 0) + 1)
        }),
        { numRuns: Math.ceil(runs / mutations.length) },
      )
    expect([...calls.keys()].toSorted()).toEqual(mutations.map(({ name }) => name).toSorted())
    // Enough mutations must succeed, or the inputs would test only the first checks.
    expect(done).toBeGreaterThan(runs / 20)
  },
)
