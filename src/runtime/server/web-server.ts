/**
 * The HTTP server of the API and of the health checks, with limits on its connections, on pipelined requests and on
 * responses that are not read. Closes gracefully.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import type { Log } from '../../ports/log.ts'
import {
  defaultConnectionBounds,
  limitConnections,
  oldestOf,
  type AddressOfPeer,
  type ConnectionBounds,
} from './connection-limits.ts'
import { makePipelining, type PipeliningBounds } from './pipelining.ts'
import { stoppableRequests } from './stoppable-parser.ts'
import { watchResponses, type UnreadBounds } from './unread-responses.ts'

type Socket = IncomingMessage['socket']

/**
 * Timeouts of Node's HTTP server, in milliseconds. Node responds with 408 to late requests and closes the connection.
 */
export const defaultTimeouts = {
  // Counted from the start of the connection, or from the first byte of a later request. `keepAliveTimeout` limits the
  // wait for that byte.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
} as const satisfies ServerOptions

/** Options of the server. */
export interface WebServerOptions {
  readonly addressOf: AddressOfPeer
  readonly log: Log
  /** Time for which a connection is kept open between requests. */
  readonly keepAliveMs: number
  readonly bounds?: ConnectionBounds
  readonly timeouts?: ServerOptions
  readonly pipelining?: PipeliningBounds
  readonly unread?: UnreadBounds
}

/** A server with limits. */
export interface WebServer {
  readonly server: Server
  /** Closes each connection after its next response, so that the clients of a stopping process connect elsewhere. */
  readonly closeAfterResponses: () => void
  /** Waits up to `withinMs` for running requests and then closes all connections. Closes idle connections at once. */
  readonly close: (withinMs: number) => Promise<void>
}

/** Creates the server. It does not listen yet. */
export function makeWebServer(listener: RequestListener, options: WebServerOptions): WebServer {
  const {
    addressOf,
    log,
    keepAliveMs,
    bounds = defaultConnectionBounds,
    timeouts = defaultTimeouts,
  } = options
  let isClosing = false
  const idle = new Set<Socket>()
  const pipelining = makePipelining((socket) => {
    if (isClosing) {
      socket.destroySoon()
      return
    }
    idle.add(socket)
    if (idle.size > bounds.idleInAll) oldestOf(idle)?.destroy()
  }, options.pipelining)
  const responses = watchResponses(pipelining.allUnanswered, log, options.unread)

  const serve =
    (handle: RequestListener): RequestListener =>
    (request, response) => {
      idle.delete(request.socket)
      responses.watch(response)
      if (isClosing) response.setHeader('connection', 'close')
      pipelining.start({ request, response, handle })
    }
  // Node itself would refuse pipelined requests without a Host header, thousands in one event-loop iteration. So the
  // check is made after the limit on pipelining.
  const server = createServer(
    {
      ...timeouts,
      keepAliveTimeout: keepAliveMs,
      requireHostHeader: false,
      IncomingMessage: stoppableRequests(pipelining.isFull),
    },
    serve(requireHost(listener)),
  )
  server.on('checkExpectation', serve(expectationFailed))
  server.on('connection', (socket) => socket.once('close', () => idle.delete(socket)))
  server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
    idle.delete(socket)
    // The client pipelines too many requests, or sends an upgrade before its earlier requests are answered. Those
    // responses would be written between WebSocket frames.
    if (pipelining.unanswered(socket) > 0) socket.destroy()
    // This module has the only listeners, so the server has no WebSockets. Node leaves the socket to the listeners.
    else if (server.listenerCount('upgrade') === ownListeners) socket.end(upgradeRefused)
  })
  server.once('close', () => responses.stop())
  limitConnections(server, addressOf, bounds)
  const ownListeners = server.listenerCount('upgrade')

  return {
    server,
    closeAfterResponses: () => {
      isClosing = true
      for (const response of pipelining.allUnanswered())
        if (!response.headersSent) response.setHeader('connection', 'close')
    },
    close: (withinMs) => {
      isClosing = true
      return closeServer(server, withinMs)
    },
  }
}

async function closeServer(server: Server, withinMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), withinMs).unref()
  await closed
  clearTimeout(timer)
}

function requireHost(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.httpVersion !== '1.1' || request.headers.host !== undefined) listener(request, response)
    else response.writeHead(400, { connection: 'close' }).end()
  }
}

const upgradeRefused = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

const expectationFailed: RequestListener = (_request, response) => void response.writeHead(417).end()
