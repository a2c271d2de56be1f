/**
 * Computes the cost of an operation before it runs, from its document, its variables and the schema. The cost is the
 * number of objects that the response may contain, in points of ten objects. A page is recognised by a type name that
 * ends with `Connection`, and the size of a list by the arguments `first` and `ids`, so no list is named here.
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

/** Maximum cost of one operation, in points. */
export const maxCost = 1_000
/** Objects per point. The number of points is rounded up. */
export const objectsPerPoint = 10
/** Assumed length of a list without a size argument, such as headers, waits or user errors. */
export const assumedListLength = 10

/** Factor for the objects of an introspection field. The schema is in memory, but it has many objects. */
export const schemaObjectShare = 0.25

/**
 * Weights of fields, in objects, where the default does not apply. `*` is every field of the type that is not listed.
 */
export const weights: Readonly<Record<string, number>> = {
  // Runs a transaction, and wakes lanes.
  'Mutation.*': 100,
  // Sends a request to a receiver, which may take 30 s. One operation can contain at most four.
  'Mutation.webhookTest': 2_000,
  // Selects and stores up to a million ids.
  'Mutation.deliveriesRetry': 1_000,
  // May also send a request, to check the webhook before it is saved.
  'Mutation.webhookCreate': 1_000,
  'Mutation.webhookUpdate': 1_000,
  // Reads a row, although the field returns no object.
  'Query.deliveryAttemptsCursor': 1,
  'Query.eventsCursor': 1,
  'Query.webhookChangesCursor': 1,
  // Computes the figures of every project.
  'Installation.projects': 100,
  'Installation.processes': 10,
  // Decrypts secrets, and renders and signs a request.
  'Query.deliveryPreview': 100,
  // Bodies of many kilobytes, stored apart from the rows that lists read.
  'DeliveryAttempt.request': 10,
  'DeliveryAttempt.response': 10,
  'Event.data': 10,
  // Counts pending deliveries, sums thousands of counters, or searches the daily partitions of the log.
  'Webhook.pendingCount': 10,
  'Webhook.nextDueAt': 10,
  'Webhook.stats': 10,
  // A list, which counts ten times.
  'Webhook.series': 4,
  'Webhook.latestAttempt': 10,
  // Reads up to 1,001 rows or entries of an index.
  'OrderConnection.count': 50,
  'WebhookConnection.count': 50,
  'DeliveryConnection.count': 50,
  // Returns all topics at once: the built-in topics and up to 200 topics of the project.
  'Query.topics': 20,
  'Topic.schema': 10,
  'Topic.example': 3,
}

/** In points. Returned in `extensions.cost` of the response. */
export interface Cost {
  readonly requested: number
  readonly maximum: number
}

/**
 * Number of objects of a selection. `perItem` is the number for each item of the surrounding page, whose size is known
 * only at the field of the page.
 */
interface ObjectCount {
  readonly objects: number
  readonly perItem: number
}

type Variables = Readonly<Record<string, unknown>>

const nothing: ObjectCount = { objects: 0, perItem: 0 }
/** Fields that every query has, although no type lists them. */
const introspection = [SchemaMetaFieldDef, TypeMetaFieldDef]

/**
 * The cost of an operation of a valid document; `variables` must be coerced. Fields that @skip or @include remove are
 * counted, and so are all fragments on different types. Each fragment is counted once.
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
  const counted = new Map<string, ObjectCount>()

  const ofFragment = (name: string): ObjectCount => {
    const fragment = fragments.get(name)
    const known = counted.get(name)
    if (known !== undefined || fragment === undefined) return known ?? nothing
    const count = ofSelections(
      fragment.selectionSet,
      schema.getType(fragment.typeCondition.name.value) ?? null,
    )
    counted.set(name, count)
    return count
  }

  const ofSelections = (set: SelectionSetNode, type: GraphQLNamedType | null): ObjectCount => {
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
      .reduce(sum, nothing)
  }

  const ofField = (node: FieldNode, parent: GraphQLCompositeType): ObjectCount => {
    const meta = introspection.find(({ name }) => name === node.name.value)
    const field = meta ?? ('getFields' in parent ? parent.getFields()[node.name.value] : undefined)
    // `__typename` costs nothing.
    if (field === undefined) return nothing
    const type = getNamedType(field.type)
    const below = node.selectionSet === undefined ? nothing : ofSelections(node.selectionSet, type)
    if (isConnection(type)) {
      const size = pageSize(node, field, variables)
      // The store reads the page even if the client requests only cursors or `pageInfo`.
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

/** The error for an operation that costs too much; null when the operation may run. */
export function tooCostly(cost: Cost) {
  if (cost.requested <= cost.maximum) return null
  const error = codedError(
    'QUERY_TOO_COMPLEX',
    `the operation costs ${cost.requested} points; the maximum is ${cost.maximum}: request smaller pages, or fewer lists within lists`,
  )
  error.extensions['cost'] = cost
  return error
}

function sum(a: ObjectCount, b: ObjectCount): ObjectCount {
  return { objects: a.objects + b.objects, perItem: a.perItem + b.perItem }
}

function weightOf(
  parent: GraphQLNamedType,
  field: GraphQLField<unknown, unknown>,
  type: GraphQLNamedType,
): number {
  const declared = weights[`${parent.name}.${field.name}`] ?? weights[`${parent.name}.*`]
  if (declared !== undefined) return declared
  // Edges and PageInfo are part of the page and cost nothing.
  if (!isCompositeType(type) || type.name === 'PageInfo' || type.name.endsWith('Edge')) return 0
  return 1
}

function lengthOf(node: FieldNode, field: GraphQLField<unknown, unknown>, variables: Variables): number {
  if (!isList(field)) return 1
  if (hasArgument(field, 'ids')) {
    const ids = argument('ids', node, field, variables)
    return Math.min(maxSize, Array.isArray(ids) ? ids.length : 1)
  }
  return hasArgument(field, 'first') ? pageSize(node, field, variables) : assumedListLength
}

// The resolver of the list refuses a size out of bounds. Here it counts as the largest or the smallest allowed size.
function pageSize(node: FieldNode, field: GraphQLField<unknown, unknown>, variables: Variables): number {
  const size =
    argument('first', node, field, variables) ?? argument('last', node, field, variables) ?? defaultSize
  return Math.min(maxSize, Math.max(1, typeof size === 'number' ? size : defaultSize))
}

/** The value of an argument: from the literal, the variable or the schema's default. */
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

function hasArgument(field: GraphQLField<unknown, unknown>, name: string): boolean {
  return field.args.some((one) => one.name === name)
}

function isList(field: GraphQLField<unknown, unknown>): boolean {
  return isListType(getNullableType(field.type))
}

function isConnection(type: GraphQLNamedType): boolean {
  return isObjectType(type) && type.name.endsWith('Connection')
}
