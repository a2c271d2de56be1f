/**
 * Parse, limit, validate, fit the variables, count the cost: one gate for HTTP and for the socket,
 * because nothing that is set on ApolloServer reaches the socket.
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

export type Transport = 'HTTP' | 'SOCKET'

/** What a client sends beside the document. */
export interface OperationRequest {
  readonly operationName?: string | null | undefined
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined
}

/** An operation that may run. */
export interface ValidatedOperation {
  readonly kind: OperationTypeNode
  /** Fields of the operation itself, through its fragments: how many changes a mutation makes. */
  readonly rootFields: number
  readonly cost: Cost
}

export interface OperationValidator {
  /** The document, or what stands in its way. */
  parse(source: string): DocumentNode | GraphQLError
  /** The operation of a parsed document, or what stands in its way. */
  check(document: DocumentNode, request: OperationRequest, transport: Transport): ValidatedOperation | readonly GraphQLError[]
}

const allowed: Readonly<Record<Transport, readonly OperationTypeNode[]>> = {
  HTTP: [OperationTypeNode.QUERY, OperationTypeNode.MUTATION],
  SOCKET: [OperationTypeNode.SUBSCRIPTION],
}
/** Characters of a name that the caller chose, where an error repeats it. */
const maxNameLength = 60

// The rule for subscriptions knows no variables, and throws where one decides on @skip or @include: `oneRootField`.
const ourRules = specifiedRules.filter((rule) => rule !== SingleFieldSubscriptionsRule)

export function makeOperationValidator(schema: GraphQLSchema, options: { readonly introspection: boolean }): OperationValidator {
  const rules = options.introspection ? ourRules : [...ourRules, NoSchemaIntrospectionCustomRule]
  // "Did you mean" names what there is: not for who may not ask for the schema.
  const hideSuggestions = !options.introspection
  return {
    parse: (source) => {
      if (source.length > maxDocumentLength)
        return codedError(
          'QUERY_TOO_COMPLEX',
          `the document has ${source.length} characters where ${maxDocumentLength} are the most`,
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
      // Limits first: validating a hostile document is itself the attack.
      const excess = tooComplex(document) ?? tooDeep(request.variables)
      if (excess !== null) return [excess]
      const errors = validate(schema, document, rules, { maxErrors, hideSuggestions })
      if (errors.length > 0)
        return errors
          .slice(0, maxErrors)
          .map((error) => clipped(error, 'GRAPHQL_VALIDATION_FAILED', reasonText(schema, error.message)))
      const operationName = nameOf(request)
      const operation = getOperationAST(document, operationName)
      if (operation == null) return [unresolved(document, operationName)]
      const kind = operation.operation
      if (!allowed[transport].includes(kind)) return [wrongTransport(kind)]
      const fitted = fitVariables(schema, operation, request.variables ?? {}, hideSuggestions)
      if (isRefusal(fitted)) return fitted
      const misshapen =
        kind === OperationTypeNode.SUBSCRIPTION ? oneRootField(schema, document, operation, fitted) : null
      if (misshapen !== null) return [misshapen]
      const cost = costOf(schema, document, operation, fitted)
      const expense = tooCostly(cost)
      return expense === null ? { kind, rootFields: rootFieldsOf(document, operation), cost } : [expense]
    },
  }
}

/** The operation that is asked for; null: the only one. Some clients write an empty name where they have none. */
export function nameOf({ operationName }: OperationRequest): string | null {
  return operationName === undefined || operationName === '' ? null : operationName
}

/** A subscription has exactly one root field, with these variables: graphql takes the first one, and fails without any. */
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
      ? 'it has none: @skip or @include leaves it out'
      : `it has ${names.map((name) => clip(name, maxNameLength)).join(', ')}`
  return codedError('GRAPHQL_VALIDATION_FAILED', `a subscription must have exactly one root field; ${found}`)
}

export function isRefusal(found: object): found is readonly GraphQLError[] {
  return Array.isArray(found)
}

/** The variables as the operation's types read them, or what does not fit; without the values, which may be of any size. */
function fitVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  hideSuggestions: boolean,
): Readonly<Record<string, unknown>> | readonly GraphQLError[] {
  const read = getVariableValues(schema, variableDefinitions, variables, {
    // The one that says that there are more comes on top.
    maxErrors: maxErrors - 1,
    hideSuggestions,
  })
  if (read.errors === undefined) return read.coerced
  return read.errors.map((error) => clipped(error, 'BAD_USER_INPUT', withoutValue(schema, error)))
}

// How many fields a document has with its fragments spread is bounded by then.
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

/** GraphQL writes `Variable "$input" got invalid value <value> at "input.name"; <reason>`. */
function withoutValue(schema: GraphQLSchema, { message, originalError }: GraphQLError): string {
  if (originalError === undefined) return message
  const reason = originalError.message
  const said = message.slice(0, -`; ${reason}`.length)
  const [name = 'A variable'] = /^Variable "\$\w+"/.exec(said) ?? []
  const [where = ''] = / at "[\w.[\]]+"$/.exec(said) ?? []
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
      ? 'subscriptions are answered over a WebSocket (subprotocol graphql-transport-ws) at this same path'
      : `a ${operation} is answered over HTTP POST at this same path; the socket is for subscriptions`
  return codedError('BAD_USER_INPUT', hint)
}
