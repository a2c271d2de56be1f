/** The source of an order: a short name for where the order came from, such as the app or the integration that sent it. */
import { problem, type Problem } from '../shared/problem.ts'
import { withoutSpaceAround } from '../shared/text.ts'

export const maxSourceLength = 40
const name = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** Returns the name without white space around it; null when none is given. TOO_LONG; INVALID when it does not have this form. */
export function checkSource(
  source: string | null | undefined,
  field: readonly string[],
): string | null | Problem {
  if (source === null || source === undefined) return null
  const trimmed = withoutSpaceAround(source)
  if (trimmed.length > maxSourceLength)
    return problem(
      'TOO_LONG',
      field,
      `a source has at most ${maxSourceLength} characters; this one has ${trimmed.length}`,
    )
  if (name.test(trimmed)) return trimmed
  return problem(
    'INVALID',
    field,
    'a source begins with a letter or digit and consists of letters, digits, ".", "_" and "-", such as "app" or "web-shop"',
  )
}
