/** Generates random operations from the schema: a root field with arguments of valid types and a random selection. */
import {
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql'
import type { Input } from '../../api/support/fixtures.ts'

/** A deterministic random generator. The same seed gives the same sequence. */
export interface Draw {
  /** An integer from 0 to below `count`. */
  below(count: number): number
  /** True with the probability `share`. */
  maybe(share: number): boolean
  /** One of the values. Throws when there are none. */
  from<T>(values: readonly T[]): T
}

export function drawFrom(seed: number): Draw {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    below: (count) => Math.floor(next() * count),
    maybe: (share) => next() < share,
    from: <T>(values: readonly T[]) => {
      if (values.length === 0) throw new Error('expected something to draw from')
      return values[Math.floor(next() * values.length)] as T
    },
  }
}

/** The values for arguments. `name` is the argument's name; `siteIds` is treated like `siteId`. */
export interface Sources {
  id(name: string): string
  text(name: string): string
  cursor(): string
}

export interface RootName {
  readonly root: 'query' | 'mutation' | 'subscription'
  readonly field: string
}

export function rootNames(schema: GraphQLSchema): readonly RootName[] {
  return (['query', 'mutation', 'subscription'] as const).flatMap((root) =>
    Object.keys(rootType(schema, root).getFields()).map((field) => ({ root, field })),
  )
}

function rootType(schema: GraphQLSchema, root: RootName['root']) {
  const type = {
    query: schema.getQueryType(),
    mutation: schema.getMutationType(),
    subscription: schema.getSubscriptionType(),
  }[root]
  if (type == null) throw new Error(`expected the schema to have a ${root} type`)
  return type
}

/** Maximum depth of a selection. */
const maxDepth = 3

export function drawOperation(
  schema: GraphQLSchema,
  { root, field: name }: RootName,
  draw: Draw,
  sources: Sources,
): { readonly query: string; readonly variables: Input } {
  const field = rootType(schema, root).getFields()[name]
  if (field === undefined) throw new Error(`expected ${root} to have ${name}`)
  const given = drawArguments(field, draw)
  const variables = Object.fromEntries(
    given.map((argument) => [argument.name, valueOf(argument.type, argument.name, draw, sources)]),
  )
  const declared = given.map((argument) => `$${argument.name}: ${String(argument.type)}`).join(', ')
  const passed = given.map((argument) => `${argument.name}: $${argument.name}`).join(', ')
  const selected = selectionOf(schema, field.type, draw, maxDepth)
  return {
    query: `${root}${declared && ` (${declared})`} { ${name}${passed && `(${passed})`}${selected} }`,
    variables,
  }
}

/** Chooses arguments: only one of a look-up's arguments, and not both `first` and `last` of a page. */
function drawArguments({ args }: GraphQLField<unknown, unknown>, draw: Draw): readonly GraphQLArgument[] {
  const isPage = args.some((argument) => argument.name === 'first')
  if (!isPage && args.length > 1 && args.every(({ type }) => !isNonNullType(type))) return [draw.from(args)]
  const end = draw.from(['first', 'last'])
  return args.filter(
    ({ name, type }) =>
      isNonNullType(type) ||
      (name === 'first' || name === 'last' ? name === end && draw.maybe(0.5) : draw.maybe(0.3)),
  )
}

function valueOf(type: GraphQLInputType, name: string, draw: Draw, sources: Sources): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, name, draw, sources)
  if (isListType(type)) {
    const { ofType } = type
    return Array.from({ length: 1 + draw.below(2) }, () => valueOf(ofType, name, draw, sources))
  }
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter(({ type: member }) => isNonNullType(member) || draw.maybe(0.25))
        .map((member) => [member.name, valueOf(member.type, member.name, draw, sources)]),
    )
  if (isEnumType(type)) return draw.from(type.getValues()).name
  switch (type.name) {
    case 'ID':
      return sources.id(name)
    case 'String':
      return name === 'after' || name === 'before' ? sources.cursor() : sources.text(name)
    case 'Int':
      return 1 + draw.below(8)
    case 'Float':
      return 1_000 * (1 + draw.below(20))
    case 'Boolean':
      return draw.maybe(0.5)
    case 'DateTime':
      return new Date(Date.now() + (draw.below(7) - 3) * 86_400_000).toISOString()
    case 'JSON':
      return { text: sources.text(name) }
    default:
      throw new Error(`expected to know how to draw a ${type.name}`)
  }
}

/** Selects all leaf fields and some of the object fields. */
function selectionOf(schema: GraphQLSchema, output: GraphQLOutputType, draw: Draw, depth: number): string {
  const type = getNamedType(output)
  if (isLeafType(type)) return ''
  if (isInterfaceType(type)) {
    // One type only, because two types may have fields of the same name with different types.
    const one = draw.from(schema.getPossibleTypes(type))
    return ` { __typename id ... on ${one.name}${selectionOf(schema, one, draw, Math.min(depth, 2))} }`
  }
  if (!isObjectType(type)) throw new Error(`expected ${type.name} to be an object type`)
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const isLeaf = isLeafType(getNamedType(field.type))
    const goes = isLeaf || (depth > 0 && (draw.maybe(0.5) || /^(nodes|attempt|delivery)$/.test(field.name)))
    if (!goes || field.name === 'edges') return []
    const page = field.args.some((argument) => argument.name === 'first') ? '(first: 3)' : ''
    return [`${field.name}${page}${selectionOf(schema, field.type, draw, depth - 1)}`]
  })
  return ` { __typename ${fields.join(' ')} }`
}
