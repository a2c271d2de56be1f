/** Idempotency keys: validation, the hash that compares two inputs, and the serialization of stored responses. */
import { createHash } from 'node:crypto'
import { problem, type Problem } from './problem.ts'
import { checkText, isProblem, withoutSpaceAround } from './text.ts'

/** In Unicode code points. */
export const maxIdempotencyKeyLength = 255

/** Returns the trimmed key, null when the client sent none, or a problem. */
export function checkIdempotencyKey(key: string | null | undefined): string | null | Problem {
  if (key === null || key === undefined) return null
  const field = ['idempotencyKey']
  const trimmed = withoutSpaceAround(key)
  const checked = checkText(trimmed, field, maxIdempotencyKeyLength)
  // checkText removes control characters. Removing them from a key could make two different keys equal.
  return isProblem(checked) || checked === trimmed
    ? checked
    : problem('INVALID', field, 'idempotencyKey has control characters in it; leave them out')
}

/**
 * Returns the SHA-256 of a mutation's input, in hex. The order of object members does not change the hash. The
 * idempotency key is not hashed. Undefined members are ignored; null members are hashed. A mutation that treats
 * undefined as null must pass null.
 */
export function hashInput(input: Readonly<Record<string, unknown>>): string {
  const { idempotencyKey: _, ...rest } = input
  return createHash('sha256').update(inOneOrder(rest)).digest('hex')
}

/** Serializes a value as JSON with the members of every object sorted by name. */
function inOneOrder(value: unknown): string {
  if (typeof value !== 'object' || value === null || value instanceof Date)
    return value === undefined ? 'null' : JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(inOneOrder).join()}]`
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inOneOrder(member)}`).join()}}`
}

/** The problem of a request with a key that was used with another input. */
export function keyReused(mutation: string): Problem {
  return problem(
    'IDEMPOTENCY_KEY_REUSED',
    ['idempotencyKey'],
    `${mutation} was requested with this key before, with another input: use a new key for a new request`,
  )
}

/** Serializes a mutation's response, to be stored with its idempotency key. */
export function writeAnswer(answer: unknown): string {
  return JSON.stringify(answer)
}

/** Parses the text that `writeAnswer` returned. String members whose names end in `At` become dates. */
export function readAnswer(text: string): unknown {
  return JSON.parse(text, (name, value: unknown) =>
    name.endsWith('At') && typeof value === 'string' ? new Date(value) : value,
  )
}
