/** Idempotency keys: their form, when two inputs are the same, and how an answer is kept. */
import { createHash } from 'node:crypto'
import { problem, type Problem } from './problem.ts'
import { checkText, isProblem, withoutSpaceAround } from './text.ts'

export const maxIdempotencyKeyLength = 255

/** The key, null when there is none, or what is wrong with it. */
export function checkIdempotencyKey(key: string | null | undefined): string | null | Problem {
  if (key === null || key === undefined) return null
  const field = ['idempotencyKey']
  const trimmed = withoutSpaceAround(key)
  const checked = checkText(trimmed, field, maxIdempotencyKeyLength)
  // Names lose control characters. A key must not: two different keys would become one.
  return isProblem(checked) || checked === trimmed
    ? checked
    : problem('INVALID', field, 'idempotencyKey has control characters in it; leave them out')
}

/**
 * Equal for equal inputs, in whatever order their members are written. The key itself is no part of the input. A member
 * that is undefined is left out, and null is a value: a mutation to which both mean the same hands in null.
 */
export function hashInput(input: Readonly<Record<string, unknown>>): string {
  const { idempotencyKey: _, ...rest } = input
  return createHash('sha256').update(inOneOrder(rest)).digest('hex')
}

/** As JSON, the members of every object sorted by name. */
function inOneOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return value === undefined ? 'null' : JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(inOneOrder).join()}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inOneOrder(member)}`).join()}}`
}

export function writeAnswer(answer: unknown): string {
  return JSON.stringify(answer)
}

/** Reads what `writeAnswer` wrote: instants are the members whose names end in `At`, as everywhere in the domain. */
export function readAnswer(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) =>
    name.endsWith('At') && typeof value === 'string' ? new Date(value) : value,
  )
}
