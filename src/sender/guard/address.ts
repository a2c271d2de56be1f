/**
 * Decides which IP addresses the sender may connect to. Denies by default: only global unicast addresses and the
 * networks that the operator allowed are accepted. Pure; does not check names or URLs.
 * The ranges are those of IANA's special-purpose registries (IPv4 and IPv6), in addition to the table of ipaddr.js.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

/** PUBLIC: a global unicast address. ALLOWED: inside the operator's allowed networks. REFUSED: every other address. */
export type AddressVerdict = 'PUBLIC' | 'ALLOWED' | 'REFUSED'

/** Checks addresses against the operator's settings. */
export interface AddressGuard {
  /** The verdict on an address. Text that is not an IP address is REFUSED. */
  readonly check: (address: string) => AddressVerdict
  /** Whether the operator allowed at least one network. Non-public names that resolve into it are then accepted. */
  readonly allowsAny: boolean
}

/** What the operator may allow in addition to networks. Each is off by default. */
export interface AddressSwitches {
  /**
   * Allowed networks include metadata addresses. If false, metadata addresses are refused even inside allowed networks.
   */
  readonly allowMetadata?: boolean
  /**
   * Addresses with NAT64's well-known prefix are checked by their embedded IPv4 address, for IPv6-only networks with
   * DNS64.
   */
  readonly allowNat64?: boolean
}

// Services at these addresses return credentials or configuration of the machine to any client on it.
const metadata = networks(
  '169.254.0.0/16', // link-local: AWS, GCP, Azure, DigitalOcean, Oracle metadata; ECS and EKS credentials
  '168.63.129.16/32', // Azure's wire server, in ordinary public space
  '100.100.100.200/32', // Alibaba's
  '192.0.0.192/32', // Oracle's
  'fd00:ec2::/32', // AWS': metadata, EKS credentials, name servers
  'fd20:ce::254/128', // GCP's
  'fd00:c1::a9fe:a9fe/128', // Oracle's
  'fd00:42::42/128', // Scaleway's
  'fe80::/10', // link-local
)

// RFC 6052: a gateway translates such an address to the IPv4 address in its last 32 bits.
const nat64 = network('64:ff9b::/96')

// Refused even inside allowed networks. They embed an IPv4 address that a gateway would connect to, unchecked.
const alwaysClosed = networks(
  '64:ff9b:1::/48', // NAT64, local use
  '2002::/16', // 6to4
  '2001::/32', // Teredo
  '::ffff:0:0:0/96', // SIIT (IPv4-translated)
)

// IPv4-compatible addresses ::a.b.c.d (deprecated) also embed an IPv4 address. `::` and `::1` lie in the same range but
// are not IPv4-compatible addresses.
const ipv4Compatible = network('::/96')
const unspecifiedAndLoopback = network('::/127')

// IANA allocates global unicast addresses from this range only. All other IPv6 addresses are refused.
const globalUnicastV6 = network('2000::/3')

// Ranges that ipaddr.js 2.5 classifies as unicast and IANA does not. Ranges that ipaddr.js knows are not repeated.
const alsoRefused = networks(
  '192.88.99.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.175.48.0/24',
  '3fff::/20',
)

/** Creates a guard. Throws when an allowed network is neither a CIDR nor an address. */
export function makeAddressGuard(
  allowedNetworks: readonly string[],
  { allowMetadata = false, allowNat64 = false }: AddressSwitches = {},
): AddressGuard {
  const allowed = allowedNetworks.map(network)

  function check(text: string): AddressVerdict {
    // isIP first: ipaddr.js also parses octal and short forms, which other parsers read as different addresses.
    if (isIP(text) === 0 || text.includes('%')) return 'REFUSED'
    return checkAddress(unmapped(ipaddr.parse(text)))
  }

  function checkAddress(address: Address): AddressVerdict {
    if (holds(nat64, address)) {
      // Only public addresses behind the gateway: the allowed networks are networks on this side of the gateway.
      const inside = ipaddr.fromByteArray(address.toByteArray().slice(12))
      return allowNat64 && checkAddress(inside) === 'PUBLIC' ? 'PUBLIC' : 'REFUSED'
    }
    if (holdsAny(alwaysClosed, address) || isIPv4Compatible(address)) return 'REFUSED'
    const isAllowed = holdsAny(allowed, address)
    if (holdsAny(metadata, address)) return isAllowed && allowMetadata ? 'ALLOWED' : 'REFUSED'
    if (isAllowed) return 'ALLOWED'
    return isGlobalUnicast(address) ? 'PUBLIC' : 'REFUSED'
  }

  return { check, allowsAny: allowed.length > 0 }
}

/** The canonical form of an address; an IPv4-mapped address becomes IPv4. Other text is returned unchanged. */
export function plainAddress(text: string): string {
  return isIP(text) === 0 || text.includes('%') ? text : unmapped(ipaddr.parse(text)).toString()
}

function isGlobalUnicast(address: Address): boolean {
  if (address.range() !== 'unicast' || holdsAny(alsoRefused, address)) return false
  return address.kind() === 'ipv4' || holds(globalUnicastV6, address)
}

function isIPv4Compatible(address: Address): boolean {
  return holds(ipv4Compatible, address) && !holds(unspecifiedAndLoopback, address)
}

/** An IPv4-mapped address ::ffff:a.b.c.d connects to a.b.c.d, so it is checked as a.b.c.d. */
function unmapped(address: Address): Address {
  if (address.kind() === 'ipv4') return address
  const v6 = address as ipaddr.IPv6
  return v6.isIPv4MappedAddress() ? v6.toIPv4Address() : v6
}

function holdsAny(list: readonly Network[], address: Address): boolean {
  return list.some((each) => holds(each, address))
}

function holds([start, prefixBits]: Network, address: Address): boolean {
  return start.kind() === address.kind() && address.match(start, prefixBits)
}

function networks(...cidrs: readonly string[]): readonly Network[] {
  return cidrs.map(network)
}

/** Parses `10.0.0.0/8`, `fd12::/16` or a bare address. Throws for other text, because the text is configuration. */
function network(cidr: string): Network {
  const [start = '', prefix, ...rest] = cidr.trim().split('/')
  const version = isIP(start)
  const widest = version === 4 ? 32 : 128
  const prefixBits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity
  if (version === 0 || start.includes('%') || prefixBits > widest || rest.length > 0) {
    throw new Error(`expected a network such as 10.0.0.0/8 or fd12::/16, found ${JSON.stringify(cidr)}`)
  }
  const address = ipaddr.parse(start)
  // An IPv4-mapped network is stored as an IPv4 network, because addresses are compared as IPv4 too.
  if (version === 6 && prefixBits >= 96 && unmapped(address).kind() === 'ipv4') {
    return [unmapped(address), prefixBits - 96]
  }
  return [address, prefixBits]
}
