/**
 * Determines the address of a client, for limits by address. Clients can forge `X-Forwarded-For` and `Forwarded`, so
 * only the parts written by trusted proxies are used. If a trusted proxy gives no address, the last known address on
 * the way to the client is used.
 */
import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { readAddress, readForwarded, readForwardedFor, type Address } from './forwarded-addresses.ts'

/** IPv6 addresses are grouped by /64, because a client has at least a /64 and can use all its addresses. */
const groupBits = 64

/** Addresses as keys of limits: an IPv4 address, an IPv6 /64, or `unknown`. */
export interface ClientAddresses {
  /** The address of the client behind the trusted proxies. */
  ofRequest(request: IncomingMessage): string
  /** The same, but null for a request that a trusted proxy sends by itself, such as a health check. */
  ofClient(request: IncomingMessage): string | null
  /** The remote address of a connection. Null for a trusted proxy, whose connections carry requests of many clients. */
  ofPeer(remoteAddress: string | undefined): string | null
}

/** `trustedProxies`: CIDRs. Throws when one cannot be parsed. */
export function makeClientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const networks = trustedProxies.map(parseNetwork)
  const trusts = (address: Address): boolean =>
    networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))

  /**
   * Follows the hops from this server as long as they are trusted proxies. `isClient`: whether a client follows them,
   * with or without an address. `address` is the last known one.
   */
  const follow = (hops: Hops, peer: Address): { readonly address: Address; readonly isClient: boolean } => {
    let address = peer
    for (const hop of hops.toReversed()) {
      if (hop === null) return { address, isClient: true }
      address = hop
      if (!trusts(hop)) return { address, isClient: true }
    }
    return { address, isClient: false }
  }

  const peers = new WeakMap<IncomingMessage['socket'], Address | null>()
  const peerOf = (socket: IncomingMessage['socket']): Address | null => {
    const known = peers.get(socket)
    if (known !== undefined) return known
    const peer = readAddress(socket.remoteAddress ?? '')
    peers.set(socket, peer)
    return peer
  }

  const nearest = ({ socket, headers }: IncomingMessage): { address: Address | null; hops: number } => {
    const peer = peerOf(socket)
    if (peer === null || !trusts(peer)) return { address: peer, hops: 0 }
    const written = [
      hopsOf(headers['x-forwarded-for'], readForwardedFor),
      hopsOf(headers.forwarded, readForwarded),
    ]
    const hops = written.flat().length
    const found = written.map((one) => follow(one, peer))
    const clients = found.filter(({ isClient }) => isClient).map(({ address }) => address)
    // A proxy that writes only one of the two headers passes the client's other header on unchanged. If the headers
    // disagree, neither is used.
    if (new Set(clients.map(String)).size > 1) return { address: peer, hops }
    return { address: clients[0] ?? found[written[0]?.length === 0 ? 1 : 0]?.address ?? peer, hops }
  }

  return {
    ofRequest: (request) => groupOf(nearest(request).address),
    ofClient: (request) => {
      const { address, hops } = nearest(request)
      return hops === 0 && address !== null && trusts(address) ? null : groupOf(address)
    },
    ofPeer: (remoteAddress) => {
      const address = readAddress(remoteAddress ?? '')
      return address !== null && trusts(address) ? null : groupOf(address)
    },
  }
}

/** The hops, from the client to the proxy nearest to this server. Null is a hop without an address. */
type Hops = readonly (Address | null)[]

function hopsOf(header: string | readonly string[] | undefined, read: (text: string) => Hops): Hops {
  return header === undefined ? [] : read([header].flat().join(','))
}

/** Parses a CIDR. An IPv4-mapped network becomes an IPv4 network, because addresses are compared in that form. */
function parseNetwork(cidr: string): readonly [Address, number] {
  const [network, bits] = ipaddr.parseCIDR(cidr)
  return network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96
    ? [network.toIPv4Address(), bits - 96]
    : [network, bits]
}

/** The IPv4 address or the IPv6 /64. `unknown` for null: a closed connection has no address. */
function groupOf(address: Address | null): string {
  if (address === null) return 'unknown'
  if (address.kind() === 'ipv4') return address.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${groupBits}`).toString()}/${groupBits}`
}
