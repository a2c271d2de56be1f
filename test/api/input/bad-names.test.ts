/** Names of objects, tested on every mutation of the schema with a field `name`. */
/* eslint @typescript-eslint/no-unsafe-class-instance-assignment: off -- it does not come to an end on types of graphql that hold each other */
import { getNamedType, isInputObjectType, isObjectType, type GraphQLObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { executableSchema } from '../../../src/graphql/schema.ts'
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
  const { partner } = await mutateOrThrow<{ partner: { id: string } }>(acme, 'PartnerCreate', {
    name: 'Courier',
  })
  ids['partnerUpdate'] = partner.id
})
afterAll(() => server.close())

/** The other required fields of each mutation. */
const needed: Readonly<Record<string, object>> = {
  webhookCreate: { url: 'http://127.0.0.1:8099', topics: ['order.*'] },
  keyCreate: { role: 'READER' },
}
/** Names of topics have a syntax of their own. Only an OPERATOR creates projects. */
const excluded = ['topicCreate', 'projectCreate']
const mutations = Object.values(executableSchema().getMutationType()?.getFields() ?? {}).flatMap(
  ({ name, args, type }) => {
    const input = getNamedType(args[0]?.type)
    if (!isInputObjectType(input) || !('name' in input.getFields()) || excluded.includes(name)) return []
    const payload = getNamedType(type) as GraphQLObjectType
    const thing = Object.values(payload.getFields()).find((field) => isObjectType(getNamedType(field.type)))
    return [{ name, input: input.name, thing: thing?.name ?? '' }]
  },
)

async function callWithName({ name, input, thing }: (typeof mutations)[number], text: string) {
  const query = `mutation ($input: ${input}!) { it: ${name}(input: $input) { thing: ${thing} { name } userErrors { code field } } }`
  const id = ids[name]
  const values = { ...needed[name], ...(id !== undefined && { id }), name: text }
  return sendBody(server, acme, JSON.stringify({ query, variables: { input: values } }))
}
/** Whether the mutation removes hidden characters from the name. The others refuse them. */
const removesHidden = (name: string) => name.startsWith('customer')

describe.each(mutations)('$name', (mutation) => {
  test.each([
    ['no characters', '', 'REQUIRED'],
    ['spaces', ' \u2003\u00a0', 'REQUIRED'],
    ['zero-width spaces', '\u200b\u200b', 'REQUIRED'],
    ['joiners', '\u200d\u200c', 'REQUIRED'],
    ['a direction override', '\u202e', 'REQUIRED'],
    ['201 characters', 'x'.repeat(201), 'TOO_LONG'],
    ['300 emoji', '🍕'.repeat(300), 'TOO_LONG'],
    ['100 kB', 'x'.repeat(100_000), 'TOO_LONG'],
    ['control characters', '\0\t\r\n\u001b\u0085', 'REQUIRED'],
  ])(`${mutation.name} refuses a name of %s`, async (what, text, code) => {
    const { name } = mutation
    // A key may have no name. A name without visible characters counts as none.
    if (name === 'keyCreate' && code === 'REQUIRED') return
    const { text: answer } = await expectHarmless(server, acme, () => callWithName(mutation, text))
    const { data } = JSON.parse(answer) as GraphQLAnswer
    expect(data, what).toEqual({ it: { thing: null, userErrors: [{ code, field: ['name'] }] } })
  })

  test.each([
    ['a tab', 'Main\tStreet', 'Main Street'],
    ['a line break', 'Main\r\nStreet', 'Main Street'],
    ['U+0085', 'Main\u0085Street', 'Main Street'],
    ['a line separator', 'Main\u2028Street', 'Main Street'],
    ['NUL', 'Main\0 Street', 'Main Street'],
    ['an escape character', '\u001b[31mMain', '[31mMain'],
    ['a C1 control', 'Main\u009b31mStreet', 'Main31mStreet'],
    ['control characters around it', '\t\u0085Main\r\n\0', 'Main'],
  ])(`${mutation.name} removes from a name %s`, async (_, text, name) => {
    const { data } = JSON.parse((await callWithName(mutation, text)).text) as GraphQLAnswer
    expect(data).toEqual({ it: { thing: { name }, userErrors: [] } })
  })

  test.each([
    ['a zero-width space', 'Main\u200bStreet'],
    ['a direction override', 'Main\u202eteertS'],
    ['a direction isolate', 'Main\u2067Street\u2069!'],
    ['half of a surrogate pair', 'Main\ud83d'],
  ])(
    `${mutation.name} ${removesHidden(mutation.name) ? 'removes from' : 'refuses in'} a name %s`,
    async (_, text) => {
      if (!removesHidden(mutation.name)) {
        const { text: answer } = await expectHarmless(server, acme, () => callWithName(mutation, text))
        expect(answer).toContain('"INVALID"')
        return
      }
      const { data } = JSON.parse((await callWithName(mutation, text)).text) as GraphQLAnswer
      expect(data?.['it']).toMatchObject({
        thing: { name: text.replace(/[\u200b-\u206f]|\p{Surrogate}/gu, '') },
      })
    },
  )

  test.each([
    ['emoji', '👩‍🍳 Pizza ❤️'],
    ['right-to-left text', 'مطعم — בית'],
    ['markup', '<script>alert(1)</script>'],
    ['a spreadsheet formula', '=cmd|A1'],
    ['SQL', "Robert'); drop table sites;--"],
    ['a template', '{{7*7}}${7*7}'],
    ['__proto__', '__proto__'],
  ])(`${mutation.name} stores a name of %s unchanged, without the white space around it`, async (_, text) => {
    const { data } = JSON.parse((await callWithName(mutation, ` ${text}\u200b`)).text) as GraphQLAnswer
    expect(data?.['it']).toEqual({ thing: { name: text }, userErrors: [] })
  })
})
