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

// No allowed network opens these. The first group answers with credentials of the machine that we run on.
const alwaysClosed = networks(
  '169.254.0.0/16', // link-local: AWS, GCP, Azure, DigitalOcean, Oracle metadata; ECS task credentials
  '168.63.129.16/32', // Azure's wire server, in ordinary public space
  '100.100.100.200/32', // Alibaba's metadata
  '192.0.0.192/32', // Oracle's metadata
  'fd00:ec2::254/128', // AWS' metadata
  'fd20:ce::254/128', // GCP's metadata
  'fe80::/10', // link-local
  // These wrap an IPv4 address, which a gateway would unwrap behind our back.
  '64:ff9b::/96', // NAT64, the well-known prefix
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

export function makeAddressGuard(allowedNetworks: readonly string[]): AddressGuard {
  const opened = allowedNetworks.map(network)

  function judge(text: string): AddressVerdict {
    // isIP first: ipaddr.js also reads octal and short forms, which are other addresses to other readers.
    if (isIP(text) === 0 || text.includes('%')) return 'REFUSED'
    const address = unmapped(ipaddr.parse(text))
    if (holdsAny(alwaysClosed, address) || isIPv4Compatible(address)) return 'REFUSED'
    if (holdsAny(opened, address)) return 'OPENED'
    return isGlobalUnicast(address) ? 'PUBLIC' : 'REFUSED'
  }

  return { judge, opensAny: opened.length > 0 }
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
