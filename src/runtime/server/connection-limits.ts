/**
 * Limits on the connections of an HTTP server: per address, without a request yet, and idle between requests. At the
 * limit of silent or idle connections a new one closes the oldest. A flood of silent connections thus closes its own
 * connections, and a client that sends its request at once is served, even from the same address.
 */
import type { IncomingMessage, Server } from 'node:http'
import { makeKeyedCounter } from '../../domain/shared/keyed-counter.ts'

type Socket = IncomingMessage['socket']

/** Limits on connections. */
export interface ConnectionBounds {
  /** Connections of one address without a request yet. */
  readonly silentPerAddress: number
  /** Connections of all addresses without a request yet. */
  readonly silentInAll: number
  /** Connections of one address, including WebSockets. Further connections are refused. */
  readonly perAddress: number
  /** Connections of all addresses that wait for their next request. */
  readonly idleInAll: number
}

/** A busy frontend server has some hundreds of connections and sends a request on each as soon as it is open. */
export const defaultConnectionBounds: ConnectionBounds = {
  silentPerAddress: 200,
  silentInAll: 2_000,
  perAddress: 2_000,
  idleInAll: 4_000,
}

/** Returns the address of a connection's client. Null for a peer whose connections are not limited. */
export type AddressOfPeer = (remoteAddress: string | undefined) => string | null

/** Limits the server's connections per address, and those without a request. */
export function limitConnections(server: Server, addressOf: AddressOfPeer, bounds: ConnectionBounds): void {
  const ofAddresses = makeKeyedCounter<string>(bounds.perAddress)
  const silent = makeSilentConnections(bounds)

  server.on('connection', (socket) => {
    const address = addressOf(socket.remoteAddress)
    if (address === null) return
    const release = ofAddresses.take(address)
    if (release === null) {
      socket.destroy()
      return
    }
    socket.once('close', () => {
      silent.remove(socket)
      release()
    })
    silent.add(socket, address)
  })
  const onRequest = ({ socket }: IncomingMessage): void => silent.remove(socket)
  // Registered before all other listeners, so that refused requests count as requests too.
  server.prependListener('request', onRequest)
  server.prependListener('checkExpectation', onRequest)
  server.prependListener('upgrade', onRequest)
}

/** The connections without a request yet. A new one closes the oldest of its address or of all, at the limit. */
function makeSilentConnections({ silentPerAddress, silentInAll }: ConnectionBounds) {
  /** The address of each, the oldest first. */
  const addresses = new Map<Socket, string>()
  const ofAddresses = new Map<string, Set<Socket>>()
  return {
    add: (socket: Socket, address: string): void => {
      const ofAddress = ofAddresses.get(address) ?? new Set()
      ofAddresses.set(address, ofAddress)
      if (ofAddress.size >= silentPerAddress) oldestOf(ofAddress)?.destroy()
      else if (addresses.size >= silentInAll) oldestOf(addresses)?.destroy()
      ofAddress.add(socket)
      addresses.set(socket, address)
    },
    remove: (socket: Socket): void => {
      const address = addresses.get(socket)
      if (address === undefined) return
      addresses.delete(socket)
      const ofAddress = ofAddresses.get(address)
      ofAddress?.delete(socket)
      if (ofAddress?.size === 0) ofAddresses.delete(address)
    },
  }
}

/** The oldest: sets and maps iterate in insertion order. */
export function oldestOf(sockets: Pick<ReadonlySet<Socket>, 'keys'>): Socket | undefined {
  return sockets.keys().next().value
}
