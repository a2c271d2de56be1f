/** The conventions of schema.graphql, and that the linter finds every breach of them. */
import { buildSchema, isInterfaceType } from 'graphql'
import { describe, expect, test } from 'vitest'
import { idPrefixes } from '../src/domain/shared/ids.ts'
import { executableSchema, schemaText } from '../src/graphql/schema.ts'
import { complaintsOf } from './support/checks/lint-schema.ts'

/** The types that the prefixes of ids name, as the resolver of `Node` returns them. */
function namedById(): readonly string[] {
  const schema = executableSchema()
  const node = schema.getType('Node')
  if (!isInterfaceType(node) || node.resolveType == null)
    throw new Error('expected Node to resolve its types')
  const typeOf = node.resolveType as (value: { id: string }) => unknown
  return Object.values(idPrefixes).map((prefix) =>
    String(typeOf({ id: `${prefix}_01kjd3s5x0f3r8qz6v2m4n7b9z` })),
  )
}

const nodeTypes = namedById()

test('schema.graphql describes every element, follows the naming rules and has Relay connections', () => {
  expect(complaintsOf(buildSchema(schemaText), nodeTypes)).toEqual([])
})

describe('schema linter', () => {
  const without = (from: string | RegExp, to: string): readonly string[] => {
    const text = schemaText.replace(from, to)
    expect(text).not.toBe(schemaText)
    return complaintsOf(buildSchema(text, { assumeValid: true }), nodeTypes)
  }
  const added = (text: string): readonly string[] =>
    complaintsOf(buildSchema(`${schemaText}\n${text}`, { assumeValid: true }), nodeTypes)

  test.each([
    ['a type', /"An HTTP header\."\n/, 'Header has no description'],
    ['a field', /"The name of the header, as it is sent\."\n/, 'Header.name has no description'],
    ['an argument', /"A webhook's id, `whk_\.\.\.`\." /, 'Query.webhook(id) has no description'],
    [
      'a value of an enum',
      /"The order was created and is not accepted yet\."\n/,
      'OrderState.CREATED has no description',
    ],
    [
      'a field of an input',
      /"The last instant of the period; must be after `startsAt`\."\n/,
      'PickupWindowInput.endsAt has no description',
    ],
    ['a scalar', /^"""[^"]*"""\n(?=scalar DateTime)/, 'DateTime has no description'],
  ])('reports %s without a description', (_, description, complaint) => {
    expect(without(description, '')).toEqual([complaint])
  })

  test('reports a description that does not end as a sentence', () => {
    expect(without('"The request of an attempt."\ntype', '"The request of an attempt"\ntype')).toEqual([
      'AttemptRequest: its description does not end as a sentence',
    ])
  })

  test.each([
    [
      'a field',
      'extend type Header { "One." Raw_value: String }',
      'Header.Raw_value is not named in camelCase',
    ],
    ['a value', 'extend enum Preset { "One." flyBuy }', 'Preset.flyBuy is not named in SCREAMING_SNAKE'],
    [
      'a type',
      '"One." scalar big_int\nextend type Header { "One." n: big_int }',
      'big_int is not named in PascalCase',
    ],
  ])('reports the name of %s in another style', (_, text, complaint) => {
    expect(added(text)).toEqual([complaint])
  })

  test('reports every difference from a Relay connection', () => {
    const complaints = added(`
      "A page."
      type HeaderConnection { "One." edges: [HeaderEdge] "One." pageInfo: PageInfo }
      "An edge."
      type HeaderEdge { "One." cursor: String "One." node: Header! }
      extend type AttemptRequest { "A page." page("One." first: Int): HeaderConnection! }`)
    expect(complaints.toSorted()).toEqual([
      'AttemptRequest.page pages, and does not take after: String',
      'AttemptRequest.page pages, and does not take before: String',
      'AttemptRequest.page pages, and does not take last: Int',
      'HeaderConnection has no nodes: [Header!]!',
      'HeaderConnection.edges is [HeaderEdge] in place of [HeaderEdge!]!',
      'HeaderConnection.pageInfo is PageInfo in place of PageInfo!',
      'HeaderEdge.cursor is String in place of String!',
    ])
  })

  test('reports a mutation without an input object and a payload', () => {
    expect(
      added(`
        extend type Mutation { "One." siteTouch("One." id: ID!): SiteTouched! }
        "One."
        type SiteTouched { "One." site: Site! }`),
    ).toEqual([
      'Mutation.siteTouch takes (id: ID!) in place of (input: SiteTouchInput!)',
      'Mutation.siteTouch answers SiteTouched! in place of SiteTouchPayload',
      'SiteTouched has no userErrors: [UserError!]!',
      'SiteTouched.site is not null where the mutation is refused',
    ])
  })

  test('reports a deprecated field without a reason', () => {
    expect(added('extend type Header { "One." old: String @deprecated }')).toEqual([
      'Header.old is deprecated without a reason',
    ])
    expect(added('extend type Header { "One." old: String @deprecated(reason: "Use `name`.") }')).toEqual([])
  })

  test('reports a type that cannot be reached', () => {
    expect(added('"One." enum Lost { "One." A }')).toEqual(['Lost cannot be reached'])
  })

  test('reports a node without an id prefix, and an id prefix without a node', () => {
    expect(added('extend type Header implements Node')).toEqual([
      'Header has no id: ID!',
      'Header is a Node, and no prefix of an id names it',
    ])
    expect(complaintsOf(buildSchema(schemaText), [...nodeTypes, 'Menu'])).toEqual([
      'Menu is named by a prefix of an id, and is no Node',
    ])
  })
})
