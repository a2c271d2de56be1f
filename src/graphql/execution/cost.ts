/**
 * What an operation costs, judged before it runs on its document, its variables and the schema: the
 * objects that its answer may hold, in points of ten. Whether the document has a shape that may be
 * judged at all is `limits.ts`. Nothing here names a list: what ends with `Connection`, or takes
 * `first` or `ids`, is one.
 */
import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  valueFromASTUntyped,
  type FieldNode,
  type FragmentDefinitionNode,
  type DocumentNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { defaultSize, maxSize } from '../core/connection.ts'
import { codedError } from '../core/errors.ts'

/** Points that one operation may cost. */
export const maxCost = 1_000
/** Objects for one point, rounded up. */
export const objectsPerPoint = 10
/** Members that a list is taken to have which says nothing of its size: headers, waits, user errors. */
export const unsaidListLength = 10

/** What an object of the schema itself counts for: it is in memory, but there are many. */
export const schemaObjectShare = 0.25

/** The objects that a field counts for where it is not one. `*` is every field of the type that is not named. */
export const weights: Readonly<Record<string, number>> = {
  // A transaction, and the lanes that it wakes.
  'Mutation.*': 100,
  // Rings a receiver, which may take half a minute: four in one operation.
  'Mutation.webhookTest': 2_000,
  // May do so too, to check before it saves.
  'Mutation.webhookCreate': 1_000,
  'Mutation.webhookUpdate': 1_000,
  // A row of their own, though what they answer is no object.
  'Query.deliveryAttemptsCursor': 1,
  'Query.webhookChangesCursor': 1,
  // Unseals secrets, and writes and signs a request.
  'Query.deliveryPreview': 100,
  // Bodies of many kilobytes, kept apart from the rows that lists read.
  'DeliveryAttempt.request': 10,
  'DeliveryAttempt.response': 10,
  'Event.data': 10,
  // Counts what is owed, sums thousands of tallies, looks through the days of the log.
  'Webhook.pendingCount': 10,
  'Webhook.nextDueAt': 10,
  'Webhook.stats': 10,
  'Webhook.latestAttempt': 10,
  // All topics at once: the built-in ones, and up to 200 of the project's own.
  'Query.topics': 20,
  'Topic.schema': 10,
  'Topic.example': 3,
}

/** As it stands in `extensions.cost` of every answer, in points. */
export interface Cost {
  readonly requested: number
  readonly maximum: number
}

/** Objects of a selection; `perItem` are those for each item of the page around it, whose size is known further out. */
interface Measure {
  readonly objects: number
  readonly perItem: number
}

type Variables = Readonly<Record<string, unknown>>

const nothing: Measure = { objects: 0, perItem: 0 }
/** Of every query, and in no type. */
const introspection = [SchemaMetaFieldDef, TypeMetaFieldDef]

/**
 * The cost of an operation of a valid document; `variables` are coerced ones. What @skip and @include
 * take away is counted, of fragments on different types all are. Each fragment is measured once.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const measured = new Map<string, Measure>()

  const ofFragment = (name: string): Measure => {
    const fragment = fragments.get(name)
    const known = measured.get(name)
    if (known !== undefined || fragment === undefined) return known ?? nothing
    const measure = ofSelections(
      fragment.selectionSet,
      schema.getType(fragment.typeCondition.name.value) ?? null,
    )
    measured.set(name, measure)
    return measure
  }

  const ofSelections = (set: SelectionSetNode, type: GraphQLNamedType | null): Measure => {
    if (!isCompositeType(type)) return nothing
    return set.selections
      .map((selection) => {
        switch (selection.kind) {
          case Kind.FRAGMENT_SPREAD:
            return ofFragment(selection.name.value)
          case Kind.INLINE_FRAGMENT: {
            const condition = selection.typeCondition
            const within = condition === undefined ? type : (schema.getType(condition.name.value) ?? null)
            return ofSelections(selection.selectionSet, within)
          }
          case Kind.FIELD:
            return ofField(selection, type)
        }
      })
      .reduce(together, nothing)
  }

  const ofField = (node: FieldNode, parent: GraphQLCompositeType): Measure => {
    const meta = introspection.find(({ name }) => name === node.name.value)
    const field = meta ?? ('getFields' in parent ? parent.getFields()[node.name.value] : undefined)
    // __typename.
    if (field === undefined) return nothing
    const type = getNamedType(field.type)
    const below = node.selectionSet === undefined ? nothing : ofSelections(node.selectionSet, type)
    if (isConnection(type)) {
      const size = pageSize(node, field, variables)
      // A page of which only cursors or `pageInfo` are asked for is read all the same.
      return { objects: Math.max(size, size * below.perItem + below.objects), perItem: 0 }
    }
    const share = meta === undefined ? 1 : schemaObjectShare
    const each = (weightOf(parent, field, type) + below.objects) * share
    return isConnection(parent) && isList(field)
      ? { objects: 0, perItem: each }
      : { objects: each * lengthOf(node, field, variables), perItem: 0 }
  }

  const { objects } = ofSelections(operation.selectionSet, schema.getRootType(operation.operation) ?? null)
  return { requested: Math.ceil(objects / objectsPerPoint), maximum: maxCost }
}

/** The refusal of what costs too much; null when it may run. */
export function tooCostly(cost: Cost) {
  if (cost.requested <= cost.maximum) return null
  const error = codedError(
    'QUERY_TOO_COMPLEX',
    `the operation costs ${cost.requested} points where ${cost.maximum} are the most: ask for smaller pages, or for fewer lists within lists`,
  )
  error.extensions['cost'] = cost
  return error
}

function together(a: Measure, b: Measure): Measure {
  return { objects: a.objects + b.objects, perItem: a.perItem + b.perItem }
}

function weightOf(
  parent: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
  type: GraphQLNamedType,
): number {
  const declared = weights[`${parent.name}.${field.name}`] ?? weights[`${parent.name}.*`]
  if (declared !== undefined) return declared
  // What tells where a page stands is part of the page.
  if (!isCompositeType(type) || type.name === 'PageInfo' || type.name.endsWith('Edge')) return 0
  return 1
}

function lengthOf(node: FieldNode, field: GraphQLField<unknown, unknown>, variables: Variables): number {
  if (!isList(field)) return 1
  if (takes(field, 'ids')) {
    const ids = argument('ids', node, field, variables)
    return Math.min(maxSize, Array.isArray(ids) ? ids.length : 1)
  }
  return takes(field, 'first') ? pageSize(node, field, variables) : unsaidListLength
}

// A size out of bounds is refused by whoever makes the page; until then it counts as the largest, or the smallest.
function pageSize(node: FieldNode, field: GraphQLField<unknown, unknown>, variables: Variables): number {
  const size =
    argument('first', node, field, variables) ?? argument('last', node, field, variables) ?? defaultSize
  return Math.min(maxSize, Math.max(1, typeof size === 'number' ? size : defaultSize))
}

/** What an argument will be: from the literal, the variable or the schema's default. */
function argument(
  name: string,
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  variables: Variables,
): unknown {
  const given = node.arguments?.find((one) => one.name.value === name)
  const value = given === undefined ? undefined : valueFromASTUntyped(given.value, variables)
  return value === undefined ? field.args.find((one) => one.name === name)?.defaultValue : value
}

function takes(field: GraphQLField<unknown, unknown>, name: string): boolean {
  return field.args.some((one) => one.name === name)
}

function isList(field: GraphQLField<unknown, unknown>): boolean {
  return isListType(getNullableType(field.type))
}

function isConnection(type: GraphQLNamedType): boolean {
  return isObjectType(type) && type.name.endsWith('Connection')
}
