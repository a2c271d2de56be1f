/**
 * Every mutation of the schema, asked with inputs that fit its types and nothing else: the answer is data, or an error
 * that has a code, and never a fault of ours. The inputs are made from the schema, so a new mutation is asked as well.
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
import { Mutation } from '../../../src/graphql/resolvers/mutation.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { depth } from '../../support/depth.ts'
import { startTestServer, type GraphQLAnswer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, createOrder, mutateOrThrow, missingId, sendBody } from '../support/fixtures.ts'
import { expectNoDetails } from '../support/attacks.ts'

const runs = depth(2_000)
/** Runs that one project is asked in: its limits are for clients, not for this. */
const runsOfProject = 50

let server: TestServer
let receiver: Receiver
/** A project for every so many runs, and ids of what it has. */
interface Place {
  readonly tenant: Tenant
  readonly ids: readonly string[]
}
const places: Place[] = []

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

/** A project with one of each kind. */
async function furnish(): Promise<Place> {
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

const nasty = fc.oneof(
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
  nasty,
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

/** Values that fit the type, as JSON; what is nothing is left out. `ids` are places in the list of a project's ids. */
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
      return fc.oneof({ weight: 5, arbitrary: fc.nat(9).map((place) => `#${place}`) }, nasty)
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
        ? fc.oneof({ weight: 3, arbitrary: fc.constantFrom('/', '/hook').map((path) => `@${path}`) }, nasty)
        : fc.oneof(
            { weight: 1, arbitrary: fc.constantFrom('Main', 'x', '7') },
            { weight: 2, arbitrary: nasty },
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

/** All that an object shows of itself without arguments. */
function leaves(type: GraphQLObjectType): string {
  const names = Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && field.args.length === 0)
    .map(({ name }) => name)
  return names.length === 0 ? '__typename' : names.join(' ')
}

/** A key that is revoked is asked no more; and what is not built yet is not asked yet. */
const unasked = [
  'keyRevoke',
  ...Object.entries<object>(Mutation).flatMap(([name, step]) =>
    'name' in step && step.name === 'notYet' ? [name] : [],
  ),
]
const mutations = Object.values(makeSchema().getMutationType()?.getFields() ?? {})
  .filter(({ name }) => !unasked.includes(name))
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

/** Puts a project's own into the places that were left for it: `#3` is its fourth id, `@/x` a path of its receiver. */
function settle(value: unknown, { ids }: Place, foreign: Place): unknown {
  return JSON.parse(JSON.stringify(value), (_, text: unknown) => {
    if (typeof text !== 'string') return text
    if (text.startsWith('@/')) return `${receiver.url}${text.slice(1)}`
    const place = /^#(\d)$/.exec(text)?.[1]
    if (place === undefined) return text
    return [...ids, foreign.ids[Number(place) % 5] ?? '', missingId('ord')][Number(place)] ?? ids[0]
  })
}

test(`no input that fits its type is a fault of ours, whatever is in it`, { timeout: 240_000 }, async () => {
  const foreign = await furnish()
  const seen = new Map<string, number>()
  let run = 0
  let done = 0
  for (const { name, query, input: inputs } of mutations)
    await fc.assert(
      fc.asyncProperty(inputs, async (wish) => {
        const number = Math.floor(run++ / runsOfProject)
        const place = (places[number] ??= await furnish())
        const input = settle(wish, place, foreign)
        const { status, text } = await sendBody(
          server,
          place.tenant,
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
        seen.set(name, (seen.get(name) ?? 0) + 1)
      }),
      { numRuns: Math.ceil(runs / mutations.length) },
    )
  expect([...seen.keys()].toSorted()).toEqual(mutations.map(({ name }) => name).toSorted())
  // Enough went through for the rest to mean something.
  expect(done).toBeGreaterThan(runs / 20)
})
