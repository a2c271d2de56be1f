/**
 * Counts what an answer repeats: names of fields and texts, as often as they stand in it. One row that was read once may
 * stand in an answer thousands of times, below aliases or in pages within pages.
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

/** From this length on a text is measured as it will be written: control characters are six there, emojis four. */
const measuredFrom = 256
/** Of a number, an instant or a member of an enum. */
const smallBytes = 16

type Resolver = GraphQLFieldResolver<unknown, Context>

/** Every field of every object that is no root: those are too few to matter. */
export function countAnswers(schema: GraphQLSchema): void {
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
    context.bytes.answer(String(info.path.key).length)
    return resolve(source, args, context, info)
  }
}

function countedLeaf(resolve: Resolver): Resolver {
  return (source, args, context, info): unknown => {
    const count = (value: unknown): unknown => {
      context.bytes.answer(String(info.path.key).length + sizeOf(value))
      return value
    }
    const value: unknown = resolve(source, args, context, info)
    return value instanceof Promise ? value.then(count) : count(value)
  }
}

/** JSON values are not looked through: they are counted each time that one is read. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string')
    return value.length < measuredFrom ? value.length : Buffer.byteLength(JSON.stringify(value))
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + sizeOf(one), 0)
  return smallBytes
}
