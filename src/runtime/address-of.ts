/**
 * Who is on the other end of a connection: the address that limits are counted for. X-Forwarded-For is what anybody
 * may write; it is believed as far as the proxies that the operator named have written it.
 */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import proxyaddr from 'proxy-addr'

/** Nobody is given less than a /64 of IPv6, and has all of its addresses to come from. */
const groupBits = 64

export interface AddressBook {
  /** Of the client, behind the trusted proxies. */
  ofRequest(request: IncomingMessage): string
  /** Of a connection's other end; null when that is a trusted proxy, which stands for many. */
  ofPeer(remoteAddress: string | undefined): string | null
}

/** `trustedProxies` are CIDRs. */
export function makeAddressBook(trustedProxies: readonly string[]): AddressBook {
  const trusts = proxyaddr.compile([...trustedProxies])
  return {
    ofRequest: (request) => {
      const told = proxyaddr(request, trusts)
      // A trusted proxy may hand on what its client wrote, which need not be an address.
      return groupOf(isIP(told) === 0 ? request.socket.remoteAddress : told)
    },
    ofPeer: (remoteAddress) =>
      remoteAddress !== undefined && isIP(remoteAddress) !== 0 && trusts(remoteAddress, 0)
        ? null
        : groupOf(remoteAddress),
  }
}

/** The address itself; of IPv6 the network. */
function groupOf(text: string | undefined): string {
  // A connection that is gone by now has none.
  if (text === undefined || isIP(text) === 0) return 'unknown'
  const address = ipaddr.process(text)
  if (address.kind() === 'ipv4') return address.toString()
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${groupBits}`).toString()}/${groupBits}`
}
