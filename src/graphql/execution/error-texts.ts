/**
 * Messages of graphql's own errors about values that do not fit their type. The messages do not repeat the value,
 * except for a wrong enum value, after which they list the members of the enum.
 */
import { isEnumType, type GraphQLSchema } from 'graphql'
import { clip } from './document-limits.ts'

/** Maximum characters of a wrong enum value that an error repeats. */
const maxValueLength = 40
/** Maximum characters of the list of an enum's members. */
const maxMembersLength = 140
/** Webhook secrets and API keys that a caller sent in the wrong place. */
const secret = /\b(whsec_|obk_)\S*/g

/** The reason that the caller receives. Responses end up in logs, and a value in the wrong place may be a secret. */
export function reasonText(schema: GraphQLSchema, reason: string): string {
  return (
    ofEnum(schema, reason) ??
    reason
      .replace(/( cannot represent [\w -]*value): .*$/s, '$1')
      // A literal of another kind is not repeated, except null, which is not a secret.
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
  // A string instead of an enum name, which is a common mistake, is repeated. Values of other kinds are not.
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
