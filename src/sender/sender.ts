/**
 * Sends every request to receivers. Checks the destination, limits the requests to one host, and reuses connections.
 * Does not follow redirects and does not use proxies from the environment (undici's Client supports neither).
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import type { NoAnswer, SendResult } from '../domain/deliveries/outcome.ts'
import { problem } from '../domain/shared/problem.ts'
import type { Sender, SendRequest } from '../ports/sender.ts'
import { makeAddressGuard, type AddressGuard } from './guard/address.ts'
import { blockedDetail } from './classify-error.ts'
import { makeConnectionPool, type ConnectionPool } from './connection-pool.ts'
import {
  bareHost,
  isRefusedName,
  checkDestination,
  selfAt,
  type Destination,
  type CheckedDestination,
} from './guard/destination.ts'
import { dial, type Dialler } from './dial.ts'
import { withBodyDecompressed } from './response/decompress.ts'
import { Exchange, type ExchangeListener } from './exchange.ts'
import { makeHostConcurrency, type HostConcurrency } from './host-concurrency.ts'
import { makeLookUp } from './dns-concurrency.ts'
import { makeSystemResolve, type Resolve } from './guard/resolve.ts'
import { unsent } from './send-result.ts'

/** Options of the sender. */
export interface SenderOptions {
  /** CIDRs that are allowed in addition to public addresses (SEND_ALLOWED_NETWORKS). */
  readonly allowedNetworks: readonly string[]
  readonly allowHttp: boolean
  /** Certificate authorities (PEM) that are trusted in addition to Node's. */
  readonly extraCa?: string
  /** Replaces the system's name resolution. */
  readonly resolve?: Resolve
  /** Hosts of this service, which must not be called: `host` for all its ports, or `host port`. */
  readonly selfHosts?: readonly string[]
  /** Limit of concurrent requests to one host, over all projects. */
  readonly maxPerHost: number
  /** Allowed networks include metadata addresses (SEND_ALLOW_METADATA). */
  readonly allowMetadata?: boolean
  /** NAT64 addresses are checked by their embedded IPv4 address (SEND_ALLOW_NAT64). */
  readonly allowNat64?: boolean
}

/** A sender that also refuses the URLs of this service. */
export interface GuardedSender extends Sender {
  /**
   * Adds URLs of this service that must not be called. The listening address is known only after the server has
   * started.
   */
  blockOwnHosts(urls: readonly string[]): void
}

// The dispatcher limits the number of concurrent requests; these limits are only a safeguard.
// `perOrigin` equals the limit of all concurrent requests, because the wait for a connection counts towards a request's
// time limit.
const connectionLimits = { perOrigin: 1_000, idle: 1_024 }
// Checking a URL takes microseconds and always has the same result, so about two thousand results are cached.
const maxCheckedUrls = 2_048

// Headers that undici writes from the URL and the body. A `host` set by a project would reach another virtual host.
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

const hostIsBusy: NoAnswer = {
  kind: 'INTERRUPTED',
  detail: 'too many requests to this host are running; nothing was sent',
}
const plainHttp: NoAnswer = { kind: 'BLOCKED', detail: 'plain http is not allowed for this webhook' }
const closed: NoAnswer = { kind: 'INTERRUPTED', detail: 'the service stopped before an answer came' }

/** A cached check of a URL: the verdict, and the host by which its requests are limited ('' when refused). */
interface CachedCheck {
  readonly verdict: CheckedDestination
  readonly host: string
}

interface SenderState {
  readonly guard: AddressGuard
  readonly selfHosts: Set<string>
  readonly allowHttp: boolean
  readonly hosts: HostConcurrency
  readonly connections: ConnectionPool
  readonly running: Set<Exchange>
  readonly listener: ExchangeListener
  readonly checkedUrls: Map<string, CachedCheck>
  isClosed: boolean
}

/** Creates the sender. Throws when an allowed network or the extra certificate authority cannot be parsed. */
export function makeSender(options: SenderOptions): GuardedSender {
  const listeners: (() => void)[] = []
  const state = openSender(options, () => listeners.forEach((listener) => listener()))
  const { guard, selfHosts, allowHttp, hosts, checkedUrls } = state
  return {
    send: (request) => send(state, request),
    hostOf: (url) => checkOnce(state, url).host,
    // A refused URL has the host '', to which no request is sent.
    hasRoomAt: (host, projectId) => host === '' || hosts.hasRoom(host, projectId),
    enter: (host, projectId) => (host === '' ? () => undefined : hosts.enter(host, projectId)),
    onRequestEnded: (listener) => void listeners.push(listener),
    blockOwnHosts(urls) {
      for (const url of urls) selfHosts.add(selfAt(url))
      checkedUrls.clear()
    },
    checkUrl(url, { httpsOnly }, field) {
      const verdict = checkDestination(url, { guard, allowHttp, httpsOnly, selfHosts })
      return verdict.ok
        ? { ok: true, url: verdict.destination.url }
        : { ok: false, problem: problem(verdict.code, field, verdict.message) }
    },
    interrupt: (answer) => interrupt(state, answer),
    async close() {
      state.isClosed = true
      interrupt(state, closed)
      state.connections.close()
    },
  }
}

function openSender(options: SenderOptions, onRequestEnded: () => void): SenderState {
  const { allowHttp } = options
  const guard = makeAddressGuard(options.allowedNetworks, options)
  const selfHosts = new Set((options.selfHosts ?? []).map(bareHost))
  const dialler: Dialler = {
    guard,
    selfHosts,
    allowHttp,
    lookUp: makeLookUp(options.resolve ?? makeSystemResolve({ localNames: guard.allowsAny })),
    secureContext: trusting(options.extraCa),
  }
  const connections = makeConnectionPool(
    (target, trace, signal) => dial(target, dialler, trace, signal),
    connectionLimits,
  )
  const running = new Set<Exchange>()
  return {
    guard,
    selfHosts,
    allowHttp,
    hosts: makeHostConcurrency(options.maxPerHost, onRequestEnded),
    connections,
    running,
    listener: makeListener(connections, running),
    checkedUrls: new Map(),
    isClosed: false,
  }
}

/** Checks the URL again at every send, because the rules may have changed since the URL was stored. */
function checkOnce({ guard, selfHosts, allowHttp, checkedUrls }: SenderState, url: string): CachedCheck {
  const cached = checkedUrls.get(url)
  if (cached !== undefined) return cached
  const verdict = checkDestination(url, { guard, allowHttp, httpsOnly: false, selfHosts })
  const checked = { verdict, host: verdict.ok ? sharedHost(guard, verdict.destination) : '' }
  if (checkedUrls.size >= maxCheckedUrls) checkedUrls.clear()
  checkedUrls.set(url, checked)
  return checked
}

/**
 * The key of the concurrency limit. All ports of a public host share one limit. On a host that the operator allowed,
 * each port has a limit of its own, because the ports of internal machines are independent services.
 */
function sharedHost(guard: AddressGuard, { host, port }: Destination): string {
  const isAllowed = isIP(host) === 0 ? isRefusedName(host) : guard.check(host) === 'ALLOWED'
  return isAllowed ? `${host} ${port}` : host
}

function send(state: SenderState, request: SendRequest): Promise<SendResult> {
  const own = request.headers.find(({ name }) => ownHeaders.has(name.toLowerCase()))
  if (own !== undefined)
    return Promise.reject(new Error(`expected no header that the sender writes itself, found ${own.name}`))
  if (state.isClosed) return Promise.resolve(unsent(closed))
  const { verdict, host } = checkOnce(state, request.url)
  if (!verdict.ok) return Promise.resolve(unsent({ kind: 'BLOCKED', detail: blockedDetail }))
  const { destination } = verdict
  if (request.httpsOnly && !destination.isHttps) return Promise.resolve(unsent(plainHttp))
  return request.entered === true
    ? sendNow(state, request, destination)
    : sendAfterWait(state, request, destination, host)
}

/** Sends the request as soon as the concurrency limit of its host allows it. */
async function sendAfterWait(
  state: SenderState,
  request: SendRequest,
  destination: Destination,
  host: string,
): Promise<SendResult> {
  const leave = await state.hosts.acquire(host, request.projectId, request.timeoutMs)
  if (leave === null) return unsent(hostIsBusy)
  try {
    // The sender may have been closed during the wait.
    return state.isClosed ? unsent(closed) : await sendNow(state, request, destination)
  } finally {
    leave()
  }
}

function sendNow(
  { connections, running, listener }: SenderState,
  request: SendRequest,
  destination: Destination,
): Promise<SendResult> {
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(request, destination.path, listener, resolve, reject)
    running.add(exchange)
    connections.take(request.projectId, destination.origin, exchange)
  })
}

function makeListener(connections: ConnectionPool, running: Set<Exchange>): ExchangeListener {
  return {
    replace: (exchange, connection) => connections.replace(connection, exchange),
    ended(exchange, result, { reusable, broken, codings }) {
      running.delete(exchange)
      if (reusable !== null) connections.release(reusable)
      if (broken !== null) connections.discard(broken)
      exchange.resolve(codings.length === 0 ? result : withBodyDecompressed(result, codings))
    },
    faulted(exchange, error, { broken }) {
      running.delete(exchange)
      if (broken !== null) connections.discard(broken)
      exchange.reject(error)
    },
  }
}

function interrupt({ running }: SenderState, answer: NoAnswer): void {
  for (const exchange of [...running]) exchange.stop(answer)
}

/** Created once, because parsing about 140 certificate authorities takes milliseconds. */
function trusting(extraCa: string | undefined): SecureContext {
  if (extraCa === undefined) return createSecureContext()
  const certificates = extraCa.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) throw new Error('expected PEM certificates as extra authorities, found none')
  certificates.forEach((each) => new X509Certificate(each)) // throws for a certificate that OpenSSL would silently skip
  return createSecureContext({ ca: [...rootCertificates, ...certificates] })
}
