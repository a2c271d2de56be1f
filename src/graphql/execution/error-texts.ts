/** What graphql's own errors say of a value that does not fit its type: never the value, except for an enum, whose members are named beside it. */
import { isEnumType, type GraphQLSchema } from 'graphql'
import { clip } from './document-limits.ts'

/** Characters of a wrong enum value that an error repeats. */
const maxValueLength = 40
/** Characters of an enum's members that an error names. */
const maxMembersLength = 140
/** Secrets of ours that were given in a wrong place. */
const secret = /\b(whsec_|obk_)\S*/g

/** The reason as a caller is told it. An answer ends up in logs, and a value in a wrong place may be a secret. */
export function reasonText(schema: GraphQLSchema, reason: string): string {
  return (
    ofEnum(schema, reason) ??
    reason
      .replace(/( cannot represent [\w -]*value): .*$/s, '$1')
      // A literal of another kind. Null is no secret.
      .replace(/^(Expected value of type ".*?", found) (?!null\b).*$/s, '$1 another')
  )
}

function ofEnum(schema: GraphQLSchema, reason: string): string | null {
  const [, unknown, itsName] = /^Value "(.*)" does not exist in "(\w+)" enum/s.exec(reason) ?? []
  if (unknown !== undefined && itsName !== undefined)
    return `Value "${shown(unknown)}" does not exist in "${itsName}" enum${membersOf(schema, itsName)}`
  const [, name, what = '', literal = ''] =
    /^Enum "(\w+)" cannot represent ([\w-]* ?value): (.*)$/s.exec(reason) ?? []
  if (name === undefined) return null
  // A text where a name belongs, as many write it. Of other kinds of values nothing is repeated.
  const [, text] = /^"(.*)"\./s.exec(literal) ?? []
  const value = text === undefined ? '' : `: "${shown(text)}"`
  return `Enum "${name}" cannot represent ${what}${value}${membersOf(schema, name)}`
}

function shown(value: string): string {
  return clip(value.replace(secret, '$1…'), maxValueLength)
}

function membersOf(schema: GraphQLSchema, name: string): string {
  const type = schema.getType(name)
  if (!isEnumType(type)) return '.'
  const names = type.getValues().map((member) => member.name)
  const fitting = names.filter((_, index) => names.slice(0, index + 1).join(', ').length <= maxMembersLength)
  const more = names.length - fitting.length
  return `; its members are ${fitting.join(', ')}${more === 0 ? '' : ` and ${more} more`}.`
}
