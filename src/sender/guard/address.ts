/**
 * Which IP addresses may be connected to? Default-deny: global unicast only, plus what the operator
 * opened. Pure. Names and URLs are judged in `destination.ts`; dialling is `dial.ts`.
 * Ranges: IANA's special-purpose registries (IPv4 and IPv6), read on top of ipaddr.js' own table.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Network = [Address, number]

/** PUBLIC: anyone may ring it. OPENED: the operator's allowed networks hold it. REFUSED: all the rest. */
export type AddressVerdict = 'PUBLIC' | 'OPENED' | 'REFUSED'

export interface AddressGuard {
  readonly judge: (address: string) => AddressVerdict
  /** True when the operator opened at least one network, so that names which resolve into it may pass. */
  readonly opensAny: boolean
}

/** What the operator may open besides networks. Each is off unless it is asked for by its own name. */
export interface AddressSwitches {
  /** Allowed networks open metadata addresses too; without it they stay closed whatever the networks say. */
  readonly allowMetadata?: boolean
  /** NAT64's well-known prefix is judged by the IPv4 address inside, for IPv6-only networks behind DNS64. */
  readonly allowNat64?: boolean
}

// These answer with credentials or orders of the machine that we run on, whoever asks.
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

// RFC 6052: a gateway sends such an address on to the IPv4 address in its last 32 bits.
const nat64 = network('64:ff9b::/96')

// No allowed network opens these: they wrap an IPv4 address, which a gateway would unwrap behind our back.
const alwaysClosed = networks(
  '64:ff9b:1::/48', // NAT64, local use
  '2002::/16', // 6to4
  '2001::/32', // Teredo
  '::ffff:0:0:0/96', // SIIT (IPv4-translated)
)

// IPv4-compatible ::a.b.c.d, deprecated: also a wrapping. `::` and `::1` are inside but are no such thing.
const ipv4Compatible = network('::/96')
const unspecifiedAndLoopback = network('::/127')

// Everything that IANA has not given out as global unicast is refused, known or not.
const globalUnicastV6 = network('2000::/3')

// What ipaddr.js 2.5 calls unicast and IANA does not: written out, so that another version of its table
// cannot open them. Ranges that it does know are not repeated.
const alsoRefused = networks(
  '192.88.99.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.175.48.0/24',
  '3fff::/20',
)

export function makeAddressGuard(
  allowedNetworks: readonly string[],
  { allowMetadata = false, allowNat64 = false }: AddressSwitches = {},
): AddressGuard {
  const opened = allowedNetworks.map(network)

  function judge(text: string): AddressVerdict {
    // isIP first: ipaddr.js also reads octal and short forms, which are other addresses to other readers.
    if (isIP(text) === 0 || text.includes('%')) return 'REFUSED'
    return judgeAddress(unmapped(ipaddr.parse(text)))
  }

  function judgeAddress(address: Address): AddressVerdict {
    if (holds(nat64, address)) {
      // Only what is public behind the gateway: the allowed networks speak of this side of it.
      const inside = ipaddr.fromByteArray(address.toByteArray().slice(12))
      return allowNat64 && judgeAddress(inside) === 'PUBLIC' ? 'PUBLIC' : 'REFUSED'
    }
    if (holdsAny(alwaysClosed, address) || isIPv4Compatible(address)) return 'REFUSED'
    const isOpened = holdsAny(opened, address)
    if (holdsAny(metadata, address)) return isOpened && allowMetadata ? 'OPENED' : 'REFUSED'
    if (isOpened) return 'OPENED'
    return isGlobalUnicast(address) ? 'PUBLIC' : 'REFUSED'
  }

  return { judge, opensAny: opened.length > 0 }
}

/** The one spelling of an address, a mapped one as IPv4; anything else stays what it is. */
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

/** ::ffff:a.b.c.d reaches a.b.c.d, so it is judged as a.b.c.d. */
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

/** Reads `10.0.0.0/8`, `fd12::/16` or a bare address; a fault when it is neither, for this is configuration. */
function network(cidr: string): Network {
  const [start = '', prefix, ...rest] = cidr.trim().split('/')
  const version = isIP(start)
  const widest = version === 4 ? 32 : 128
  const prefixBits = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Infinity
  if (version === 0 || start.includes('%') || prefixBits > widest || rest.length > 0) {
    throw new Error(`expected a network such as 10.0.0.0/8 or fd12::/16, found ${JSON.stringify(cidr)}`)
  }
  const address = ipaddr.parse(start)
  // A mapped network is written down as the IPv4 network that it means, as addresses are.
  if (version === 6 && prefixBits >= 96 && unmapped(address).kind() === 'ipv4') {
    return [unmapped(address), prefixBits - 96]
  }
  return [address, prefixBits]
}
