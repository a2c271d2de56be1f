/** The scalar DateTime: accepts RFC 3339, returns UTC with milliseconds. The scalar JSON needs no code here. */
import { GraphQLScalarType, Kind } from 'graphql'
import { readInstant } from '../../domain/shared/instant.ts'
import { codedError } from './errors.ts'

export const dateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  serialize: (value) => {
    if (!(value instanceof Date)) throw new Error(`expected a Date for a DateTime, found ${typeof value}`)
    return value.toISOString()
  },
  parseValue: parseInstant,
  parseLiteral: (node) => parseInstant(node.kind === Kind.STRING ? node.value : undefined),
})

function parseInstant(value: unknown): Date {
  const read = readInstant(value)
  if (typeof read === 'string') throw codedError('BAD_USER_INPUT', read)
  return read
}
