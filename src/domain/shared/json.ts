/** Checks and serializes JSON objects from the client. Does not validate them against a topic's JSON Schema. */
import { problem, type Problem, type Result, ok, refused } from './problem.ts'

/** Levels of nested objects and lists. */
export const maxJsonDepth = 64
/** Problems that one response lists. */
const maxProblems = 10
/** Code points of an object key that a problem's path repeats. */
const maxPathPart = 100

/** A serialized JSON object: compact, with its keys in the client's order. */
export interface JsonText {
  readonly text: string
  /** Number of objects, including the outermost one. */
  readonly objects: number
}

/**
 * Serializes a JSON object, or returns problems. INVALID: the value is not an object, is nested deeper than
 * `maxJsonDepth`, or has an infinite number or an integer beyond 2^53. TOO_LONG: it has more than `maxBytes` bytes of
 * UTF-8. Strings may contain any characters; lone surrogates, which UTF-8 cannot encode, are escaped.
 */
export function writeObject(
  value: unknown,
  field: readonly string[],
  { maxBytes }: { readonly maxBytes: number },
): Result<JsonText> {
  const name = field.at(-1) ?? 'the value'
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refused(problem('INVALID', field, `${name} is not a JSON object; write it in braces`))
  const walk = makeWalk(field)
  const text = walk.write(value, [])
  if (walk.problems.length > 0) return refused(...walk.problems)
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes)
    return refused(
      problem('TOO_LONG', field, `${name} has ${bytes} bytes as compact JSON; the maximum is ${maxBytes}`),
    )
  return ok({ text, objects: walk.objects() })
}

/** Returns the path of a value inside `field`. Long object keys are cut, so that the response stays short. */
export function pathInto(field: readonly string[], path: readonly string[]): readonly string[] {
  return [...field, ...path.map((part) => cut(part, maxPathPart))]
}

/** Returns at most `maxLength` code points of the text. Where it was longer, the last one is an ellipsis. */
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
    // A GraphQL variable that the client omitted is undefined: null in a list, and no member in an object.
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
  // Numbers arrive parsed as doubles. These two checks find the ones that may differ from what the client wrote.
  const writeNumber = (value: number, path: readonly string[]): string => {
    if (!Number.isFinite(value))
      return refuse(path, 'is a number beyond what a double holds; write it as a text')
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      return refuse(path, 'is a whole number beyond 2^53, whose digits may be lost; write it as a text')
    return Object.is(value, -0) ? '-0' : JSON.stringify(value)
  }
  return { write, problems: problems as readonly Problem[], objects: () => count }
}
