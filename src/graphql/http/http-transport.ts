/** GraphQL over HTTP: express in front, Apollo Server behind, our gate between. https://graphql.github.io/graphql-over-http */
import { ApolloServer, type BaseContext } from '@apollo/server'
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled'
import { expressMiddleware } from '@as-integrations/express5'
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express'
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import { isOwnUserAgent } from '../../domain/dialects/user-agent.ts'
import {
  accessOf,
  contextFor,
  keyFaultOf,
  keyOf,
  unauthenticated,
  wrongProject,
  type ApiWorld,
} from '../auth/authenticate.ts'
import { noProject } from '../core/context.ts'
import { makeDeadline } from '../execution/deadline.ts'
import { isForCaller, maskedError, type ErrorCode } from '../core/errors.ts'
import { isTooMany, tooManyFailures } from '../auth/auth-throttle.ts'
import { graphiql } from './graphiql.ts'
import { maxBodyBytes } from '../execution/document-limits.ts'
import type { OperationValidator } from '../execution/validate-operation.ts'
import { faultPlugin, validationPlugin, type HttpContext } from './apollo-plugins.ts'
import { requestIdOf } from './request-id.ts'

/** Where the middleware that authenticates leaves the context for Apollo. */
const contexts = new WeakMap<Request, HttpContext>()

export interface HttpTransport {
  readonly router: Router
  stop(): Promise<void>
}

export async function makeHttpFace(api: ApiWorld, schema: GraphQLSchema, operationValidator: OperationValidator): Promise<HttpTransport> {
  const apollo = new ApolloServer<BaseContext>({
    schema,
    // Nobody's request may stop the process; main.ts does.
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    // With a store Apollo would forget the document that our gate has parsed, and parse it again without limits.
    documentStore: null,
    introspection: true,
    // The gate parses and validates, by the same rules as on the socket.
    dangerouslyDisableValidation: true,
    logger: silent,
    formatError: (formatted, error) =>
      isForCaller(error) || formatted.extensions?.['code'] !== 'INTERNAL_SERVER_ERROR'
        ? { ...formatted, message: inOurWords(formatted.message) }
        : maskedError(requestIdIn(formatted), formatted.path),
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // Otherwise an APOLLO_KEY in the environment would send what is asked here to somebody else.
      ApolloServerPluginUsageReportingDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      validationPlugin(api, operationValidator),
      faultPlugin(api),
    ],
  })
  await apollo.start()

  const router = express.Router()
  // Nothing is below the path but the path itself.
  router.use((request, _response, next) => next(request.path === '/' ? undefined : 'router'))
  const page = graphiql()
  router.get('/', (request, response, next) =>
    api.keyless.isOver(request) ? next() : page(request, response, next),
  )
  router.use(
    notFromOurselves,
    authenticated(api),
    express.json({ limit: maxBodyBytes }),
    hasDocument,
    expressMiddleware(apollo, { context: ({ req }) => Promise.resolve(contexts.get(req) ?? {}) }),
  )
  router.use(badRequest(api))
  return { router, stop: () => apollo.stop() }
}

/**
 * A webhook that leads back to us by a way that the sender cannot see, a proxy or a tunnel, would ring itself for ever.
 * Our requests are known by their user agent, the one header that every dialect sends and no webhook may set.
 */
const notFromOurselves: RequestHandler = (request, response, next) => {
  if (!isOwnUserAgent(request.headers['user-agent'])) next()
  else refuse(response, 508, 'FORBIDDEN', 'this request is one of our own: a webhook leads back to this API')
}

const tooManyKeyless = 'too many requests without a valid key from this address: try again in 1 s'

function authenticated(api: ApiWorld): RequestHandler {
  return async (request, response, next) => {
    const { authorization } = request.headers
    const who = { authorization, address: api.addressOf(request) }
    const key = await api.authThrottle.ask(who, () => keyOf(api, authorization))
    if (isTooMany(key)) {
      response.setHeader('retry-after', String(key.retryAfterS))
      refuse(response, 429, 'RATE_LIMITED', tooManyFailures(key), { retryAfter: key.retryAfterS })
      return
    }
    if (key === null && api.keyless.isOver(request)) {
      response.setHeader('connection', 'close')
      response.setHeader('retry-after', '1')
      refuse(response, 429, 'RATE_LIMITED', tooManyKeyless, { retryAfter: 1 })
      return
    }
    if (key === null) {
      response.setHeader('www-authenticate', 'Bearer')
      refuse(response, 401, 'UNAUTHENTICATED', unauthenticated[keyFaultOf(authorization)])
      return
    }
    api.keyless.giveBack(request)
    const access = await accessOf(api, key, request.headers['x-project'])
    if (access === null) {
      refuse(response, 400, 'BAD_USER_INPUT', wrongProject)
      return
    }
    const deadline = makeDeadline()
    const bytes = api.bytesOf(access.projectId ?? noProject)
    response.once('close', bytes.end)
    const context = contextFor(api, access, { requestId: requestIdOf(request), deadline, bytes })
    contexts.set(request, { ...context, deadline })
    next()
  }
}

/** Apollo's refusals of a request by its content-type name header fields that its own clients send. */
function inOurWords(message: string): string {
  if (message.startsWith('This operation has been blocked as a potential Cross-Site Request Forgery'))
    return 'the request may come from a page of another site (CSRF), since any page can send one like it: send it with content-type: application/json'
  if (message.startsWith('POST body missing'))
    return 'the request has no body that was read: send JSON, with content-type: application/json'
  return message
}

/** Says in our words what a JSON body lacks; whether any other may be taken is Apollo's to judge. */
const hasDocument: RequestHandler = (request, response, next) => {
  const body: unknown = request.body
  if (!request.is('json')) next()
  else if (Array.isArray(body))
    refuse(
      response,
      400,
      'BAD_USER_INPUT',
      'the body is a list: one operation a request, there is no batching',
    )
  // A document that is named by its hash is refused by Apollo with the code that clients know to send it whole then.
  else if (typeof body === 'object' && body !== null && 'extensions' in body) next()
  else if (typeof body !== 'object' || body === null || !('query' in body) || typeof body.query !== 'string')
    refuse(response, 400, 'BAD_USER_INPUT', 'the body has no text `query`: the document to run stands there')
  else next()
}

// Express would answer with an HTML page, and with our stack where it is not in production.
function badRequest(api: ApiWorld): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
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
      const requestId = requestIdOf(request)
      api.log.error({ requestId, cause: error }, 'request.failed')
      response.status(500).json({ errors: [maskedError(requestId)] })
    }
  }
}

/** What is wrong with a body that express could not read. */
function unreadable(error: unknown): string {
  const type = error instanceof Error && 'type' in error ? error.type : undefined
  if (type === 'charset.unsupported') return "the request's body is in a charset that is not read: use utf-8"
  if (type === 'encoding.unsupported')
    return "the request's body is in a content-encoding that is not read: use gzip, deflate, br or none"
  return "the request's body is not a JSON object"
}

function requestIdIn(formatted: GraphQLFormattedError): string {
  const requestId = formatted.extensions?.['requestId']
  return typeof requestId === 'string' ? requestId : 'unknown'
}

function refuse(
  response: Response,
  status: number,
  code: ErrorCode,
  message: string,
  more: { readonly retryAfter?: number } = {},
): void {
  // Clients take an answer of another status for GraphQL's only when it is of GraphQL's own type.
  response.type(response.req.accepts(['application/json', 'application/graphql-response+json']) || 'json')
  response.status(status).json({ errors: [{ message, extensions: { code, ...more } }] })
}

// Apollo's own lines are not in our words; what matters of them is in `plugins.ts`.
const nothing = (): void => undefined
const silent = { debug: nothing, info: nothing, warn: nothing, error: nothing }
