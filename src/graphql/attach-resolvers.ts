/** Attaches resolvers to a schema that was built from its SDL, which has none. */
import {
  isInterfaceType,
  isObjectType,
  isScalarType,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLTypeResolver,
} from 'graphql'

type Resolver = GraphQLFieldResolver<unknown, unknown>

/**
 * By type: the functions of a scalar, `resolveType` of an interface, or the resolvers of an object's fields. A field of
 * Subscription has both `subscribe` and `resolve`.
 */
export type ResolverMap = Readonly<Record<string, object>>

/** Throws for a type or field that the schema does not have. A field without a resolver returns the property. */
export function attachResolvers(schema: GraphQLSchema, resolvers: ResolverMap): void {
  for (const [name, members] of Object.entries(resolvers)) {
    const type = schema.getType(name)
    if (isObjectType(type)) attachToFields(type, members)
    else if (isScalarType(type)) Object.assign(type, members)
    else if (isInterfaceType(type))
      type.resolveType = (members as { resolveType: GraphQLTypeResolver<unknown, unknown> }).resolveType
    else throw new Error(`expected ${name} to be a type with resolvers, found ${type?.toString() ?? 'none'}`)
  }
}

function attachToFields(type: GraphQLObjectType, members: object): void {
  const fields = type.getFields()
  for (const [name, resolver] of Object.entries(members) as [string, Resolver | object][]) {
    const field = fields[name]
    if (field === undefined) throw new Error(`expected ${type.name} to have the field ${name}, found none`)
    if (typeof resolver === 'function') field.resolve = resolver as Resolver
    else Object.assign(field, resolver)
  }
}
