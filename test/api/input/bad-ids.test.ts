/** Ids, cursors and sizes of pages that name nothing: asked of every root field that the schema has. */
/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off -- it does not come to an end on types of graphql that hold each other */
import { getNamedType, isInputObjectType, isNonNullType, type GraphQLArgument } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Mutation } from '../../../src/graphql/resolvers/mutation.ts'
import { Query } from '../../../src/graphql/resolvers/query.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
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
  ['that is empty', () => ''],
  ['of a space', () => ' '],
  ['of SQL', () => "x' or 1=1; drop table orders;--"],
  ['of NUL', () => 'whk_\0'],
  ['of half a surrogate pair', () => 'whk_\ud800'],
  ['of 100 kB', () => `whk_${'0'.repeat(100_000)}`],
  ['that is a UUID', () => '0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b'],
  ['that is a pattern', () => '%'],
  ['that objects have', () => '__proto__'],
  ['of no kind there is', () => missingId('zzz')],
  ['in upper case', () => orderId.toUpperCase()],
  ['with a space behind it', () => `${orderId} `],
]

const schema = makeSchema()
/** What is not built yet is not asked yet; of what other roles may do nothing is told here. */
const isBuilt = (steps: object, name: string) =>
  ((steps as Record<string, { readonly name?: string }>)[name]?.name ?? '') !== 'notYet'
const queries = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(({ name }) =>
  isBuilt(Query, name),
)
const changes = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ name }) =>
  isBuilt(Mutation, name),
)
const isId = ({ type }: { readonly type: GraphQLArgument['type'] }) => getNamedType(type).name === 'ID'

async function ask(query: string, variables: object): Promise<GraphQLAnswer> {
  const { text } = await expectHarmless(server, acme, () =>
    sendBody(server, acme, JSON.stringify({ query, variables })),
  )
  expect(text.length).toBeLessThan(6_000)
  return JSON.parse(text) as GraphQLAnswer
}

describe('an id', () => {
  const found = queries.filter(({ name, args }) => name !== 'nodes' && args.some(isId))

  test.each(bad)('%s finds nothing, whatever is looked for', async (_, id) => {
    for (const { name, args } of found)
      for (const argument of args.filter(isId)) {
        const others = args.filter((one) => one !== argument && isNonNullType(one.type))
        const given = [`${argument.name}: $id`, ...others.map((one) => `${one.name}: $id`)].join(', ')
        const answer = await ask(`query ($id: ID!) { it: ${name}(${given}) { __typename } }`, { id: id() })
        expect(answer, `${name} ${argument.name}`).toEqual({
          ...answer,
          data: { it: null },
        })
        expect(answer).not.toHaveProperty('errors')
      }
    const { data } = await ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [id(), id()] })
    expect(data).toEqual({ nodes: [null, null] })
  })

  /** Mutations that change a thing that is named by one id, and what else they need. */
  const needed: Readonly<Record<string, object>> = {
    orderStateChange: { state: 'READY' },
    customerStateChange: { customerState: 'ARRIVED' },
    orderUpdate: { areaName: 'Bay 4' },
    siteUpdate: { name: 'x' },
    customerUpdate: { name: 'x' },
    webhookUpdate: { name: 'x' },
  }
  const changing: { readonly name: string; readonly type: string; readonly member: string }[] = []
  for (const { name, args } of changes) {
    const type = getNamedType(args[0]?.type)
    if (!isInputObjectType(type)) continue
    for (const member of Object.values(type.getFields()))
      if (isNonNullType(member.type) && getNamedType(member.type).name === 'ID')
        changing.push({ name, type: type.name, member: member.name })
  }

  test.each(bad)('%s is NOT_FOUND to every change, and nothing is written', async (_, id) => {
    expect(changing.length).toBeGreaterThan(12)
    for (const { name, type, member } of changing) {
      const query = `mutation ($input: ${type}!) { it: ${name}(input: $input) { userErrors { code field } } }`
      const { data, errors } = await ask(query, { input: { ...needed[name], [member]: id() } })
      expect(errors, name).toBeUndefined()
      expect(data, name).toEqual({ it: { userErrors: [{ code: 'NOT_FOUND', field: [member] }] } })
    }
  })

  test('of a megabyte is too much of a request', async () => {
    const query = 'query ($id: ID!) { node(id: $id) { id } }'
    const { status } = await expectHarmless(server, acme, () =>
      sendBody(server, acme, JSON.stringify({ query, variables: { id: 'x'.repeat(1_000_000) } })),
    )
    expect(status).toBe(413)
  })
})

const lists = queries.filter(({ args }) => args.some(({ name }) => name === 'after'))

describe('every list of the project', () => {
  test.each<readonly [what: string, args: object, code: RegExp]>([
    ['an empty cursor', { after: '' }, /^CURSOR_INVALID$/],
    ['a forged cursor', { after: Buffer.from('1.dlv_x.y').toString('base64url') }, /^CURSOR_INVALID$/],
    ['a cursor of SQL', { before: "' or true --" }, /^CURSOR_INVALID$/],
    ['a cursor of NUL', { after: '\0' }, /^CURSOR_INVALID$/],
    ['a cursor of half a surrogate pair', { after: '\udc00' }, /^CURSOR_INVALID$/],
    ['a cursor of 100 kB', { after: 'A'.repeat(100_000) }, /^CURSOR_INVALID$/],
    ['fewer than none', { first: -1 }, /^BAD_USER_INPUT$/],
    ['none', { first: 0 }, /^BAD_USER_INPUT$/],
    ['101', { first: 101 }, /^BAD_USER_INPUT$/],
    ['2^31 - 1', { last: 2 ** 31 - 1 }, /^BAD_USER_INPUT$/],
    ['both ends', { first: 5, last: 5 }, /^BAD_USER_INPUT$/],
  ])('refuses %s', async (_, args, code) => {
    for (const { name } of lists) {
      const query = `query ($first: Int, $after: String, $last: Int, $before: String) {
        it: ${name}(first: $first, after: $after, last: $last, before: $before) { nodes { __typename } } }`
      const { data, errors } = await ask(query, args)
      const found = errors?.map(({ extensions }) => extensions?.['code'])
      // A list of another role's is refused before it is looked at.
      if (found?.[0] === 'FORBIDDEN') continue
      expect(found, name).toEqual([expect.stringMatching(code)])
      expect(data ?? null, name).toBeNull()
    }
  })

  test('takes no cursor of another list', async () => {
    const read = (name: string) =>
      acme.gql<{ it: { pageInfo: { endCursor: string | null } } }>(
        `{ it: ${name}(first: 1) { pageInfo { endCursor } } }`,
      )
    const after = (await read('orders')).it.pageInfo.endCursor
    expect(after).not.toBeNull()
    for (const { name } of lists.filter((list) => list.name !== 'orders')) {
      const { errors } = await ask(
        `query ($after: String) { it: ${name}(after: $after) { nodes { __typename } } }`,
        {
          after,
        },
      )
      expect(errors?.[0]?.extensions?.['code'], name).toMatch(/^(CURSOR_INVALID|FORBIDDEN)$/)
    }
  })
})
