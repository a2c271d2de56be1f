/**
 * Parses addresses in forwarding headers: `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]`,
 * `[2001:db8::1]:4711`, each also in quotes. Other values, such as `unknown` or `_hidden`, become null.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** A parsed IPv4 or IPv6 address. */
export type Address = ReturnType<typeof ipaddr.process>

/**
 * Parses an address. An IPv4-mapped address becomes IPv4. A zone is dropped, because it is local to another machine.
 */
export function readAddress(text: string): Address | null {
  const address = text.replace(/%.*$/s, '')
  // isIP first, because ipaddr.js also parses short and octal forms.
  return isIP(address) === 0 ? null : ipaddr.process(address)
}

/** Parses a node (RFC 7239): an address, for IPv6 in brackets, with or without a port. */
function readNode(text: string): Address | null {
  const node = unquoted(text.trim())
  const bracketed = /^\[([^\]]*)\](?::\w+)?$/.exec(node)?.[1]
  if (bracketed !== undefined)
    return isIP(bracketed.replace(/%.*$/s, '')) === 6 ? readAddress(bracketed) : null
  return readAddress(/^([\d.]+):\w+$/.exec(node)?.[1] ?? node)
}

/** Parses `X-Forwarded-For`: a comma-separated list of nodes. Empty elements are ignored. */
export function readForwardedFor(header: string): readonly (Address | null)[] {
  return membersOf(header, ',').map(readNode)
}

/**
 * Parses `Forwarded` (RFC 7239): `for=192.0.2.43;proto=https, for="[2001:db8::1]:4711"`. An element without `for` is
 * null: a hop without an address.
 */
export function readForwarded(header: string): readonly (Address | null)[] {
  return membersOf(header, ',').map((element) => {
    // Unbalanced quotes may come from a client that opens a quote, or sends a comma in the host that a proxy quotes.
    if (element.includes('\\') || element.split('"').length % 2 === 0) return null
    const nodes = membersOf(element, ';').flatMap((pair) => /^for\s*=(.*)$/is.exec(pair)?.[1] ?? [])
    return nodes.length === 1 ? readNode(nodes[0] ?? '') : null
  })
}

/** Splits without regard to quotes, so that an element appended by a proxy stays separate from the client's text. */
function membersOf(text: string, separator: ',' | ';'): readonly string[] {
  return text
    .split(separator)
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length >= 2 ? text.slice(1, -1) : text
}
