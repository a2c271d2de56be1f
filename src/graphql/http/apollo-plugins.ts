/** What Apollo Server asks of us on the way of a request: may it run, what did it cost, what was a fault. HTTP itself is `http.ts`. */
import { HeaderMap, type ApolloServerPlugin, type GraphQLResponse } from '@apollo/server'
import { GraphQLError, OperationTypeNode, parse, type GraphQLFormattedError } from 'graphql'
import type { ApiWorld } from '../auth/authenticate.ts'
import { overBudget } from '../execution/rate-limit.ts'
import type { Context } from '../core/context.ts'
import type { Cost } from '../execution/cost.ts'
import { tooSlow, type Deadline } from '../execution/deadline.ts'
import { isForCaller, isStatementTimeout, presentError, retryAfterOf } from '../core/errors.ts'
import { isRefusal, type OperationValidator } from '../execution/validate-operation.ts'

/** The context of a request over HTTP, whose queries have an end. */
export interface HttpContext extends Context {
  readonly deadline: Deadline
}

/**
 * Answers what the gate refuses, all of its errors at once; Apollo's own steps could only be told of one. What it
 * admits is answered with its cost, and as a query in time.
 */
export function validationPlugin(api: ApiWorld, operationValidator: OperationValidator): ApolloServerPlugin {
  return {
    requestDidStart: ({ contextValue }) => {
      const { deadline, key, requestId, bytes } = contextValue as HttpContext
      let refused: readonly GraphQLError[] = []
      let cost: Cost | undefined
      let kind: OperationTypeNode | undefined
      let late = false
      return Promise.resolve({
        didResolveSource: (request) => {
          // As on the socket: Apollo would look for an operation without a name.
          if (request.request.operationName === '') delete request.request.operationName
          const parsed = operationValidator.parse(request.source)
          if (parsed instanceof GraphQLError) refused = [parsed]
          // Apollo parses only where there is no document yet.
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
          if (kind === OperationTypeNode.QUERY) deadline.start()
          else deadline.startSteps()
          return null
        },
        didEncounterErrors: ({ errors }) => {
          late = deadline.passed() || (kind === OperationTypeNode.QUERY && errors.some(isStatementTimeout))
          return Promise.resolve()
        },
        willSendResponse: ({ response: { body, http } }) => {
          deadline.end()
          if (body.kind === 'single') tellWhenToRetry(body.singleResult, http)
          if (body.kind !== 'single' || cost === undefined) return Promise.resolve()
          if (late) {
            api.log.warn({ requestId, cost: cost.requested }, 'request.too-slow')
            body.singleResult = { data: null, errors: [tooSlow().toJSON()] }
          }
          const tooMany = bytes.refusal()
          if (tooMany !== null && kind === OperationTypeNode.QUERY) {
            // One error for all that was not read.
            body.singleResult = { data: null, errors: [tooMany.toJSON()] }
            tellWhenToRetry(body.singleResult, http)
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

/** Of what was asked for too often: the header, and the status where nothing else was done either. */
function tellWhenToRetry(
  { data, errors = [] }: { readonly data?: unknown; readonly errors?: readonly GraphQLFormattedError[] },
  http: GraphQLResponse['http'],
): void {
  const retryAfterS = retryAfterOf(errors)
  if (retryAfterS === null) return
  http.headers.set('retry-after', String(retryAfterS))
  if (Object.values(data ?? {}).every((value) => value === null)) http.status = 429
}

/** Stands in for a document that could not be parsed; it is never run. */
const placeholder = parse('{ __typename }')

/** Logs faults with their cause and gives them the request's id, before they are masked. */
export function faultPlugin(api: ApiWorld): ApolloServerPlugin {
  return {
    requestDidStart: () =>
      Promise.resolve({
        didEncounterErrors: ({ errors, contextValue, operation }) => {
          const requestId = (contextValue as Partial<Context>).requestId ?? 'unknown'
          const isQuery = operation?.operation === OperationTypeNode.QUERY
          for (const error of errors) {
            // That a query took too long is told by the gate's plugin.
            if (isForCaller(error) || (isQuery && isStatementTimeout(error))) continue
            presentError(error, requestId, api.log)
            error.extensions['requestId'] = requestId
          }
          return Promise.resolve()
        },
      }),
    // Thrown anew with the id: what Apollo would make of it says neither what it was nor whose request it was.
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
