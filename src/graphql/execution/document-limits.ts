/**
 * Limits on the size of one request and on the shape of its document and variables, checked before validation and
 * execution. Also limits how much of the request an error repeats. Each fragment is measured once, so that the check
 * takes linear time.
 */
import {
  GraphQLError,
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { codedError, type ErrorCode } from '../core/errors.ts'

/** Maximum bytes of the body of one HTTP request, after decompression. */
export const maxBodyBytes = 512 * 1024
/** Maximum bytes of one message on a socket. */
export const maxMessageBytes = 64 * 1024
/** Maximum lexical tokens of one document. */
export const maxTokens = 1_000
/** Maximum characters of one document. */
export const maxDocumentLength = 16_000
/** Maximum nesting of fields. Introspection fields are not counted. */
export const maxDepth = 10
/** Maximum aliases of one operation, fragments included. Limits how often an operation can request the same field. */
export const maxAliases = 15
/** Maximum directives of one operation, fragments included. */
export const maxDirectives = 25
/** Maximum fields of one operation after all fragments are expanded. */
export const maxFields = 500
/** Maximum nesting of objects and lists in `variables`, which may contain JSON values. */
export const maxVariableDepth = 100
/** Maximum errors in the response to a refused request: enough to fix a document, too few for an attack. */
export const maxErrors = 10
/** Maximum characters of an error's message. GraphQL's own messages repeat text of the caller. */
export const maxErrorLength = 300
/** Maximum locations in the document that one error lists. */
const maxLocations = 4

interface DocumentSize {
  readonly depth: number
  readonly aliases: number
  readonly directives: number
  readonly fields: number
}

const nothing: DocumentSize = { depth: 0, aliases: 0, directives: 0, fields: 0 }

/** The error for a document that exceeds a limit; null when the document exceeds none. */
export function tooComplex(document: DocumentNode): GraphQLError | null {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const measured = new Map<string, DocumentSize>()

  const ofFragment = (name: string, within: ReadonlySet<string>): DocumentSize => {
    const known = measured.get(name)
    const fragment = fragments.get(name)
    if (known !== undefined) return known
    // A fragment that contains itself, or that does not exist. Validation reports it; there is nothing to measure.
    if (fragment === undefined || within.has(name)) return nothing
    const measure = plusDirectives(ofSelections(fragment.selectionSet, new Set([...within, name])), fragment)
    measured.set(name, measure)
    return measure
  }

  const ofSelections = (set: SelectionSetNode, within: ReadonlySet<string>): DocumentSize =>
    set.selections
      .map((selection): DocumentSize => {
        switch (selection.kind) {
          case Kind.FRAGMENT_SPREAD:
            return plusDirectives(ofFragment(selection.name.value, within), selection)
          case Kind.INLINE_FRAGMENT:
            return plusDirectives(ofSelections(selection.selectionSet, within), selection)
          case Kind.FIELD: {
            const below =
              selection.selectionSet === undefined ? nothing : ofSelections(selection.selectionSet, within)
            const field = {
              // GraphQL's validation has a limit of its own for the depth of introspection.
              depth: selection.name.value.startsWith('__') ? 0 : below.depth + 1,
              aliases: below.aliases + (selection.alias === undefined ? 0 : 1),
              directives: below.directives,
              fields: below.fields + 1,
            }
            return plusDirectives(field, selection)
          }
        }
      })
      .reduce(combined, nothing)

  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue
    const measure = plusDirectives(ofSelections(definition.selectionSet, new Set()), definition)
    for (const [what, found, most] of [
      ['levels of fields', measure.depth, maxDepth],
      ['aliases', measure.aliases, maxAliases],
      ['directives', measure.directives, maxDirectives],
      ['fields, fragments included', measure.fields, maxFields],
    ] as const)
      if (found > most)
        return codedError('QUERY_TOO_COMPLEX', `the operation has ${found} ${what}; the maximum is ${most}`)
  }
  return null
}

function combined(a: DocumentSize, b: DocumentSize): DocumentSize {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    fields: a.fields + b.fields,
  }
}

function plusDirectives(
  measure: DocumentSize,
  node: { readonly directives?: readonly unknown[] | undefined },
): DocumentSize {
  return { ...measure, directives: measure.directives + (node.directives?.length ?? 0) }
}

/**
 * The error for variables that are nested more deeply than any input needs. A recursive function could exhaust the
 * stack on them. Null when the variables are within the limit.
 */
export function tooDeep(variables: unknown): GraphQLError | null {
  let level: readonly unknown[] = [variables]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxVariableDepth)
      return codedError(
        'BAD_USER_INPUT',
        `the variables have more than ${maxVariableDepth} nested objects and lists`,
      )
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    )
  }
  return null
}

/** A copy of GraphQL's own error with a code, shortened so that the response is not larger than the request. */
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
