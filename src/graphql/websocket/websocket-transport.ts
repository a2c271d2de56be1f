/**
 * Subscriptions over the protocol graphql-transport-ws, validated by the same code as HTTP requests.
 * https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server } from 'node:http'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws'
import { WebSocketServer } from 'ws'
import type { Release } from '../../domain/shared/keyed-counter.ts'
import type { ApiDeps } from '../auth/request-context.ts'
import type { Context } from '../core/context.ts'
import { ofCaller, presentError } from '../core/errors.ts'
import { maxMessageBytes } from '../execution/document-limits.ts'
import type { OperationValidator } from '../execution/validate-operation.ts'
import { serveProtocol } from './adapter.ts'
import {
  admitSubscription,
  type Admission,
  type AdmittedSubscription,
  type SubscriberSocket,
} from './admit-subscription.ts'
import { hasCredential, isForeignPage } from '../auth/authenticate-caller.ts'
import { authenticateSocket } from './authenticate-socket.ts'
import { makeSlowSocketWatch } from './slow-sockets.ts'
import { closeAll, closeSocket } from './close-codes.ts'
import { makeSocketLimits, tooManySockets, type SocketLimits } from './connection-limits.ts'
import { executeSubscription } from './execute-subscription.ts'
import { keepPinging } from './heartbeat.ts'
import { makeRevocationWatch, type RevocationWatch } from './key-revocation.ts'
import { makeOperationIds } from './operation-ids.ts'
import { makeResponseBuffer } from './response-buffer.ts'

type ServerOptions = NonNullable<ConstructorParameters<typeof WebSocketServer>[0]>

/** How long a client may take to authenticate its socket. */
export const initWaitMs = 3_000
/** Retry-After while the process stops. Another process may serve the client by then. */
const stoppingRetryAfterS = 1

/** The reason of the close when the key of a socket is revoked or expires. */
const keyEnded = 'the key was revoked or has expired'
const sessionEnded = 'the session has ended: sign in again'

export interface WebSocketTransport {
  /**
   * Accepts no more sockets, and closes the open ones one after the other with 1001. Subscriptions run until their
   * socket is closed.
   */
  stop(): Promise<void>
}

export function makeWebSocketTransport(
  api: ApiDeps,
  schema: GraphQLSchema,
  validator: OperationValidator,
  server: Server,
  path: string,
  limits: SocketLimits = makeSocketLimits(),
): WebSocketTransport {
  let isStopping = false
  const upgrades = makeUpgradeLimits(api, limits, () => isStopping)
  const sockets = new ServerAtPath(path, { server, verifyClient: upgrades.verifyClient })
  // A failed handshake affects only its client. Without a listener, the error would end the process.
  sockets.on('error', (error) => api.log.warn({ cause: error }, 'socket.failed'))

  const revocations = makeRevocationWatch(api)
  const slow = makeSlowSocketWatch(api.log)
  const protocol = makeProtocol({ api, schema, validator, limits }, revocations, upgrades.release)
  sockets.on('connection', (socket, request) => {
    const extra = { socket, request, begin: makeOperationIds(), buffer: makeResponseBuffer() }
    serveProtocol<SubscriberSocket>(protocol, extra, api.log)
    slow.add(socket, request.socket)
    keepPinging(socket)
  })

  return {
    stop: async () => {
      isStopping = true
      await closeAll(sockets.clients, () => api.serviceDeps.system.random())
      revocations.stop()
      slow.stop()
      await new Promise<void>((resolve, reject) =>
        sockets.close((error) => (error === undefined ? resolve() : reject(error))),
      )
    },
  }
}

/** A WebSocket server at one path of an HTTP server. */
class ServerAtPath extends WebSocketServer {
  private readonly servedPath: string

  constructor(path: string, options: Pick<ServerOptions, 'server' | 'verifyClient'>) {
    super({
      ...options,
      maxPayload: maxMessageBytes,
      // ws reads one frame per socket and event-loop iteration, so that a flood of pings does not delay other sockets.
      allowSynchronousEvents: false,
      handleProtocols,
    })
    this.servedPath = path
  }

  // As for HTTP requests, a slash at the end and a query string do not change the path.
  override shouldHandle({ url = '' }: IncomingMessage): boolean {
    return url.split('?', 1)[0]?.replace(/\/$/, '') === this.servedPath
  }
}

/** Refuses upgrade requests above the limits, and counts the others until their sockets are authenticated. */
function makeUpgradeLimits(api: ApiDeps, limits: SocketLimits, isStopping: () => boolean) {
  // ws passes nothing from the upgrade to the socket but the request.
  const releases = new WeakMap<IncomingMessage, Release>()
  const verifyClient: ServerOptions['verifyClient'] = ({ req }, done) => {
    if (isStopping()) {
      done(false, 503, 'Service Unavailable', { 'retry-after': String(stoppingRetryAfterS) })
      return
    }
    // A key in the header counts instead of the cookie.
    if (req.headers.authorization === undefined && isForeignPage(api, req.headers)) {
      done(false, 403, 'Forbidden')
      return
    }
    const isWithinLimit = api.keyless.take(req) || hasCredential(req)
    const release = isWithinLimit ? limits.takeUnauthenticated(api.addressOf(req)) : null
    if (release === null) {
      done(false, 429, 'Too Many Requests', { 'retry-after': String(initWaitMs / 1_000) })
      return
    }
    releases.set(req, release)
    req.socket.once('close', release)
    done(true)
  }
  return { verifyClient, release: (request: IncomingMessage): void => releases.get(request)?.() }
}

/** The protocol, with the decisions of this API. */
function makeProtocol(
  admission: Admission,
  revocations: RevocationWatch,
  releaseUpgrade: (request: IncomingMessage) => void,
) {
  const { api, schema, limits } = admission
  return makeServer<Record<string, unknown>, SubscriberSocket>({
    schema,
    connectionInitWaitTimeout: initWaitMs,
    onConnect: async ({ connectionParams, extra }) => {
      const { socket, request } = extra
      const access = await authenticateSocket(api, connectionParams, extra)
      if (access === null || socket.readyState !== socket.OPEN) return false
      const release = limits.takeSocket(access.key.id)
      if (release === null) {
        socket.close(tooManySockets.code, tooManySockets.reason)
        return false
      }
      const end = (reason: string) => (): void => void closeSocket(socket, CloseCode.Forbidden, reason)
      socket.once('close', release)
      socket.once('close', revocations.add(access.key.id, end(keyEnded)))
      if (access.sessionId !== null)
        socket.once('close', revocations.add(access.sessionId, end(sessionEnded)))
      releaseUpgrade(request)
      extra.access = access
      return true
    },
    onSubscribe: ({ extra }, id, payload) => admitSubscription(admission, extra, id, payload),
    // Called for every subscription that `onSubscribe` admitted, even if the client has disconnected in between.
    subscribe: (args) => executeSubscription(args as AdmittedSubscription),
    onNext: (_context, _id, _payload, args, { data, errors, extensions }) => {
      const { contextValue, cost } = args as AdmittedSubscription
      return {
        ...(data !== undefined && { data }),
        ...(errors !== undefined && { data: data ?? null, errors: presentErrors(api, errors, contextValue) }),
        extensions: { ...extensions, cost },
      }
    },
    onError: (_context, _id, _payload, errors) =>
      errors.map((error) =>
        error instanceof GraphQLError ? presentError(ofCaller(error), randomUUID(), api.log) : error,
      ),
  })
}

function presentErrors(
  { log }: ApiDeps,
  errors: readonly GraphQLError[],
  { requestId }: Context,
): readonly GraphQLFormattedError[] {
  return errors.map((error) => presentError(error, requestId, log))
}
