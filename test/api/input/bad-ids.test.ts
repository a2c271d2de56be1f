/** Invalid ids, cursors and page sizes, sent to every root field of the schema. */
/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off -- it does not come to an end on types of graphql that hold each other */
import { getNamedType, isInputObjectType, isNonNullType, type GraphQLArgument } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executableSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, type GraphQLAnswer, type TestServer, type Tenant } from '../../support/server.ts'
import { createSite, createOrder, missingId, sendBody } from '../support/fixtures.ts'
import { expectHarmless } from '../support/attacks.ts'

let server: TestServer
let acme: Tenant
let orderId: string

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  orderId = (await createOrder(acme, { siteId: await createSite(acme) })).id
})
afterAll(() => server.close())

const bad: readonly (readonly [what: string, id: () => string])[] = [
  ['the empty text', () => ''],
  ['a space', () => ' '],
  ['SQL', () => "x' or 1=1; drop table orders;--"],
  ['NUL', () => 'whk_\0'],
  ['half a surrogate pair', () => 'whk_\ud800'],
  ['100 kB', () => `whk_${'0'.repeat(100_000)}`],
  ['a UUID', () => '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'],
  ['a LIKE pattern', () => '%'],
  ['__proto__', () => '__proto__'],
  ['an id with an unknown prefix', () => missingId('zzz')],
  ["an order's id in upper case", () => orderId.toUpperCase()],
  ["an order's id with a space after it", () => `${orderId} `],
]

const schema = executableSchema()
const queries = Object.values(schema.getQueryType()?.getFields() ?? {})
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {})
const isId = ({ type }: { readonly type: GraphQLArgument['type'] }) => getNamedType(type).name === 'ID'

async function post(query: string, variables: object): Promise<GraphQLAnswer> {
  const { text } = await expectHarmless(server, acme, () =>
    sendBody(server, acme, JSON.stringify({ query, variables })),
  )
  expect(text.length).toBeLessThan(6_000)
  return JSON.parse(text) as GraphQLAnswer
}

describe('invalid id', () => {
  const fieldsById = queries.filter(({ name, args }) => name !== 'nodes' && args.some(isId))

  test.each(bad)('every query by an invalid id returns null without an error: %s', async (_, id) => {
    for (const { name, args } of fieldsById)
      for (const argument of args.filter(isId)) {
        const others = args.filter((one) => one !== argument && isNonNullType(one.type))
        const given = [`${argument.name}: $id`, ...others.map((one) => `${one.name}: $id`)].join(', ')
        const answer = await post(`query ($id: ID!) { it: ${name}(${given}) { __typename } }`, { id: id() })
        expect(answer, `${name} ${argument.name}`).toEqual({
          ...answer,
          data: { it: null },
        })
        expect(answer).not.toHaveProperty('errors')
      }
    const { data } = await post('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [id(), id()] })
    expect(data).toEqual({ nodes: [null, null] })
  })

  /** The other required fields of mutations that name their object by an id. */
  const needed: Readonly<Record<string, object>> = {
    orderStateChange: { state: 'READY' },
    customerStateChange: { customerState: 'ARRIVED' },
    orderUpdate: { areaName: 'Bay 4' },
    siteUpdate: { name: 'x' },
    customerUpdate: { name: 'x' },
    webhookUpdate: { name: 'x' },
    partnerUpdate: { name: 'x' },
  }
  const mutationsById: { readonly name: string; readonly type: string; readonly member: string }[] = []
  for (const { name, args } of mutations) {
    const type = getNamedType(args[0]?.type)
    if (!isInputObjectType(type)) continue
    for (const member of Object.values(type.getFields()))
      if (isNonNullType(member.type) && getNamedType(member.type).name === 'ID')
        mutationsById.push({ name, type: type.name, member: member.name })
  }

  test.each(bad)(
    'every mutation by an invalid id is refused with NOT_FOUND, and nothing is written: %s',
    async (_, id) => {
      expect(mutationsById.length).toBeGreaterThan(12)
      for (const { name, type, member } of mutationsById) {
        const query = `mutation ($input: ${type}!) { it: ${name}(input: $input) { userErrors { code field } } }`
        const { data, errors } = await post(query, { input: { ...needed[name], [member]: id() } })
        expect(errors, name).toBeUndefined()
        expect(data, name).toEqual({ it: { userErrors: [{ code: 'NOT_FOUND', field: [member] }] } })
      }
    },
  )

  test('a request with an id of 1 MB is refused with 413', async () => {
    const query = 'query ($id: ID!) { node(id: $id) { id } }'
    const { status } = await expectHarmless(server, acme, () =>
      sendBody(server, acme, JSON.stringify({ query, variables: { id: 'x'.repeat(1_000_000) } })),
    )
    expect(status).toBe(413)
  })
})

const lists = queries.filter(({ args }) => args.some(({ name }) => name === 'after'))

describe('page arguments', () => {
  test.each<readonly [what: string, args: object, code: RegExp]>([
    ['an empty cursor', { after: '' }, /^CURSOR_INVALID$/],
    ['a forged cursor', { after: Buffer.from('1.dlv_x.y').toString('base64url') }, /^CURSOR_INVALID$/],
    ['a cursor of SQL', { before: "' or true --" }, /^CURSOR_INVALID$/],
    ['a cursor of NUL', { after: '\0' }, /^CURSOR_INVALID$/],
    ['a cursor of half a surrogate pair', { after: '\udc00' }, /^CURSOR_INVALID$/],
    ['a cursor of 100 kB', { after: 'A'.repeat(100_000) }, /^CURSOR_INVALID$/],
    ['first: -1', { first: -1 }, /^BAD_USER_INPUT$/],
    ['first: 0', { first: 0 }, /^BAD_USER_INPUT$/],
    ['first: 101', { first: 101 }, /^BAD_USER_INPUT$/],
    ['last: 2^31 - 1', { last: 2 ** 31 - 1 }, /^BAD_USER_INPUT$/],
    ['both first and last', { first: 5, last: 5 }, /^BAD_USER_INPUT$/],
  ])('every list of the project refuses %s', async (_, args, code) => {
    for (const { name } of lists) {
      const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
        it: ${name}(first: $first, after: $after, last: $last, before: $before) { nodes { __typename } } }`
      const { data, errors } = await post(query, args)
      const found = errors?.map(({ extensions }) => extensions?.['code'])
      // Lists of other roles are refused before their arguments are checked.
      if (found?.[0] === 'FORBIDDEN') continue
      expect(found, name).toEqual([expect.stringMatching(code)])
      expect(data ?? null, name).toBeNull()
    }
  })

  test('every list of the project refuses a cursor of orders', async () => {
    const firstPage = (name: string) =>
      acme.gql<{ it: { pageInfo: { endCursor: string | null } } }>(
        `{ it: ${name}(first: 1) { pageInfo { endCursor } } }`,
      )
    const after = (await firstPage('orders')).it.pageInfo.endCursor
    expect(after).not.toBeNull()
    for (const { name } of lists.filter((list) => list.name !== 'orders')) {
      const { errors } = await post(
        `query ($after: String) { it: ${name}(after: $after) { nodes { __typename } } }`,
        {
          after,
        },
      )
      expect(errors?.[0]?.extensions?.['code'], name).toMatch(/^(CURSOR_INVALID|FORBIDDEN)$/)
    }
  })
})
