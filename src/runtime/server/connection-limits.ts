/**
 * The API's HTTP server with limits on its connections: per address, without a request yet, and idle between requests.
 * At the limit of silent or idle connections a new one closes the oldest. A flood of silent connections thus closes its
 * own connections, and a client that sends its request at once is served, even from the same address.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../../ports/log.ts'
import { makePipelining, type PipeliningBounds } from './pipelining.ts'
import { stoppableRequests } from './stoppable-parser.ts'
import { watchAnswers, type UnreadBounds } from './unread-responses.ts'

type Socket = IncomingMessage['socket']

/**
 * Timeouts of Node's HTTP server, in milliseconds. Node responds with 408 to late requests and closes the connection.
 */
export const ourPatience = {
  // Counted from the start of the connection, or from the first byte of a later request. `keepAliveTimeout` limits the
  // wait for that byte.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
} as const satisfies ServerOptions

/** Limits on connections. */
export interface ConnectionBounds {
  /** Connections of one address without a request yet. */
  readonly silentPerAddress: number
  /** Connections of all addresses without a request yet. */
  readonly silentInAll: number
  /** Connections of one address, including WebSockets. Further connections are refused. */
  readonly perAddress: number
  /** Connections of all addresses that wait for their next request. */
  readonly keptInAll: number
}

/** A busy frontend server has some hundreds of connections and sends a request on each as soon as it is open. */
export const ourBounds: ConnectionBounds = {
  silentPerAddress: 200,
  silentInAll: 2_000,
  perAddress: 2_000,
  keptInAll: 4_000,
}

/** Options of the server. */
export interface WebServerOptions {
  /** Returns null for a peer whose connections are not limited. */
  readonly addressOf: (remoteAddress: string | undefined) => string | null
  readonly log: Log
  /** Time for which a connection is kept open between requests. */
  readonly keepAliveMs: number
  readonly bounds?: ConnectionBounds
  readonly patience?: ServerOptions
  readonly turns?: PipeliningBounds
  readonly unread?: UnreadBounds
}

/** A server with limits. */
export interface WebServer {
  readonly server: Server
  /** Closes each connection after its next response, so that the clients of a stopping process connect elsewhere. */
  readonly answerLast: () => void
  /** Waits up to `withinMs` for running requests and then closes all connections. Closes idle connections at once. */
  readonly close: (withinMs: number) => Promise<void>
}

/** Creates the server. It does not listen yet. */
export function makeWebServer(listener: RequestListener, options: WebServerOptions): WebServer {
  const { addressOf, log, keepAliveMs, bounds = ourBounds, patience = ourPatience } = options
  let isLast = false
  const kept = new Set<Socket>()
  const turns = makePipelining((socket) => {
    if (isLast) {
      socket.destroySoon()
      return
    }
    kept.add(socket)
    if (kept.size > bounds.keptInAll) oldestOf(kept)?.destroy()
  }, options.turns)
  const answers = watchAnswers(turns.allUnanswered, log, options.unread)

  const serve =
    (handle: RequestListener): RequestListener =>
    (request, response) => {
      kept.delete(request.socket)
      answers.watch(response)
      if (isLast) response.setHeader('connection', 'close')
      turns.take({ request, response, handle })
    }
  // Node itself would refuse pipelined requests without a Host header, thousands in one event-loop iteration. So the
  // check is made after the limit on pipelining.
  const server = createServer(
    {
      ...patience,
      keepAliveTimeout: keepAliveMs,
      requireHostHeader: false,
      IncomingMessage: stoppableRequests(turns.isFull),
    },
    serve(orWithoutHost(listener)),
  )
  server.on('checkExpectation', serve(expectationFailed))
  server.on('connection', (socket) => socket.once('close', () => kept.delete(socket)))
  server.prependListener('upgrade', ({ socket }: IncomingMessage) => {
    kept.delete(socket)
    // The client pipelines too many requests, or sends an upgrade before its earlier requests are answered. Those
    // responses would be written between WebSocket frames.
    if (turns.unanswered(socket) > 0) socket.destroy()
    // This module has the only listeners, so the server has no WebSockets. Node leaves the socket to the listeners.
    else if (server.listenerCount('upgrade') === ourListeners) socket.end(upgradeRefused)
  })
  server.once('close', () => answers.stop())
  boundConnections(server, addressOf, bounds)
  const ourListeners = server.listenerCount('upgrade')

  return {
    server,
    answerLast: () => {
      isLast = true
      for (const response of turns.allUnanswered())
        if (!response.headersSent) response.setHeader('connection', 'close')
    },
    close: async (withinMs) => {
      isLast = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      await Promise.race([closed, pause(withinMs, undefined, { ref: false })])
      server.closeAllConnections()
      await closed
    },
  }
}

function orWithoutHost(listener: RequestListener): RequestListener {
  return (request, response) => {
    if (request.httpVersion !== '1.1' || request.headers.host !== undefined) listener(request, response)
    else response.writeHead(400, { connection: 'close' }).end()
  }
}

const upgradeRefused = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'

const expectationFailed: RequestListener = (_request, response) => void response.writeHead(417).end()

function boundConnections(
  server: Server,
  addressOf: WebServerOptions['addressOf'],
  bounds: ConnectionBounds,
): void {
  const silent = new Set<Socket>()
  const silentOf = new Map<string, Set<Socket>>()
  const counts = new Map<string, number>()
  const addresses = new WeakMap<Socket, string>()

  const speaks = (socket: Socket): void => {
    const address = addresses.get(socket)
    if (address === undefined || !silent.delete(socket)) return
    const others = silentOf.get(address)
    others?.delete(socket)
    if (others?.size === 0) silentOf.delete(address)
  }

  server.on('connection', (socket) => {
    const address = addressOf(socket.remoteAddress)
    if (address === null) return
    const count = counts.get(address) ?? 0
    if (count >= bounds.perAddress) {
      socket.destroy()
      return
    }
    counts.set(address, count + 1)
    addresses.set(socket, address)
    socket.once('close', () => {
      speaks(socket)
      const left = (counts.get(address) ?? 0) - 1
      if (left > 0) counts.set(address, left)
      else counts.delete(address)
    })

    const ofAddress = silentOf.get(address) ?? new Set()
    silentOf.set(address, ofAddress)
    if (ofAddress.size >= bounds.silentPerAddress) oldestOf(ofAddress)?.destroy()
    else if (silent.size >= bounds.silentInAll) oldestOf(silent)?.destroy()
    ofAddress.add(socket)
    silent.add(socket)
  })
  const asks = ({ socket }: IncomingMessage): void => speaks(socket)
  // Registered before all other listeners, so that refused requests count as requests too.
  server.prependListener('request', asks)
  server.prependListener('checkExpectation', asks)
  server.prependListener('upgrade', asks)
}

/** A Set iterates in insertion order. */
function oldestOf(sockets: ReadonlySet<Socket>): Socket | undefined {
  return sockets.values().next().value
}
