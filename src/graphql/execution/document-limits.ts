/**
 * How much one request may say: the shape of its document and of its variables, judged before anything
 * is validated or run, and how much of it an error says back. Fragments are measured once each, so that
 * the judging itself is linear. What the answer may hold is `cost.ts`, what a socket may keep open is
 * `socket-limits.ts`, how long it may take is `deadline.ts`.
 */
import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { codedError, type ErrorCode } from '../core/errors.ts'

/** Bytes of one HTTP request's body, unpacked. */
export const maxBodyBytes = 512 * 1024
/** Bytes of one message on a socket. */
export const maxMessageBytes = 64 * 1024
/** Lexical tokens of one document. */
export const maxTokens = 1_000
/** Characters of one document. */
export const maxDocumentLength = 16_000
/** Fields within fields; introspection is not counted. */
export const maxDepth = 10
/** Aliases of one operation, fragments included: what keeps one field from being asked for over and over. */
export const maxAliases = 15
/** Directives of one operation, fragments included. */
export const maxDirectives = 25
/** Fields of one operation after all fragments are spread. */
export const maxFields = 500
/** Objects and lists within each other in `variables`, in which a JSON value may stand. */
export const maxVariableDepth = 100
/** Errors that one refusal lists: enough to mend a document, too few to be an attack. */
export const maxErrors = 10
/** Characters of an error's message. GraphQL's own repeat what the caller sent. */
export const maxErrorLength = 300
/** Places in the document that one error names. */
const maxLocations = 4

interface Measure {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  readonly fields: number
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, fields: 0 }

/** What of the document goes too far; null when nothing does. */
export function tooComplex(document: DocumentNode): GraphQLError | null {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const measured = new Map<string, Measure>()

  const ofFragment = (name: string, within: ReadonlySet<string>): Measure => {
    const known = measured.get(name)
    const fragment = fragments.get(name)
    if (known !== undefined) return known
    // A fragment within itself, or none of that name: validation says so, there is nothing to measure.
    if (fragment === undefined || within.has(name)) return nothing
    const measure = plusDirectives(ofSelections(fragment.selectionSet, new Set([...within, name])), fragment)
    measured.set(name, measure)
    return measure
  }

  const ofSelections = (set: SelectionSetNode, within: ReadonlySet<string>): Measure =>
    set.selections
      .map((selection): Measure => {
        switch (selection.kind) {
          case Kind.FRAGMENT_SPREAD:
            return plusDirectives(ofFragment(selection.name.value, within), selection)
          case Kind.INLINE_FRAGMENT:
            return plusDirectives(ofSelections(selection.selectionSet, within), selection)
          case Kind.FIELD: {
            const below =
              selection.selectionSet === undefined ? nothing : ofSelections(selection.selectionSet, within)
            const field = {
              // GraphQL has a limit of its own for how deep the schema may be asked for.
              depth: selection.name.value.startsWith('__') ? 0 : below.depth + 1,
              aliases: below.aliases + (selection.alias === undefined ? 0 : 1),
              directives: below.directives,
              fields: below.fields + 1,
            }
            return plusDirectives(field, selection)
          }
        }
      })
      .reduce(together, nothing)

  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const measure = plusDirectives(ofSelections(definition.selectionSet, new Set()), definition)
    for (const [what, found, most] of [
      ['levels of fields', measure.depth, maxDepth],
      ['aliases', measure.aliases, maxAliases],
      ['directives', measure.directives, maxDirectives],
      ['fields, fragments included,', measure.fields, maxFields],
    ] as const)
      if (found > most)
        return codedError(
          'QUERY_TOO_COMPLEX',
          `the operation has ${found} ${what} where ${most} are the most`,
        )
  }
  return null
}

function together(a: Measure, b: Measure): Measure {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    fields: a.fields + b.fields,
  }
}

function plusDirectives(
  measure: Measure,
  node: { readonly directives?: readonly unknown[] | undefined },
): Measure {
  return { ...measure, directives: measure.directives + (node.directives?.length ?? 0) }
}

/** Variables that no input could take, and that whoever walks them might not come back from; null when they are fine. */
export function tooDeep(variables: unknown): GraphQLError | null {
  let level: readonly unknown[] = [variables]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxVariableDepth)
      return codedError(
        'BAD_USER_INPUT',
        `the variables have more than ${maxVariableDepth} objects and lists within each other`,
      )
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    )
  }
  return null
}

/** GraphQL's own error with a code, cut so that it is not larger than what it answers. */
export function clipped(error: GraphQLError, code: ErrorCode, message = error.message): GraphQLError {
  const { nodes, source, positions } = error
  return new GraphQLError(clip(message, maxErrorLength), {
    nodes: nodes?.slice(0, maxLocations) ?? null,
    source: source ?? null,
    positions: positions?.slice(0, maxLocations) ?? null,
    extensions: { code },
  })
}

export function clip(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text
}
