/**
 * Lints a GraphQL schema: descriptions, names, Relay connections, and the common form of mutations. Each complaint
 * names its element. https://relay.dev/graphql/connections.htm
 */
import {
  DEFAULT_DEPRECATION_REASON,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql'

/** A named element of the schema, with its path. */
interface Element {
  readonly path: string
  readonly name: string
  readonly style: keyof typeof styles
  readonly description: string | null | undefined
  readonly deprecationReason?: string | null | undefined
}

const styles = {
  PascalCase: /^[A-Z][A-Za-z0-9]*$/,
  camelCase: /^[a-z][A-Za-z0-9]*$/,
  SCREAMING_SNAKE: /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/,
} as const

/** Matches a text that ends like a sentence. A link or inline code may follow the end. */
const sentence = /[.:]$|[.:] (`[^`]+`|https?:\/\/\S+)$/

/** Returns the complaints about the schema. `nodeTypes`: the types that an id prefix can name. */
export function complaintsOf(schema: GraphQLSchema, nodeTypes: readonly string[]): readonly string[] {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  )
  return [
    ...elementsOf(schema, types).flatMap(ofElement),
    ...types.filter(isObjectType).flatMap((type) => ofObject(type, schema)),
    ...Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap(ofMutation),
    ...ofNodes(schema, nodeTypes),
    ...ofReach(schema, types),
  ]
}

function elementsOf(schema: GraphQLSchema, types: readonly GraphQLNamedType[]): readonly Element[] {
  const directives = schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive))
  return [
    ...directives.map((found): Element => ({ ...of(found), path: `@${found.name}`, style: 'camelCase' })),
    ...types.flatMap((type): readonly Element[] => [
      { ...of(type), path: type.name, style: 'PascalCase' },
      ...membersOf(type),
    ]),
  ]
}

function membersOf(type: GraphQLNamedType): readonly Element[] {
  const at = (name: string): string => `${type.name}.${name}`
  if (isEnumType(type))
    return type.getValues().map((value) => ({ ...of(value), path: at(value.name), style: 'SCREAMING_SNAKE' }))
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map((field) => ({
      ...of(field),
      path: at(field.name),
      style: 'camelCase',
    }))
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap((field): readonly Element[] => [
    { ...of(field), path: at(field.name), style: 'camelCase' },
    ...field.args.map((argument): Element => ({
      ...of(argument),
      path: `${at(field.name)}(${argument.name})`,
      style: 'camelCase',
    })),
  ])
}

function of(found: Pick<Element, 'name' | 'description' | 'deprecationReason'>) {
  const { name, description, deprecationReason } = found
  return { name, description, deprecationReason }
}

function ofElement({ path, name, style, description, deprecationReason }: Element): readonly string[] {
  const complaints: string[] = []
  if (description == null || description.trim() === '') complaints.push(`${path} has no description`)
  else if (!sentence.test(description.trim()))
    complaints.push(`${path}: its description does not end as a sentence`)
  if (!styles[style].test(name)) complaints.push(`${path} is not named in ${style}`)
  if (
    deprecationReason != null &&
    (deprecationReason.trim() === '' || deprecationReason === DEFAULT_DEPRECATION_REASON)
  )
    complaints.push(`${path} is deprecated without a reason`)
  return complaints
}

function ofObject(type: GraphQLObjectType, schema: GraphQLSchema): readonly string[] {
  const own = type.name.endsWith('Connection')
    ? ofConnection(type, schema)
    : type.name.endsWith('Edge')
      ? ofEdge(type)
      : []
  return [...own, ...Object.values(type.getFields()).flatMap((field) => ofPaged(type, field))]
}

function ofConnection(type: GraphQLObjectType, schema: GraphQLSchema): readonly string[] {
  const node = type.name.slice(0, -'Connection'.length)
  const complaints = expectFields(type, {
    edges: `[${node}Edge!]!`,
    nodes: `[${node}!]!`,
    pageInfo: 'PageInfo!',
  })
  const pageInfo = schema.getType('PageInfo')
  return isObjectType(pageInfo)
    ? [
        ...complaints,
        ...expectFields(pageInfo, {
          hasNextPage: 'Boolean!',
          hasPreviousPage: 'Boolean!',
          startCursor: 'String',
          endCursor: 'String',
        }),
      ]
    : [...complaints, 'PageInfo is missing']
}

const ofEdge = (type: GraphQLObjectType): readonly string[] =>
  expectFields(type, { cursor: 'String!', node: `${type.name.slice(0, -'Edge'.length)}!` })

function ofPaged(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): readonly string[] {
  if (!getNamedType(field.type).name.endsWith('Connection')) return []
  const wanted = { first: 'Int', after: 'String', last: 'Int', before: 'String' }
  return Object.entries(wanted).flatMap(([name, expected]) => {
    const found = field.args.find((argument) => argument.name === name)
    return String(found?.type) === expected
      ? []
      : [`${type.name}.${field.name} pages, and does not take ${name}: ${expected}`]
  })
}

function ofMutation(field: GraphQLField<unknown, unknown>): readonly string[] {
  const path = `Mutation.${field.name}`
  const name = field.name.charAt(0).toUpperCase() + field.name.slice(1)
  const taken = field.args.map((argument) => `${argument.name}: ${String(argument.type)}`).join(', ')
  const complaints: string[] = []
  if (taken !== `input: ${name}Input!`)
    complaints.push(`${path} takes (${taken}) in place of (input: ${name}Input!)`)
  if (String(field.type) !== `${name}Payload`)
    complaints.push(`${path} answers ${String(field.type)} in place of ${name}Payload`)
  const payload = getNamedType(field.type)
  if (!isObjectType(payload)) return complaints
  const nullable = Object.values(payload.getFields()).filter(
    (answered) => answered.name !== 'userErrors' && isNonNullType(answered.type),
  )
  return [
    ...complaints,
    ...expectFields(payload, { userErrors: '[UserError!]!' }),
    ...nullable.map(
      (answered) => `${payload.name}.${answered.name} is not null where the mutation is refused`,
    ),
  ]
}

function ofNodes(schema: GraphQLSchema, nodeTypes: readonly string[]): readonly string[] {
  const node = schema.getType('Node')
  if (!isInterfaceType(node)) return ['Node is missing']
  const implementing = schema.getPossibleTypes(node)
  return [
    ...implementing.flatMap((type) => expectFields(type, { id: 'ID!' })),
    ...implementing
      .filter(({ name }) => !nodeTypes.includes(name))
      .map(({ name }) => `${name} is a Node, and no prefix of an id names it`),
    ...nodeTypes
      .filter((name) => !implementing.some((type) => type.name === name))
      .map((name) => `${name} is named by a prefix of an id, and is no Node`),
  ]
}

/** Complains about types that no operation can reach. */
function ofReach(schema: GraphQLSchema, types: readonly GraphQLNamedType[]): readonly string[] {
  const reached = new Set<GraphQLNamedType>()
  const waiting: GraphQLNamedType[] = [
    schema.getQueryType(),
    schema.getMutationType(),
    schema.getSubscriptionType(),
    ...schema.getDirectives().flatMap(({ args }) => args.map(({ type }) => getNamedType(type))),
  ].filter((type) => type != null)
  for (let type = waiting.pop(); type !== undefined; type = waiting.pop()) {
    if (reached.has(type)) continue
    reached.add(type)
    if (isUnionType(type) || isInterfaceType(type)) waiting.push(...schema.getPossibleTypes(type))
    if (isObjectType(type) || isInterfaceType(type)) {
      waiting.push(...type.getInterfaces())
      for (const field of Object.values(type.getFields()))
        waiting.push(getNamedType(field.type), ...field.args.map((argument) => getNamedType(argument.type)))
    }
    if (isInputObjectType(type))
      waiting.push(...Object.values(type.getFields()).map((field) => getNamedType(field.type)))
  }
  return types.filter((type) => !reached.has(type)).map(({ name }) => `${name} cannot be reached`)
}

function expectFields(type: GraphQLObjectType, wanted: Readonly<Record<string, string>>): readonly string[] {
  const fields = type.getFields()
  return Object.entries(wanted).flatMap(([name, expected]) => {
    const found = fields[name]
    if (found === undefined) return [`${type.name} has no ${name}: ${expected}`]
    return String(found.type) === expected
      ? []
      : [`${type.name}.${name} is ${String(found.type)} in place of ${expected}`]
  })
}
