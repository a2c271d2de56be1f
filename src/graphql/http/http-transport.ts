/**
 * GraphQL over HTTP: Express authenticates and reads the request, our validator checks the operation, and Apollo Server
 * executes it. https://graphql.github.io/graphql-over-http
 */
import { noProject } from '../../domain/feed/feed.ts'
import { ApolloServer, type BaseContext } from '@apollo/server'
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { expressMiddleware } from '@as-integrations/express5'
import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from 'express'
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import { isOwnUserAgent } from '../../domain/dialects/user-agent.ts'
import { accessOf, contextFor, wrongProject, type ApiDeps } from '../auth/request-context.ts'
import { makeDeadline } from '../execution/deadline.ts'
import { isForCaller, maskedError } from '../core/errors.ts'
import { graphiql } from './graphiql.ts'
import { maxBodyBytes } from '../execution/document-limits.ts'
import type { OperationValidator } from '../execution/validate-operation.ts'
import { faultPlugin, validationPlugin, type HttpContext } from './apollo-plugins.ts'
import { authenticateOrRefuse } from './authenticate-request.ts'
import { allowOrigins } from './cors.ts'
import { refuse } from './refuse.ts'
import { requestIdOf } from './request-id.ts'

/** What the middleware of a request passes on. */
interface Locals {
  /** Set for an authenticated request. Apollo reads it. */
  context?: HttpContext
}

export interface HttpTransport {
  readonly router: Router
  stop(): Promise<void>
}

export async function makeHttpTransport(
  api: ApiDeps,
  schema: GraphQLSchema,
  operationValidator: OperationValidator,
): Promise<HttpTransport> {
  const apollo = new ApolloServer<BaseContext>({
    schema,
    // `runtime/server/shutdown.ts` handles the termination signals.
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    // With a document store, Apollo would discard the document that our validator parsed, and parse the source again
    // without limits.
    documentStore: null,
    introspection: true,
    // The validation plugin parses and validates, by the same rules as the WebSocket transport.
    dangerouslyDisableValidation: true,
    logger: silent,
    formatError: (formatted, error) =>
      isForCaller(error) || formatted.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR'
        ? { ...formatted, message: reworded(formatted.message) }
        : maskedError(requestIdIn(formatted), formatted.path),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // It would instrument every field of a response to compute a header that no cache may use: responses are private.
      ApolloServerPluginCacheControlDisabled(),
      // Otherwise an APOLLO_KEY in the environment would make Apollo report operations and the schema to a third party.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      validationPlugin(api, operationValidator),
      faultPlugin(api),
    ],
  })
  await apollo.start()

  const router = express.Router()
  // Only the path itself is served, no path below it.
  router.use((request, _response, next) => next(request.path === '/' ? undefined : 'router'))
  const page = graphiql()
  router.get('/', (request, response, next) =>
    api.keyless.isOver(request) ? next() : page(request, response, next),
  )
  router.use(
    ...allowOrigins(api.trustedOrigins),
    notFromOurselves,
    authenticated(api),
    express.json({ limit: maxBodyBytes }),
    hasDocument,
    expressMiddleware(apollo, { context: ({ res }) => Promise.resolve(localsOf(res).context ?? {}) }),
  )
  router.use(badRequest(api))
  return { router, stop: () => apollo.stop() }
}

/**
 * Refuses requests that Orderbell itself has sent, with status 508. A webhook may lead back to this API through a proxy
 * or a tunnel that the sender cannot detect, and would then trigger itself endlessly. Our own requests are recognised
 * by their user agent, the one header that every dialect sends and no webhook may set.
 */
const notFromOurselves: RequestHandler = (request, response, next) => {
  if (!isOwnUserAgent(request.headers['user-agent'])) next()
  else refuse(response, 508, 'FORBIDDEN', 'Orderbell sent this request itself: a webhook points to this API')
}

function authenticated(api: ApiDeps): RequestHandler {
  return async (request, response, next) => {
    const caller = await authenticateOrRefuse(api, request, response)
    if (caller === null) return
    const access = await accessOf(api, caller, request.headers['x-project'])
    if (access === null) {
      refuse(response, 400, 'BAD_USER_INPUT', wrongProject)
      return
    }
    // The answer is for this key alone.
    response.setHeader('cache-control', 'no-store')
    const deadline = makeDeadline()
    const bytes = api.bytesOf(access.projectId ?? noProject)
    response.once('close', bytes.end)
    const context = contextFor(api, access, { requestId: requestIdOf(response), deadline, bytes })
    localsOf(response).context = { ...context, deadline }
    next()
  }
}

function localsOf(response: Response): Locals {
  return response.locals
}

/** Replaces Apollo's messages about the content type, which name headers that only Apollo's own clients send. */
function reworded(message: string): string {
  if (message.startsWith('This operation has been blocked as a potential Cross-Site Request Forgery'))
    return 'the request may come from a page of another site (CSRF), because any page can send such a request: send it with content-type: application/json'
  if (message.startsWith('POST body missing'))
    return 'the request has no readable body: send JSON with content-type: application/json'
  return message
}

/** Refuses a JSON body without a document, with a message of our own. Apollo checks bodies of all other types. */
const hasDocument: RequestHandler = (request, response, next) => {
  const body: unknown = request.body
  if (!request.is('json')) next()
  else if (Array.isArray(body))
    refuse(
      response,
      400,
      'BAD_USER_INPUT',
      'the body is a list: send one operation per request, batching is not supported',
    )
  // A persisted query names its document by a hash. Apollo refuses it with a code that makes clients send the document.
  else if (typeof body === 'object' && body !== null && 'extensions' in body) next()
  else if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string')
    refuse(
      response,
      400,
      'BAD_USER_INPUT',
      'the body has no string `query`, which must be the document to run',
    )
  else next()
}

// Express would respond with an HTML page, which outside production contains a stack trace.
function badRequest(api: ApiDeps): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) {
      next(error)
      return
    }
    const status = error instanceof Error && 'status' in error ? error.status : undefined
    if (status === 413)
      refuse(response, 413, 'BAD_USER_INPUT', `the request's body is larger than ${maxBodyBytes} bytes`)
    else if (typeof status === 'number' && status >= 400 && status < 500)
      refuse(response, status, 'BAD_USER_INPUT', unreadable(error))
    else {
      const requestId = requestIdOf(response)
      api.log.error({ requestId, cause: error }, 'request.failed')
      response.status(500).json({ errors: [maskedError(requestId)] })
    }
  }
}

/** The message for a body that Express could not read. */
function unreadable(error: unknown): string {
  const type = error instanceof Error && 'type' in error ? error.type : undefined
  if (type === 'charset.unsupported') return "the charset of the request's body is not supported: use utf-8"
  if (type === 'encoding.unsupported')
    return "the content-encoding of the request's body is not supported: use gzip, deflate, br or none"
  return "the request's body is not a JSON object"
}

function requestIdIn(formatted: GraphQLFormattedError): string {
  const requestId = formatted.extensions?.['requestId']
  return typeof requestId === 'string' ? requestId : 'unknown'
}

// Apollo's own log messages are discarded. The fault plugin logs every fault.
const nothing = (): void => undefined
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }
