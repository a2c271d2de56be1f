/** Idempotency keys: their form, when two inputs are the same, and how an answer is kept. */
import { createHash } from 'node:crypto'
import type { Problem } from './problem.ts'
import { checkText } from './text.ts'

export const maxIdempotencyKeyLength = 255

/** The key, null when there is none, or what is wrong with it. */
export function checkIdempotencyKey(key: string | null | undefined): string | null | Problem {
  return key === null || key === undefined
    ? null
    : checkText(key, ['idempotencyKey'], maxIdempotencyKeyLength)
}

/** Equal for equal inputs. The key itself is no part of the input. */
export function hashInput(input: Readonly<Record<string, unknown>>): string {
  const { idempotencyKey: _, ...rest } = input
  return createHash('sha256').update(JSON.stringify(rest)).digest('hex')
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
