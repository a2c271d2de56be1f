/**
 * How many connections the API's server keeps for one address, and for how long one may keep it waiting. One that
 * has not asked for anything yet gives way to a newer one: who floods us with silence closes his own, and whoever
 * asks at once is answered, from the same address too.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'

type Socket = IncomingMessage['socket']

/** How long a connection may keep us waiting, in milliseconds: Node closes what is late, with 408. */
const ourPatience: ServerOptions = {
  // From the connection's begin, or the first byte of a later request.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Of a connection that was answered and asks nothing more.
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
}

export interface ConnectionBounds {
  /** Connections of one address on which nothing was asked yet. */
  readonly silentPerAddress: number
  /** The same of all addresses. */
  readonly silentInAll: number
  /** Connections of one address, sockets included. */
  readonly perAddress: number
}

/** A frontend's server keeps some hundreds of connections at its busiest, and asks on each as soon as it is open. */
const ourBounds: ConnectionBounds = {
  silentPerAddress: 200,
  silentInAll: 2_000,
  perAddress: 2_000,
}

export interface WebServerOptions {
  /** Null for who is not bounded. */
  readonly addressOf: (remoteAddress: string | undefined) => string | null
  readonly bounds?: ConnectionBounds
  readonly patience?: ServerOptions
}

/** A server that waits for nobody for long. */
export function makeWebServer(
  listener: RequestListener,
  { addressOf, bounds = ourBounds, patience = ourPatience }: WebServerOptions,
): Server {
  const server = createServer(patience, listener)
  boundConnections(server, addressOf, bounds)
  return server
}

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
  server.prependListener('upgrade', asks)
}

/** A set remembers in which order it grew. */
function oldestOf(sockets: ReadonlySet<Socket>): Socket | undefined {
  return sockets.values().next().value
}
