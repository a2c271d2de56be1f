/**
 * How much one operation may ask for, judged on its document before anything is validated or
 * run. Fragments are measured once each, so that the judging itself is linear.
 */
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type SelectionSetNode,
} from 'graphql'
import { codedError } from './errors.ts'

/** Lexical tokens of one document. */
export const maxTokens = 1_000
/** Characters of one document. */
export const maxDocumentLength = 16_000
/** Fields within fields; introspection is not counted. */
export const maxDepth = 10
export const maxAliases = 15
export const maxDirectives = 25
/** Fields after all fragments are spread. */
export const maxFields = 500

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
            if (selection.name.value.startsWith('__')) return nothing
            const below =
              selection.selectionSet === undefined ? nothing : ofSelections(selection.selectionSet, within)
            const field = {
              depth: below.depth + 1,
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
