/**
 * Addresses as proxies write them: `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1`, `[2001:db8::1]`,
 * `[2001:db8::1]:4711`, each also in quotes. Whatever is no address, such as `unknown` or `_hidden`, is null.
 */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ReturnType<typeof ipaddr.process>

/** An address of IPv4 in IPv6's notation is one of IPv4. A zone is another machine's, and says nothing here. */
export function readAddress(text: string): Address | null {
  const address = text.replace(/%.*$/s, '')
  // ipaddr.js also reads short and octal forms.
  return isIP(address) === 0 ? null : ipaddr.process(address)
}

/** RFC 7239 calls it a node: an address, in brackets where it is one of IPv6, with or without a port. */
function readNode(text: string): Address | null {
  const node = unquoted(text.trim())
  const bracketed = /^\[([^\]]*)\](?::\w+)?$/.exec(node)?.[1]
  if (bracketed !== undefined)
    return isIP(bracketed.replace(/%.*$/s, '')) === 6 ? readAddress(bracketed) : null
  return readAddress(/^([\d.]+):\w+$/.exec(node)?.[1] ?? node)
}

/** A list of nodes. Members that are empty say nothing. */
export function readForwardedFor(header: string): readonly (Address | null)[] {
  return membersOf(header, ',').map(readNode)
}

/** RFC 7239: `for=192.0.2.43;proto=https, for="[2001:db8::1]:4711"`. A member without `for` is a hop without an address. */
export function readForwarded(header: string): readonly (Address | null)[] {
  return membersOf(header, ',').map((element) => {
    // A client may open a quote, or write a comma into the host that a proxy repeats in quotes.
    if (element.includes('\\') || element.split('"').length % 2 === 0) return null
    const nodes = membersOf(element, ';').flatMap((pair) => /^for\s*=(.*)$/is.exec(pair)?.[1] ?? [])
    return nodes.length === 1 ? readNode(nodes[0] ?? '') : null
  })
}

/** Without regard to quotes: what a proxy appends begins a member of its own, whatever its client wrote before it. */
function membersOf(text: string, separator: ',' | ';'): readonly string[] {
  return text
    .split(separator)
    .map((member) => member.trim())
    .filter((member) => member !== '')
}

function unquoted(text: string): string {
  return text.startsWith('"') && text.endsWith('"') && text.length >= 2 ? text.slice(1, -1) : text
}
