/** Names the topics that a client may have meant by a selection that matches none. */
import { cut } from '../shared/json.ts'

/** Maximum number of topics that a message suggests. */
const maxSuggested = 3
/** Code points of an invalid selection that the error message repeats. */
const maxNamedLength = 64
/** Topics are compared with this many characters of a selection, so that a long selection costs no more. */
const maxComparedLength = 130

/**
 * A question for an error message that names the topics similar to the selection: `did you mean order.updated? `. Empty
 * when there is none.
 */
export function didYouMean(selection: string, known: readonly string[]): string {
  const similar = similarTopics(selection, known)
  const last = similar.at(-1)
  if (last === undefined) return ''
  const others = similar.slice(0, -1).join(', ')
  return `did you mean ${others === '' ? last : `${others} or ${last}`}? `
}

/** Returns the selection in the length that messages repeat. */
export function shortSelection(selection: string): string {
  return cut(selection, maxNamedLength)
}

/**
 * The topics that differ from the selection in the fewest characters, the most similar first. A topic is similar if it
 * has the selection's resource, or if at most a third of its characters differ.
 */
function similarTopics(selection: string, known: readonly string[]): readonly string[] {
  const text = selection.toLowerCase().slice(0, maxComparedLength)
  const resources = new Set(known.map((topic) => `${resourceOf(topic)}.*`))
  const candidates = text.endsWith('*') ? [...resources] : [...known, ...resources]
  return (
    candidates
      .map((topic) => ({ topic, isSameResource: sameResource(text, topic) }))
      // The lengths differ by at most the number of differing characters.
      .filter(
        ({ topic, isSameResource }) =>
          isSameResource || Math.abs(topic.length - text.length) * 3 <= topic.length,
      )
      .map((candidate) => ({ ...candidate, distance: distanceOf(text, candidate.topic) }))
      .filter(({ topic, distance, isSameResource }) => isSameResource || distance * 3 <= topic.length)
      .toSorted((one, other) => one.distance - other.distance)
      .slice(0, maxSuggested)
      .map(({ topic }) => topic)
  )
}

function sameResource(selection: string, topic: string): boolean {
  return selection.includes('.') && resourceOf(selection) === resourceOf(topic)
}

function resourceOf(topic: string): string {
  return topic.slice(0, Math.max(0, topic.indexOf('.')))
}

/**
 * The number of characters to insert, remove or replace to make one text of the other (Levenshtein). Its time grows with
 * the product of the lengths.
 */
function distanceOf(one: string, other: string): number {
  let previous = Uint16Array.from({ length: other.length + 1 }, (_, index) => index)
  let current = new Uint16Array(other.length + 1)
  for (let row = 0; row < one.length; row += 1) {
    current[0] = row + 1
    for (let column = 0; column < other.length; column += 1) {
      const replaced = (previous[column] ?? 0) + (one[row] === other[column] ? 0 : 1)
      const added = (current[column] ?? 0) + 1
      const removed = (previous[column + 1] ?? 0) + 1
      current[column + 1] = Math.min(replaced, added, removed)
    }
    ;[previous, current] = [current, previous]
  }
  return previous[other.length] ?? 0
}
