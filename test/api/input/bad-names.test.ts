/** What a thing may be called: every mutation of the schema that takes a name. */
/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off -- it does not come to an end on types of graphql that hold each other */
import { getNamedType, isInputObjectType, isObjectType, type GraphQLObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Mutation } from '../../../src/graphql/resolvers/mutation.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
import { startTestServer, type GraphQLAnswer, type TestServer, type Tenant } from '../../support/server.ts'
import { createSite, createWebhook, mutateOrThrow, sendBody } from '../support/fixtures.ts'
import { expectHarmless } from '../support/attacks.ts'

let server: TestServer
let acme: Tenant
const ids: Record<string, string> = {}

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  ids['siteUpdate'] = await createSite(acme)
  ids['webhookUpdate'] = (await createWebhook(acme, { url: 'http://127.0.0.1:8099' }, { enabled: false })).id
  const { customer } = await mutateOrThrow<{ customer: { id: string } }>(acme, 'CustomerCreate', {
    name: 'Ann',
  })
  ids['customerUpdate'] = customer.id
})
afterAll(() => server.close())

/** What each needs besides a name. */
const needed: Readonly<Record<string, object>> = {
  webhookCreate: { url: 'http://127.0.0.1:8099', topics: ['order.*'] },
  keyCreate: { role: 'READER' },
}
/** Topics are named by a rule of their own; of projects an OPERATOR decides; and what is not built is not asked yet. */
const unasked = ['topicCreate', 'projectCreate']
const named = Object.values(makeSchema().getMutationType()?.getFields() ?? {}).flatMap(
  ({ name, args, type }) => {
    const input = getNamedType(args[0]?.type)
    const step: object | undefined = (Mutation as Readonly<Record<string, object>>)[name]
    const isBuilt = step !== undefined && !('name' in step && step.name === 'notYet')
    if (!isInputObjectType(input) || !('name' in input.getFields()) || unasked.includes(name) || !isBuilt)
      return []
    const payload = getNamedType(type) as GraphQLObjectType
    const thing = Object.values(payload.getFields()).find((field) => isObjectType(getNamedType(field.type)))
    return [{ name, input: input.name, thing: thing?.name ?? '' }]
  },
)

async function call({ name, input, thing }: (typeof named)[number], text: string) {
  const query = `mutation ($input: ${input}!) { it: ${name}(input: $input) { thing: ${thing} { name } userErrors { code field } } }`
  const id = ids[name]
  const wish = { ...needed[name], ...(id !== undefined && { id }), name: text }
  return sendBody(server, acme, JSON.stringify({ query, variables: { input: wish } }))
}
const hidden = (name: string) => name.startsWith('customer')

describe.each(named)('$name', (mutation) => {
  test.each([
    ['nothing', '', 'REQUIRED'],
    ['spaces', ' \u2003\u00a0', 'REQUIRED'],
    ['zero-width spaces', '\u200b\u200b', 'REQUIRED'],
    ['joiners', '\u200d\u200c', 'REQUIRED'],
    ['an override of direction', '\u202e', 'REQUIRED'],
    ['201 characters', 'x'.repeat(201), 'TOO_LONG'],
    ['300 emoji', '🍕'.repeat(300), 'TOO_LONG'],
    ['100 kB', 'x'.repeat(100_000), 'TOO_LONG'],
    ['control characters', '\0\t\r\n\u001b\u0085', 'REQUIRED'],
  ])('refuses a name of %s', async (what, text, code) => {
    const { name } = mutation
    // A key may be without a name: what shows nothing is none.
    if (name === 'keyCreate' && code === 'REQUIRED') return
    const { text: answer } = await expectHarmless(server, acme, () => call(mutation, text))
    const { data } = JSON.parse(answer) as GraphQLAnswer
    expect(data, what).toEqual({ it: { thing: null, userErrors: [{ code, field: ['name'] }] } })
  })

  test.each([
    ['a tab', 'Main\tStreet', 'Main Street'],
    ['a line end', 'Main\r\nStreet', 'Main Street'],
    ['U+0085', 'Main\u0085Street', 'Main Street'],
    ['a separator of lines', 'Main\u2028Street', 'Main Street'],
    ['NUL', 'Main\0 Street', 'Main Street'],
    ['an escape', '\u001b[31mMain', '[31mMain'],
    ['a C1 control', 'Main\u009b31mStreet', 'Main31mStreet'],
    ['control characters around it', '\t\u0085Main\r\n\0', 'Main'],
  ])('takes out of a name %s', async (_, text, name) => {
    const { data } = JSON.parse((await call(mutation, text)).text) as GraphQLAnswer
    expect(data).toEqual({ it: { thing: { name }, userErrors: [] } })
  })

  test.each([
    ['a zero-width space', 'Main\u200bStreet'],
    ['an override of direction', 'Main\u202eteertS'],
    ['an isolate', 'Main\u2067Street\u2069!'],
    ['half of a surrogate pair', 'Main\ud83d'],
  ])(`${hidden(mutation.name) ? 'takes out of' : 'refuses in'} a name %s`, async (_, text) => {
    if (!hidden(mutation.name)) {
      const { text: answer } = await expectHarmless(server, acme, () => call(mutation, text))
      expect(answer).toContain('"INVALID"')
      return
    }
    const { data } = JSON.parse((await call(mutation, text)).text) as GraphQLAnswer
    expect(data?.['it']).toMatchObject({
      thing: { name: text.replace(/[\u200b-\u206f]|\p{Surrogate}/gu, '') },
    })
  })

  test.each([
    ['emoji', '👩‍🍳 Pizza ❤️'],
    ['right to left', 'مطعم — בית'],
    ['markup', '<script>alert(1)</script>'],
    ['a formula', '=cmd|A1'],
    ['SQL', "Robert'); drop table sites;--"],
    ['a template', '{{7*7}}${7*7}'],
    ['a name that objects have', '__proto__'],
  ])('keeps a name of %s as it came', async (_, text) => {
    const { data } = JSON.parse((await call(mutation, ` ${text}\u200b`)).text) as GraphQLAnswer
    expect(data?.['it']).toEqual({ thing: { name: text }, userErrors: [] })
  })
})
