/**
 * Plugins of Apollo Server: one validates the operation and enforces its cost, rate limit and time limit, the other
 * logs faults.
 */
import { HeaderMap, type ApolloServerPlugin, type GraphQLResponse } from '@apollo/server'
import { GraphQLError, OperationTypeNode, parse, type GraphQLFormattedError } from 'graphql'
import type { ApiDeps } from '../auth/request-context.ts'
import { overBudget } from '../execution/key-budget.ts'
import type { Context } from '../core/context.ts'
import type { Cost } from '../execution/cost.ts'
import { tooSlow, type Deadline } from '../execution/deadline.ts'
import { isForCaller, isStatementTimeout, presentError, retryAfterOf } from '../core/errors.ts'
import { isRefusal, type OperationValidator } from '../execution/validate-operation.ts'

/** The context of a request over HTTP, with the deadline of its operation. */
export type HttpContext = Context & { readonly deadline: Deadline }

/**
 * Validates each operation with the operation validator, and responds to a refused operation with all of its errors;
 * Apollo's own steps could report only one. The response to an admitted operation contains the cost. A query that runs
 * past its deadline gets a response without data.
 */
export function validationPlugin(api: ApiDeps, operationValidator: OperationValidator): ApolloServerPlugin {
  return {
    requestDidStart: ({ contextValue }) => {
      const { deadline, key, requestId, bytes } = contextValue as HttpContext
      let refused: readonly GraphQLError[] = []
      let cost: Cost | undefined
      let kind: OperationTypeNode | undefined
      let late = false
      return Promise.resolve({
        didResolveSource: (request) => {
          // An empty name means no name, as on the socket. Apollo would look for an operation with the empty name.
          if (request.request.operationName === '') delete request.request.operationName
          const parsed = operationValidator.parse(request.source)
          if (parsed instanceof GraphQLError) refused = [parsed]
          // Apollo does not parse a request that already has a document.
          const document = parsed instanceof GraphQLError ? placeholder : parsed
          Object.assign(request, { document })
          return Promise.resolve()
        },
        responseForOperation: async ({ document, request }) => {
          const found = refused.length > 0 ? refused : operationValidator.check(document, request, 'HTTP')
          const over = await overBudget(api.rates, key.id, isRefusal(found) ? null : found)
          if (over !== null) return refusal(429, [over])
          if (isRefusal(found)) return refusal(400, found)
          ;({ cost, kind } = found)
          if (kind === OperationTypeNode.QUERY) deadline.startQuery()
          else deadline.startMutation()
          return null
        },
        didEncounterErrors: ({ errors }) => {
          late = deadline.passed() || (kind === OperationTypeNode.QUERY && errors.some(isStatementTimeout))
          return Promise.resolve()
        },
        willSendResponse: ({ response: { body, http } }) => {
          if (body.kind === 'single') setRetryAfter(body.singleResult, http)
          if (body.kind !== 'single' || cost === undefined) return Promise.resolve()
          if (late) {
            api.log.warn({ requestId, cost: cost.requested }, 'request.too-slow')
            body.singleResult = { data: null, errors: [tooSlow().toJSON()] }
          }
          const tooMany = bytes.refusal()
          if (tooMany !== null && kind === OperationTypeNode.QUERY) {
            // One error replaces the errors of all fields that were not read.
            body.singleResult = { data: null, errors: [tooMany.toJSON()] }
            setRetryAfter(body.singleResult, http)
          }
          body.singleResult.extensions = { ...body.singleResult.extensions, cost }
          return Promise.resolve()
        },
      })
    },
  }
}

function refusal(status: number, errors: readonly GraphQLError[]): GraphQLResponse {
  const singleResult = { errors: errors.map((error) => error.toJSON()) }
  return { http: { status, headers: new HeaderMap() }, body: { kind: 'single', singleResult } }
}

/** For RATE_LIMITED errors: sets the header Retry-After, and the status 429 when no root field returned a value. */
function setRetryAfter(
  { data, errors = [] }: { readonly data?: unknown; readonly errors?: readonly GraphQLFormattedError[] },
  http: GraphQLResponse['http'],
): void {
  const retryAfterS = retryAfterOf(errors)
  if (retryAfterS === null) return
  http.headers.set('retry-after', String(retryAfterS))
  if (Object.values(data ?? {}).every((value) => value === null)) http.status = 429
}

/** Replaces a document that could not be parsed. It is never executed. */
const placeholder = parse('{ __typename }')

/** Logs faults with their cause and adds the request id to them, before `formatError` masks them. */
export function faultPlugin(api: ApiDeps): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didEncounterErrors: ({ errors, contextValue, operation }) => {
          const requestId = (contextValue as Partial<Context>).requestId ?? 'unknown'
          const isQuery = operation?.operation === OperationTypeNode.QUERY
          for (const error of errors) {
            // The validation plugin reports a query that took too long.
            if (isForCaller(error) || (isQuery && isStatementTimeout(error))) continue
            presentError(error, requestId, api.log)
            error.extensions['requestId'] = requestId
          }
          return Promise.resolve()
        },
      }),
    // Rejects with a new error that has the request id. Apollo's own error would have neither the cause nor the id.
    unexpectedErrorProcessingRequest: ({ error, requestContext }) => {
      const requestId = (requestContext.contextValue as Partial<Context>).requestId ?? 'unknown'
      const fault = new GraphQLError('Internal server error', {
        originalError: error,
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
      })
      presentError(fault, requestId, api.log)
      return Promise.reject(fault)
    },
  }
}
