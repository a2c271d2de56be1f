/**
 * Counts the bytes of a response while it is built: the names of fields and the values, each time they occur. A row
 * that was read once may occur thousands of times in a response, under aliases or in nested pages.
 */
import {
  defaultFieldResolver,
  isLeafType,
  isObjectType,
  getNamedType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql'
import type { Context } from '../core/context.ts'

/**
 * Texts of at least this length are measured as JSON writes them: a control character takes six bytes, an emoji four.
 * The length of a shorter text counts as its size.
 */
const measuredFromLength = 256
/** Bytes counted for a value that is neither a text nor a list: a number, a boolean, an instant or a JSON object. */
const smallBytes = 16

type Resolver = GraphQLFieldResolver<unknown, Context>

/** Wraps the resolvers of all fields of all object types except the root types, whose fields are too few to matter. */
export function countResponseBytes(schema: GraphQLSchema): void {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || roots.includes(type) || type.name.startsWith('__')) continue
    for (const field of Object.values(type.getFields())) {
      const resolve = field.resolve ?? defaultFieldResolver
      field.resolve = isLeafType(getNamedType(field.type)) ? countedLeaf(resolve) : countedName(resolve)
    }
  }
}

function countedName(resolve: Resolver): Resolver {
  return (source, args, context, info): unknown => {
    context.bytes.takeResponse(String(info.path.key).length)
    return resolve(source, args, context, info)
  }
}

function countedLeaf(resolve: Resolver): Resolver {
  return (source, args, context, info): unknown => {
    const count = (value: unknown): unknown => {
      context.bytes.takeResponse(String(info.path.key).length + sizeOf(value))
      return value
    }
    const value: unknown = resolve(source, args, context, info)
    return value instanceof Promise ? value.then(count) : count(value)
  }
}

/** Does not look into JSON objects: the byte budget counts them each time they are read. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string')
    return value.length < measuredFromLength ? value.length : Buffer.byteLength(JSON.stringify(value))
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + sizeOf(one), 0)
  return smallBytes
}
