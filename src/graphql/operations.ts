/**
 * Parse, limit, validate: one gate for HTTP and for the socket, because nothing that is set on
 * ApolloServer reaches the socket.
 */
import {
  getOperationAST,
  GraphQLError,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql'
import { codedError, type ErrorCode } from './errors.ts'
import { maxDocumentLength, maxTokens, tooComplex } from './limits.ts'

export type Transport = 'HTTP' | 'SOCKET'

export interface Gate {
  /** The document, or what stands in its way. */
  parse(source: string): DocumentNode | GraphQLError
  /** What stands in the way of a parsed document; none when it may run. */
  check(
    document: DocumentNode,
    operationName: string | null | undefined,
    transport: Transport,
  ): readonly GraphQLError[]
}

/** Errors that one answer lists: enough to mend a document, too few to be an attack. */
const maxErrors = 20
const allowed: Readonly<Record<Transport, readonly OperationTypeNode[]>> = {
  HTTP: [OperationTypeNode.QUERY, OperationTypeNode.MUTATION],
  SOCKET: [OperationTypeNode.SUBSCRIPTION],
}

export function makeGate(schema: GraphQLSchema, options: { readonly introspection: boolean }): Gate {
  const rules = options.introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule]
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
        const code = error.message.includes(`${maxTokens} tokens`)
          ? 'QUERY_TOO_COMPLEX'
          : 'GRAPHQL_PARSE_FAILED'
        return withCode(error, code)
      }
    },
    check: (document, operationName, transport) => {
      // Limits first: validating a hostile document is itself the attack.
      const excess = tooComplex(document)
      if (excess !== null) return [excess]
      const errors = validate(schema, document, rules, { maxErrors, hideSuggestions: true })
      if (errors.length > 0) return errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED'))
      const operation = getOperationAST(document, operationName)
      if (operation == null) return []
      return allowed[transport].includes(operation.operation) ? [] : [wrongTransport(operation.operation)]
    },
  }
}

function withCode(error: GraphQLError, code: ErrorCode): GraphQLError {
  error.extensions['code'] = code
  return error
}

function wrongTransport(operation: OperationTypeNode): GraphQLError {
  const hint =
    operation === OperationTypeNode.SUBSCRIPTION
      ? 'subscriptions are answered over a WebSocket (subprotocol graphql-transport-ws) at this same path'
      : `a ${operation} is answered over HTTP POST at this same path; the socket is for subscriptions`
  return codedError('BAD_USER_INPUT', hint)
}
