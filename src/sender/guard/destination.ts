/**
 * Decides whether requests may be sent to a URL, without a DNS look-up: checks syntax, scheme, user info, port, host
 * name and literal address. Runs when a webhook is saved and again at every send. Pure.
 * The addresses of a host name are checked when the connection is opened.
 */
import { isIP } from 'node:net'
import type { UserErrorCode } from '../../domain/shared/problem.ts'
import { plainAddress, type AddressGuard } from './address.ts'

/** The rules of the installation and of one webhook. */
export interface DestinationRules {
  readonly guard: AddressGuard
  readonly allowHttp: boolean
  readonly httpsOnly: boolean
  /** Hosts of this service, where a webhook would cause a delivery loop. `isSelf` documents the format. */
  readonly selfHosts: ReadonlySet<string>
}

/** A URL that passed the check, in parts. */
export interface Destination {
  /** The canonical form of the whole URL, without a fragment. */
  readonly url: string
  readonly origin: string
  readonly path: string
  readonly isHttps: boolean
  /** The host name or address without brackets and trailing dot, in lower case. */
  readonly host: string
  readonly port: number
}

/** The result of a check: the destination, or the reason for the refusal. */
export type CheckedDestination =
  | { readonly ok: true; readonly destination: Destination }
  | { readonly ok: false; readonly code: UserErrorCode; readonly message: string }

const maxUrlCharacters = 2048
const maxNameOctets = 253

// Docker, etcd, MySQL, RDP, Postgres, AMQP, VNC, Redis, Kubernetes, IRC, Cassandra, Kafka, Elasticsearch,
// kubelet, memcached, MongoDB: services that may interpret an HTTP request as one of their commands.
const servicePorts = new Set([
  2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 6379, 6443, 6667, 9042, 9092, 9200, 9300, 10250,
  11211, 27017,
])
const x11Ports = { first: 6000, last: 6063 }

// Names that public DNS does not resolve, or that have a different meaning inside a network.
const refusedSuffixes =
  /(?:^|\.)(?:localhost|local|internal|svc|cluster\.local|home\.arpa|lan|corp|home|onion|test|invalid)$/

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

/** Checks a URL. Returns the first fault found. */
export function checkDestination(raw: string, rules: DestinationRules): CheckedDestination {
  const fault = syntaxFault(raw)
  if (fault !== null) return refused('URL_INVALID', fault)
  const url = parsed(raw)
  if (url === null) return refused('URL_INVALID', 'The URL has no valid host; write it as https://host/path.')
  url.hash = ''
  if (url.href.length > maxUrlCharacters) return refused('URL_INVALID', tooLong)

  const isHttps = url.protocol === 'https:'
  if (!isHttps && !rules.allowHttp)
    return refused('URL_NOT_HTTPS', 'Plain http is not allowed here; use https.')
  if (!isHttps && rules.httpsOnly) {
    return refused('URL_NOT_HTTPS', 'Plain http is not allowed by the policy of this webhook; use https.')
  }

  const port = portOf(url.protocol, url.port)
  if (!isAllowedPort(port)) {
    return refused(
      'DESTINATION_NOT_ALLOWED',
      `Port ${port} is not allowed; use 80, 443, or a port from 1024 up that no well-known service uses.`,
    )
  }

  const host = bareHost(url.hostname)
  if (isIP(host) === 0 && !isValidName(host))
    return refused('URL_INVALID', 'The host name is not valid; check its labels and dots.')
  if (isSelf(rules.selfHosts, host, port)) {
    return refused(
      'DESTINATION_NOT_ALLOWED',
      'The URL points back to this service; use a URL of the receiver.',
    )
  }
  if (isIP(host) === 0) {
    // If the operator allowed networks, such a name may resolve into them. The check then happens at each connection.
    if (isRefusedName(host) && !rules.guard.allowsAny) {
      return refused('DESTINATION_NOT_ALLOWED', 'The host name is not a public one; use a public host name.')
    }
  } else if (rules.guard.check(host) === 'REFUSED') {
    return refused(
      'DESTINATION_NOT_ALLOWED',
      'The address is not a public one; use a public host name or address.',
    )
  }

  const path = url.pathname + url.search
  return { ok: true, destination: { url: url.href, origin: url.origin, path, isHttps, host, port } }
}

/** The host as it is checked and resolved: no brackets around IPv6, no trailing dot, lower case. */
export function bareHost(hostname: string): string {
  const host = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return host.endsWith('.') ? host.slice(0, -1).toLowerCase() : host.toLowerCase()
}

/**
 * Whether the host and port belong to this service. An entry `name` or `address` covers all ports of the host, an entry
 * `host port` covers that port only. A public name of this service serves nothing else, but receivers may listen on
 * other ports of its address.
 */
export function isSelf(selfHosts: ReadonlySet<string>, host: string, port: number): boolean {
  const plain = plainAddress(host)
  return selfHosts.has(plain) || selfHosts.has(`${plain} ${port}`)
}

/** The entry of `selfHosts` for a URL of this service: all ports for a public name, otherwise only the URL's port. */
export function selfAt(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  const host = bareHost(hostname)
  if (isIP(host) === 0 && !isRefusedName(host)) return host
  return `${plainAddress(host)} ${portOf(protocol, port)}`
}

/** The port of a URL; the default port of the scheme when the URL has none. */
export function portOf(protocol: string, port: string): number {
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

/** Whether a name is not public. Single labels are not, because a resolver's search list would complete them. */
export function isRefusedName(host: string): boolean {
  return !host.includes('.') || refusedSuffixes.test(host)
}

/**
 * The resolved addresses of a name that may be connected to. Empty when any address is refused, so that an attacker
 * gains nothing by mixing public and internal addresses. A non-public name needs every address to be ALLOWED.
 */
export function allowedAnswers(
  host: string,
  answers: readonly string[],
  guard: AddressGuard,
): readonly string[] {
  if (isLocalhost(host) && answers.every(isLoopback)) {
    // Both address families are the same machine. An operator who allowed one of them expects `localhost` to work.
    return answers.filter((each) => guard.check(each) === 'ALLOWED')
  }
  const mustBeAllowed = isRefusedName(host)
  const allAllowed = answers.every((each) => {
    const verdict = guard.check(each)
    return verdict === 'ALLOWED' || (verdict === 'PUBLIC' && !mustBeAllowed)
  })
  return allAllowed ? answers : []
}

/** Whether the port is 80, 443, or a port from 1024 that no well-known service uses. */
export function isAllowedPort(port: number): boolean {
  if (port === 80 || port === 443) return true
  if (port >= x11Ports.first && port <= x11Ports.last) return false
  return port >= 1024 && port <= 65535 && !servicePorts.has(port)
}

const tooLong = `The URL is longer than ${maxUrlCharacters} characters after normalisation; shorten it.`

/** Checks the raw text, because the URL parser repairs input that other parsers read differently. */
function syntaxFault(raw: string): string | null {
  if (raw.length > maxUrlCharacters) return tooLong
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\s\u0000-\u0020\u007f-\u009f\\]/.test(raw)) {
    return 'The URL contains a space, a control character or a backslash; remove or percent-encode it.'
  }
  const authority = /^https?:\/\/([^/?#]+)/i.exec(raw)?.[1]
  if (authority === undefined)
    return 'The URL must start with https:// and a host; write it as https://host/path.'
  if (authority.includes('@'))
    return 'The URL contains a user name or password; remove everything before the @.'
  return null
}

function parsed(raw: string): URL | null {
  return URL.canParse(raw) ? new URL(raw) : null
}

function isValidName(host: string): boolean {
  return host.length <= maxNameOctets && host.split('.').every((each) => label.test(each))
}

function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}

function isLoopback(address: string): boolean {
  return address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))
}

function refused(code: UserErrorCode, message: string): CheckedDestination {
  return { ok: false, code, message }
}
