/**
 * Parses an operation, checks its limits, validates it, coerces its variables and computes its cost. HTTP and the
 * socket share this code, because the settings of ApolloServer do not apply to the socket.
 */
import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  Kind,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { collectFields } from 'graphql/execution/collectFields.js'
import { costOf, tooCostly, type Cost } from './cost.ts'
import { codedError } from '../core/errors.ts'
import { reasonText } from './error-texts.ts'
import {
  clip,
  clipped,
  maxDocumentLength,
  maxErrors,
  maxTokens,
  tooComplex,
  tooDeep,
} from './document-limits.ts'
import { makeValidDocuments } from './valid-documents.ts'

export type Transport = 'HTTP' | 'SOCKET'

/** What a client sends together with the document. */
export interface OperationRequest {
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** An operation that may run. */
export interface ValidatedOperation {
  readonly kind: OperationTypeNode
  /** Number of root fields, fragments included: how many changes a mutation makes. */
  readonly rootFields: number
  readonly cost: Cost
}

export interface OperationValidator {
  /** The document, or the error for the caller. */
  parse(source: string): DocumentNode | GraphQLError
  /** The operation of a parsed document, or the errors for the caller. */
  check(
    document: DocumentNode,
    request: OperationRequest,
    transport: Transport,
  ): ValidatedOperation | readonly GraphQLError[]
}

const allowed: Readonly<Record<Transport, readonly OperationTypeNode[]>> = {
  HTTP: [OperationTypeNode.QUERY, OperationTypeNode.MUTATION],
  SOCKET: [OperationTypeNode.SUBSCRIPTION],
}
/** Maximum characters of a name of the caller's that an error repeats. */
const maxNameLength = 60

// graphql's rule for subscriptions ignores variables, and throws where a variable decides on @skip or @include.
// `oneRootField` replaces it.
const ourRules = specifiedRules.filter((rule) => rule !== SingleFieldSubscriptionsRule)

export function makeOperationValidator(
  schema: GraphQLSchema,
  options: { readonly introspection: boolean },
): OperationValidator {
  const rules = options.introspection ? ourRules : [...ourRules, NoSchemaIntrospectionCustomRule]
  // "Did you mean" names parts of the schema, so suggestions are hidden when introspection is disabled.
  const hideSuggestions = !options.introspection
  const validDocuments = makeValidDocuments()
  return {
    parse: (source) => {
      const known = validDocuments.get(source)
      if (known !== undefined) return known
      if (source.length > maxDocumentLength)
        return codedError(
          'QUERY_TOO_COMPLEX',
          `the document has ${source.length} characters; the maximum is ${maxDocumentLength}`,
        )
      try {
        return parse(source, { maxLexicalTokens: maxTokens })
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error
        const tooLong = error.message.includes(`${maxTokens} tokens`)
        return clipped(error, tooLong ? 'QUERY_TOO_COMPLEX' : 'GRAPHQL_PARSE_FAILED')
      }
    },
    check: (document, request, transport) => {
      // The limits come first, because a hostile document can make validation itself expensive.
      const isKnown = validDocuments.isValid(document)
      const excess = (isKnown ? null : tooComplex(document)) ?? tooDeep(request.variables)
      if (excess !== null) return [excess]
      const errors = isKnown ? [] : validate(schema, document, rules, { maxErrors, hideSuggestions })
      if (errors.length > 0)
        return errors
          .slice(0, maxErrors)
          .map((error) => clipped(error, 'GRAPHQL_VALIDATION_FAILED', reasonText(schema, error.message)))
      if (!isKnown) validDocuments.keep(document)
      const operationName = nameOf(request)
      const operation = getOperationAST(document, operationName)
      if (operation == null) return [unresolved(document, operationName)]
      const kind = operation.operation
      if (!allowed[transport].includes(kind)) return [wrongTransport(kind)]
      const coerced = coerceVariables(schema, operation, request.variables ?? {}, hideSuggestions)
      if (isRefusal(coerced)) return coerced
      const wrongShape =
        kind === OperationTypeNode.SUBSCRIPTION ? oneRootField(schema, document, operation, coerced) : null
      if (wrongShape !== null) return [wrongShape]
      const cost = costOf(schema, document, operation, coerced)
      const expense = tooCostly(cost)
      return expense === null ? { kind, rootFields: rootFieldsOf(document, operation), cost } : [expense]
    },
  }
}

/** The name of the operation to run; null means the only operation. Some clients send an empty name instead of none. */
export function nameOf({ operationName }: OperationRequest): string | null {
  return operationName === undefined || operationName === '' ? null : operationName
}

/**
 * Requires that a subscription has exactly one root field with these variables. graphql itself would execute the first
 * field only, and would fail without a field.
 */
function oneRootField(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): GraphQLError | null {
  const type = schema.getSubscriptionType()
  if (type == null) throw new Error('expected the schema to have subscriptions, it has none')
  const fragments = Object.fromEntries(
    document.definitions.flatMap((one) =>
      one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [],
    ),
  )
  const fields = [...collectFields(schema, fragments, variables, type, operation.selectionSet).values()]
  const names = fields.map(([field]) => field?.name.value ?? '')
  if (names.length === 1 && names[0]?.startsWith('__') === false) return null
  const found =
    names.length === 0
      ? 'it has none, because @skip or @include removes it'
      : `it has ${names.map((name) => clip(name, maxNameLength)).join(', ')}`
  return codedError('GRAPHQL_VALIDATION_FAILED', `a subscription must have exactly one root field; ${found}`)
}

export function isRefusal(found: object): found is readonly GraphQLError[] {
  return Array.isArray(found)
}

/**
 * The variables, coerced to their types, or the errors. The errors do not contain the values, which may be of any size.
 */
function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  hideSuggestions: boolean,
): Readonly<Record<string, unknown>> | readonly GraphQLError[] {
  const read = getVariableValues(schema, variableDefinitions, variables, {
    // graphql adds one more error, which says that there are more.
    maxErrors: maxErrors - 1,
    hideSuggestions,
  })
  if (read.errors === undefined) return read.coerced
  return read.errors.map((error) => clipped(error, 'BAD_USER_INPUT', withoutValue(schema, error)))
}

// By then, `tooComplex` has limited the number of fields after all fragments are expanded.
function rootFieldsOf(document: DocumentNode, operation: OperationDefinitionNode): number {
  const countOf = ({ selections }: SelectionSetNode): number =>
    selections.reduce((sum, selection) => {
      if (selection.kind === Kind.FIELD) return sum + 1
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + countOf(selection.selectionSet)
      const fragment = document.definitions.find(
        (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
      )
      return sum + (fragment?.kind === Kind.FRAGMENT_DEFINITION ? countOf(fragment.selectionSet) : 0)
    }, 0)
  return countOf(operation.selectionSet)
}

/**
 * Removes the value from GraphQL's message, `Variable "$input" got invalid value <value> at "input.name"; <reason>`.
 */
function withoutValue(schema: GraphQLSchema, { message, originalError }: GraphQLError): string {
  if (originalError === undefined) return message
  const reason = originalError.message
  const prefix = message.slice(0, -`; ${reason}`.length)
  const [name = 'A variable'] = /^Variable "\$\w+"/.exec(prefix) ?? []
  const [where = ''] = / at "[\w.[\]]+"$/.exec(prefix) ?? []
  return `${name} got an invalid value${where}; ${reasonText(schema, reason)}`
}

function unresolved(document: DocumentNode, operationName: string | null | undefined): GraphQLError {
  const count = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length
  const message =
    operationName == null
      ? `the document has ${count} operations: name the one to run in operationName`
      : `the document has no operation named "${clip(operationName, maxNameLength)}"`
  return codedError('OPERATION_RESOLUTION_FAILURE', message)
}

function wrongTransport(operation: OperationTypeNode): GraphQLError {
  const hint =
    operation === OperationTypeNode.SUBSCRIPTION
      ? 'subscriptions run over a WebSocket (subprotocol graphql-transport-ws) at the same path'
      : `a ${operation} runs over HTTP POST at the same path; the socket accepts subscriptions only`
  return codedError('BAD_USER_INPUT', hint)
}
