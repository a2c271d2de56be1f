/** JSON that callers hand in: what of it can be kept, and the text that is kept of it. Whether it is what a topic asks for is `topic.ts`. */
import { problem, type Problem, type Result, ok, refused } from './problem.ts'

/** Objects and lists within each other. */
export const maxJsonDepth = 64
/** Places at fault that one refusal names. */
const maxProblems = 10
/** Code points of a key that a problem's path repeats. */
const maxPathPart = 100

/** A JSON object as it is kept: compact, keys in the order given. */
export interface JsonText {
  readonly text: string
  /** Objects in it, itself included. */
  readonly objects: number
}

/**
 * Writes an object down, or says why it cannot be: not an object (INVALID), deeper than `maxJsonDepth` (INVALID), more
 * than `maxBytes` as UTF-8 (TOO_LONG), or with numbers whose digits were lost on their way here (INVALID). Texts
 * are kept whatever they hold: what UTF-8 has no room for is written as an escape.
 */
export function writeObject(
  value: unknown,
  field: readonly string[],
  { maxBytes }: { readonly maxBytes: number },
): Result<JsonText> {
  const name = field.at(-1) ?? 'the value'
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused(problem('INVALID', field, `${name} is no JSON object; write it in braces`))
  const walk = makeWalk(field)
  const text = walk.write(value, [])
  if (walk.problems.length > 0) return refused(...walk.problems)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes)
    return refused(
      problem('TOO_LONG', field, `${name} has ${bytes} bytes as compact JSON; ${maxBytes} are the most`),
    )
  return ok({ text, objects: walk.objects() })
}

/** Where in the input a part of `field` is, with its keys cut so that the answer is not as long as the input. */
export function pathInto(field: readonly string[], path: readonly string[]): readonly string[] {
  return [...field, ...path.map((part) => cut(part, maxPathPart))]
}

/** At most so many characters, the last one an ellipsis where there were more. */
export function cut(text: string, maxLength: number): string {
  const characters = Array.from(text.slice(0, 2 * maxLength + 2))
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : text
}

function makeWalk(field: readonly string[]) {
  const problems: Problem[] = []
  let count = 0

  const refuse = (path: readonly string[], message: string): string => {
    if (problems.length < maxProblems) problems.push(problem('INVALID', pathInto(field, path), message))
    return 'null'
  }
  const write = (value: unknown, path: readonly string[]): string => {
    if (typeof value === 'number') return writeNumber(value, path)
    // A variable that was left out leaves nothing in a list, and no member in an object: as elsewhere in GraphQL.
    if (value === undefined) return 'null'
    if (typeof value !== 'object' || value === null) return JSON.stringify(value)
    if (path.length >= maxJsonDepth)
      return refuse(path, `there are more than ${maxJsonDepth} objects and lists within each other`)
    if (Array.isArray(value))
      return `[${value.map((member: unknown, index) => write(member, [...path, String(index)])).join()}]`
    count += 1
    const members = Object.entries(value).flatMap(([key, member]: [string, unknown]) =>
      member === undefined ? [] : [`${JSON.stringify(key)}:${write(member, [...path, key])}`],
    )
    return `{${members.join()}}`
  }
  // Read as doubles before we see them: of these we can still tell that they are not what was written.
  const writeNumber = (value: number, path: readonly string[]): string => {
    if (!Number.isFinite(value))
      return refuse(path, 'is a number beyond what a double holds; write it as a text')
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return refuse(path, 'is a whole number beyond 2^53, whose digits may be lost; write it as a text')
    return Object.is(value, -0) ? '-0' : JSON.stringify(value)
  }
  return { write, problems: problems as readonly Problem[], objects: () => count }
}
