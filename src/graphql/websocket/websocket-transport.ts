/**
 * Subscriptions over the protocol graphql-transport-ws, validated by the same code as HTTP requests.
 * https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import { CloseCode } from 'graphql-ws'
import { useServer, type Extra } from 'graphql-ws/use/ws'
import { WebSocketServer } from 'ws'
import {
  accessOf,
  contextFor,
  keyFaultOf,
  keyOf,
  wrongProject,
  type Access,
  type ApiWorld,
  type KeyFault,
} from '../auth/authenticate.ts'
import { makeAnswerRooms } from './response-buffer.ts'
import { overBudget } from '../execution/rate-limit.ts'
import { noProject, type Context } from '../core/context.ts'
import type { Cost } from '../execution/cost.ts'
import { asFault, codedError, ofCaller, presentError } from '../core/errors.ts'
import { isTooMany, tooManyFailures } from '../auth/auth-throttle.ts'
import { subscribeFresh, type Subscribed } from './execute-subscription.ts'
import { maxMessageBytes } from '../execution/document-limits.ts'
import { makeKeyWatch } from './key-revocation.ts'
import { makeOperationIds, never, type Operation } from './operation-ids.ts'
import { isRefusal, nameOf, type OperationValidator } from '../execution/validate-operation.ts'
import { roomToSend, makeSlowWatch } from './backpressure.ts'
import { closeSocket, drain } from './close-codes.ts'
import { givenAs } from './credentials.ts'
import { replaceListeners } from './listeners.ts'
import { keepPinging } from './heartbeat.ts'
import { makeSocketLimits, tooManySockets, type Release, type SocketLimits } from './connection-limits.ts'

/** How long a client may take to authenticate its socket. */
export const initWaitMs = 3_000
/**
 * Disables graphql-ws's own pings, which would terminate a client that is slow to read the bytes queued before a ping.
 * `keepPinging` sends the pings instead.
 */
const noPings = 0
/** Retry-After while the process stops. Another process may serve the client by then. */
const comeBackSeconds = 1

export interface WebSocketTransport {
  /**
   * Accepts no more sockets, and closes the open ones one after the other with 1001. Subscriptions run until their
   * socket is closed.
   */
  stop(): Promise<void>
}

type Known = Extra & { access?: Access } & Record<PropertyKey, unknown>

/** A subscription that the validator and the limits have accepted. */
interface Admitted extends Subscribed {
  readonly cost: Cost
}

/** The reasons of the close, at most 123 bytes each. */
const unauthenticatedSocket: Readonly<Record<KeyFault, string>> = {
  NO_KEY: 'no key: send connectionParams { authorization: "Bearer <key>" }, or the header of the upgrade',
  NO_BEARER: 'the authorization does not begin with Bearer: write it as "Bearer <key>"',
  WRONG_KEY: 'the key does not belong to this installation, was revoked or has expired',
}

/** The reason of the close when the key of a socket is revoked or expires. */
const keyEnded = 'the key was revoked or has expired'

type SubscribePayload = Parameters<OperationValidator['check']>[1] & { readonly query: string }

export function makeSocketFace(
  api: ApiWorld,
  schema: GraphQLSchema,
  operationValidator: OperationValidator,
  server: Server,
  path: string,
  limits: SocketLimits = makeSocketLimits(),
): WebSocketTransport {
  /** Releases of the sockets that are not authenticated yet. */
  const unknown = new WeakMap<IncomingMessage, Release>()
  let isStopping = false
  const sockets = new WebSocketServer({
    ...{ server, maxPayload: maxMessageBytes },
    // ws reads one frame per socket and event-loop iteration, so that a flood of pings does not delay other sockets.
    allowSynchronousEvents: false,
    verifyClient: ({ req }, done) => {
      if (isStopping) {
        done(false, 503, 'Service Unavailable', { 'retry-after': String(comeBackSeconds) })
        return
      }
      const mayAsk = api.keyless.take(req) || req.headers.authorization !== undefined
      const release = mayAsk ? limits.takeUnknown(api.addressOf(req)) : null
      if (release === null) {
        done(false, 429, 'Too Many Requests', { 'retry-after': String(initWaitMs / 1_000) })
        return
      }
      unknown.set(req, release)
      req.socket.once('close', release)
      done(true)
    },
  })
  // As for HTTP requests, a slash at the end and a query string do not change the path.
  sockets.shouldHandle = ({ url = '' }) => url.split('?', 1)[0]?.replace(/\/$/, '') === path
  // A failed handshake affects only its client. Without a listener, the error would end the process.
  sockets.on('error', (error) => api.log.warn({ cause: error }, 'socket.failed'))

  const roomOf = makeAnswerRooms()
  const begin = makeOperationIds()
  const watch = makeKeyWatch(api)
  const slow = makeSlowWatch(api.log)

  const served = useServer<Record<string, unknown>, Known>(
    {
      schema,
      connectionInitWaitTimeout: initWaitMs,
      // Otherwise graphql-ws would send a fault's own message as the reason of the close.
      isProd: true,
      onConnect: async ({ connectionParams, extra }) => {
        try {
          const authorization = givenAs('authorization', connectionParams, extra.request)
          const who = { authorization, address: api.addressOf(extra.request) }
          const key = await api.authThrottle.ask(who, () => keyOf(api, authorization))
          if (!isOpen(extra)) return false
          if (isTooMany(key)) {
            extra.socket.close(tooManySockets.code, tooManyFailures(key))
            return false
          }
          if (key === null) {
            extra.socket.close(CloseCode.Forbidden, unauthenticatedSocket[keyFaultOf(authorization)])
            return false
          }
          api.keyless.giveBack(extra.request)
          const access = await accessOf(api, key, givenAs('x-project', connectionParams, extra.request))
          if (!isOpen(extra)) return false
          if (access === null) {
            extra.socket.close(CloseCode.BadRequest, wrongProject)
            return false
          }
          const release = limits.takeSocket(key.id)
          if (release === null) {
            extra.socket.close(tooManySockets.code, tooManySockets.reason)
            return false
          }
          extra.socket.once('close', release)
          unknown.get(extra.request)?.()
          extra.socket.once(
            'close',
            watch.add(key.id, () => void closeSocket(extra.socket, CloseCode.Forbidden, keyEnded)),
          )
          extra.access = access
          return true
        } catch (error) {
          api.log.error({ requestId: randomUUID(), cause: error }, 'request.failed')
          extra.socket.close(CloseCode.InternalServerError, 'Internal server error')
          return false
        }
      },
      onSubscribe: async ({ extra }, id, payload): Promise<Admitted | readonly GraphQLError[]> => {
        const operation = begin(extra.socket, id)
        const found = await admit(extra, operation, payload).catch((error: unknown) => [asFault(error)])
        if (!isRefusal(found)) return found
        // Meanwhile the client has completed this operation and used its id for another one.
        if (!operation.isCurrent()) return never()
        operation.end()
        return found
      },
      // Called for every subscription that `onSubscribe` admitted, even if the client has disconnected in between.
      subscribe: (args) => subscribeFresh(args as Admitted),
      onNext: (_context, _id, _payload, args, { data, errors, extensions }) => {
        const { contextValue, cost } = args as Admitted
        return {
          ...(data !== undefined && { data }),
          ...(errors !== undefined && { data: data ?? null, errors: presentErrors(errors, contextValue) }),
          extensions: { ...extensions, cost },
        }
      },
      onError: (_context, _id, _payload, errors) =>
        errors.map((error) =>
          error instanceof GraphQLError ? presentError(ofCaller(error), randomUUID(), api.log) : error,
        ),
    },
    sockets,
    noPings,
  )
  sockets.on('connection', (socket, request) => {
    replaceListeners(socket, api.log)
    slow.add(socket, request.socket)
    keepPinging(socket)
  })

  /**
   * The operation that may run, or the errors for the client. This function parses the document, because a syntax error
   * that graphql-ws finds closes the socket with everything that runs on it.
   */
  async function admit(
    { access, socket }: Known,
    operation: Operation,
    payload: SubscribePayload,
  ): Promise<Admitted | readonly GraphQLError[]> {
    if (access === undefined)
      throw new Error('expected a socket to have a key before it subscribes, it has none')
    if (!isOpen({ socket })) return [codedError('BAD_USER_INPUT', 'the socket is closed')]
    const document = operationValidator.parse(payload.query)
    const admitted =
      document instanceof GraphQLError ? [document] : operationValidator.check(document, payload, 'SOCKET')
    if (document instanceof GraphQLError || isRefusal(admitted)) {
      const over = await overBudget(api.rates, access.key.id, null)
      return over === null ? (admitted as readonly GraphQLError[]) : [over]
    }
    const projectId = access.projectId ?? noProject
    const release = limits.takeSubscription({ socket, projectId })
    if (release instanceof GraphQLError) return [release]
    const over = await overBudget(api.rates, access.key.id, admitted).catch(asFault)
    if (over !== null) {
      release()
      return [over]
    }
    return {
      schema,
      document,
      operation,
      operationName: nameOf(payload),
      variableValues: payload.variables ?? null,
      contextValue: contextFor(api, access, { requestId: randomUUID() }),
      cost: admitted.cost,
      release: () => {
        release()
        operation.end()
      },
      roomToSend: () => roomToSend(socket),
      room: roomOf(socket),
      inTurn: api.eventBatchingOf(projectId),
    }
  }

  function presentErrors(
    errors: readonly GraphQLError[],
    { requestId }: Context,
  ): readonly GraphQLFormattedError[] {
    return errors.map((error) => presentError(error, requestId, api.log))
  }

  return {
    stop: async () => {
      isStopping = true
      await drain(sockets.clients)
      watch.stop()
      slow.stop()
      await served.dispose()
    },
  }
}

function isOpen({ socket }: Pick<Extra, 'socket'>): boolean {
  return socket.readyState === socket.OPEN
}
