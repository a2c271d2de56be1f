/**
 * The API's server, and how many connections it keeps: of one address, of those that have asked nothing yet, and of
 * those that were answered and wait for the next request. The oldest gives way to a newer one: a flood of silent
 * connections closes its own, and a client that asks at once is answered, from the same address too.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import type { Log } from '../../ports/platform.ts'
import { makePipelining, type PipeliningBounds } from './pipelining.ts'
import { stoppableRequests } from './stoppable-parser.ts'
import { watchAnswers, type UnreadBounds } from './unread-responses.ts'

type Socket = IncomingMessage['socket']

/** How long a connection may keep us waiting, in milliseconds: Node closes what is late, with 408. */
const ourPatience: ServerOptions = {
  // From the connection's begin, or the first byte of a later request: a connection that is kept open waits for that
  // byte as long as `keepAliveTimeout` says.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 1_000,
}

export interface ConnectionBounds {
  /** Connections of one address on which nothing was asked yet. */
  readonly silentPerAddress: number
  /** The same of all addresses. */
  readonly silentInAll: number
  /** Connections of one address, sockets included. */
  readonly perAddress: number
  /** Connections of all addresses that were answered and wait for the next request. */
  readonly keptInAll: number
}

/** A frontend's server keeps some hundreds of connections at its busiest, and asks on each as soon as it is open. */
const ourBounds: ConnectionBounds = {
  silentPerAddress: 200,
  silentInAll: 2_000,
  perAddress: 2_000,
  keptInAll: 4_000,
}

export interface WebServerOptions {
  /** Null for a peer whose connections are not bounded. */
  readonly addressOf: (remoteAddress: string | undefined) => string | null
  readonly log: Log
  /** How long a connection that was answered is kept for the next request. */
  readonly keepAliveMs: number
  readonly bounds?: ConnectionBounds
  readonly patience?: ServerOptions
  readonly turns?: PipeliningBounds
  readonly unread?: UnreadBounds
}

export interface WebServer {
  readonly server: Server
  /** From now on each answer is the last on its connection: the clients of a process that stops go elsewhere. */
  readonly answerLast: () => void
  /** Requests under way may end within the time; a connection on which nothing or not enough is said does not delay it. */
  readonly close: (withinMs: number) => Promise<void>
}

/** A server that waits for no client for long. */
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
  // Node would refuse a request without a Host by itself, thousands of them in one turn.
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
    // A client that pipelines too much ends here; and what is answered later would be written between the frames.
    if (turns.unanswered(socket) > 0) socket.destroy()
    // No listener but ours: the server has no WebSockets, and Node leaves the connection to who listens.
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
  // Before all others: a request that is refused was asked too.
  server.prependListener('request', asks)
  server.prependListener('checkExpectation', asks)
  server.prependListener('upgrade', asks)
}

/** A set remembers in which order it grew. */
function oldestOf(sockets: ReadonlySet<Socket>): Socket | undefined {
  return sockets.values().next().value
}
