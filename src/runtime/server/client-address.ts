/**
 * The address of a client, which limits are counted for. Anybody may write `X-Forwarded-For` or `Forwarded`: of what
 * they say, only what trusted proxies have written is used. Where a trusted proxy names no address, the client's address
 * is that of the nearest proxy that is known.
 */
import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'
import { readAddress, readForwarded, readForwardedFor, type Address } from './forwarded-addresses.ts'

/** A client of IPv6 has at least a /64, and may use every address in it. */
const groupBits = 64

export interface ClientAddresses {
  /** Of the client, behind the trusted proxies. */
  ofRequest(request: IncomingMessage): string
  /** The same; null for a trusted proxy that asks for itself, such as a health check: no client stands behind it. */
  ofClient(request: IncomingMessage): string | null
  /** Of a connection's other end; null when that is a trusted proxy, which stands for many clients. */
  ofPeer(remoteAddress: string | undefined): string | null
}

/** `trustedProxies` are CIDRs. */
export function makeClientAddresses(trustedProxies: readonly string[]): ClientAddresses {
  const networks = trustedProxies.map(parseNetwork)
  const trusts = (address: Address): boolean =>
    networks.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits))

  /** From us along the hops as far as trusted proxies go, and whether they lead to a client, with or without an address. */
  const follow = (hops: Hops, peer: Address): { readonly address: Address; readonly isClient: boolean } => {
    let address = peer
    for (const hop of hops.toReversed()) {
      if (hop === null) return { address, isClient: true }
      address = hop
      if (!trusts(hop)) return { address, isClient: true }
    }
    return { address, isClient: false }
  }

  const nearest = ({ socket, headers }: IncomingMessage): { address: Address | null; hops: number } => {
    const peer = readAddress(socket.remoteAddress ?? '')
    if (peer === null || !trusts(peer)) return { address: peer, hops: 0 }
    const written = [
      hopsOf(headers['x-forwarded-for'], readForwardedFor),
      hopsOf(headers.forwarded, readForwarded),
    ]
    const hops = written.flat().length
    const found = written.map((one) => follow(one, peer))
    const clients = found.filter(({ isClient }) => isClient).map(({ address }) => address)
    // A proxy that writes one of the two hands on what its client wrote as the other: which is whose is not known here.
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

/** From the client to the proxy next to us; null is a hop without an address. */
type Hops = readonly (Address | null)[]

function hopsOf(header: string | readonly string[] | undefined, read: (text: string) => Hops): Hops {
  return header === undefined ? [] : read([header].flat().join(','))
}

/** A network of IPv4 in IPv6's notation is one of IPv4: addresses are compared in that form. */
function parseNetwork(cidr: string): readonly [Address, number] {
  const [network, bits] = ipaddr.parseCIDR(cidr)
  return network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96
    ? [network.toIPv4Address(), bits - 96]
    : [network, bits]
}

/** The address itself; of IPv6 the network. A connection that is gone has none. */
function groupOf(address: Address | null): string {
  if (address === null) return 'unknown'
  if (address.kind() === 'ipv4') return address.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${groupBits}`).toString()}/${groupBits}`
}
