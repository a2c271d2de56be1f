/**
 * Sends every request to receivers. Checks the destination, limits the requests to one host, and reuses connections.
 * Does not follow redirects and does not use proxies from the environment (undici's Client supports neither).
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import type { NoAnswer, SendResult } from '../domain/deliveries/outcome.ts'
import { problem } from '../domain/shared/problem.ts'
import type { Sender, SendRequest } from '../ports/platform.ts'
import { makeAddressGuard } from './guard/address.ts'
import { blockedDetail } from './classify-error.ts'
import { makeConnections } from './connection-pool.ts'
import {
  bareHost,
  isRefusedName,
  judgeDestination,
  selfAt,
  type Destination,
  type JudgedDestination,
} from './guard/destination.ts'
import { dial, type Dialler } from './dial.ts'
import { withBodyDecompressed } from './response/decompress.ts'
import { makeExchange, type Exchange } from './exchange.ts'
import { makeHosts } from './host-concurrency.ts'
import { makeLookUp } from './dns-concurrency.ts'
import { makeSystemResolve, type Resolve } from './guard/resolve.ts'

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
  refuseOurselves(urls: readonly string[]): void
}

// The dispatcher limits the number of concurrent requests; these limits are only a safeguard.
// `perOrigin` equals the limit of all concurrent requests, because the wait for a connection counts towards a request's
// time limit.
const connectionLimits = { perOrigin: 1_000, idle: 1_024 }
// Checking a URL takes microseconds and always has the same result, so about two thousand results are cached.
const maxKnownDestinations = 2_048

// Headers that undici writes from the URL and the body. A `host` set by a project would reach another virtual host.
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

const hostIsBusy: NoAnswer = {
  kind: 'INTERRUPTED',
  detail: 'too many requests to this host are under way; nothing was sent',
}
const interrupted: NoAnswer = { kind: 'INTERRUPTED', detail: 'the service stopped before an answer came' }
/** A cached check of a URL: the verdict, and the host by which its requests are limited ('' when refused). */
interface Known {
  readonly verdict: JudgedDestination
  readonly host: string
}

/** Creates the sender. Throws when an allowed network or the extra certificate authority cannot be parsed. */
export function makeSender(options: SenderOptions): GuardedSender {
  const guard = makeAddressGuard(options.allowedNetworks, options)
  const selfHosts = new Set((options.selfHosts ?? []).map(bareHost))
  const roomListeners: (() => void)[] = []
  const hosts = makeHosts(options.maxPerHost, () => roomListeners.forEach((listener) => listener()))
  const { allowHttp } = options
  const dialler: Dialler = {
    guard,
    selfHosts,
    allowHttp,
    lookUp: makeLookUp(options.resolve ?? makeSystemResolve({ localNames: guard.opensAny })),
    secureContext: trusting(options.extraCa),
  }
  const connections = makeConnections(
    (target, trace, signal) => dial(target, dialler, trace, signal),
    connectionLimits,
  )
  const underWay = new Set<Exchange>()
  const known = new Map<string, Known>()
  let closed = false
  const isClosed = (): boolean => closed

  /** Checks the URL again at every send, because the rules may have changed since the URL was stored. */
  function judged(url: string): Known {
    const before = known.get(url)
    if (before !== undefined) return before
    const verdict = judgeDestination(url, { guard, allowHttp, httpsOnly: false, selfHosts })
    const now = { verdict, host: verdict.ok ? sharedHost(verdict.destination) : '' }
    if (known.size >= maxKnownDestinations) known.clear()
    known.set(url, now)
    return now
  }

  /**
   * The key of the concurrency limit. All ports of a public host share one limit. On a host that the operator allowed,
   * each port has a limit of its own, because the ports of internal machines are independent services.
   */
  function sharedHost({ host, port }: Destination): string {
    const isOpened = isIP(host) === 0 ? isRefusedName(host) : guard.judge(host) === 'OPENED'
    return isOpened ? `${host} ${port}` : host
  }

  async function send(request: SendRequest): Promise<SendResult> {
    refuseOwnHeaders(request)
    if (isClosed()) return unsent(interrupted)
    const { verdict } = judged(request.url)
    if (!verdict.ok) return unsent({ kind: 'BLOCKED', detail: blockedDetail })
    const { destination } = verdict
    if (request.httpsOnly && !destination.isHttps) {
      return unsent({ kind: 'BLOCKED', detail: 'plain http is not allowed for this webhook' })
    }
    const leave = request.entered === true ? () => undefined : await turnAt(request)
    if (leave === null) return unsent(hostIsBusy)
    try {
      // The sender may have been closed during the wait.
      return isClosed() ? unsent(interrupted) : await exchanged(request, destination)
    } finally {
      leave()
    }
  }

  function turnAt({ url, projectId, timeoutMs }: SendRequest): Promise<(() => void) | null> {
    return hosts.acquire(hostOf(url), projectId, timeoutMs)
  }

  function exchanged(request: SendRequest, destination: Destination): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      const exchange = makeExchange(request, destination.path, {
        replace: (connection) => connections.replace(connection, exchange),
        ended(result, { reusable, broken, codings }) {
          underWay.delete(exchange)
          if (reusable !== null) connections.release(reusable)
          if (broken !== null) connections.discard(broken)
          resolve(codings.length === 0 ? result : withBodyDecompressed(result, codings))
        },
        faulted(error, { broken }) {
          underWay.delete(exchange)
          if (broken !== null) connections.discard(broken)
          reject(error)
        },
      })
      underWay.add(exchange)
      connections.take(request.projectId, destination.origin, exchange)
    })
  }

  const hostOf = (url: string): string => judged(url).host

  return {
    send,
    hostOf,
    // A refused URL has the host '', to which no request is sent.
    hasRoomAt: (host, projectId) => host === '' || hosts.hasRoom(host, projectId),
    enter: (host, projectId) => (host === '' ? () => undefined : hosts.enter(host, projectId)),
    onRoom: (listener) => void roomListeners.push(listener),
    refuseOurselves(urls) {
      for (const url of urls) selfHosts.add(selfAt(url))
      known.clear()
    },
    judgeUrl(url, { httpsOnly }, field) {
      const verdict = judgeDestination(url, { guard, allowHttp, httpsOnly, selfHosts })
      return verdict.ok
        ? { ok: true, url: verdict.destination.url }
        : { ok: false, problem: problem(verdict.code, field, verdict.message) }
    },
    async close() {
      closed = true
      for (const exchange of [...underWay]) exchange.stop(interrupted)
      connections.close()
    },
  }
}

function refuseOwnHeaders({ headers }: SendRequest): void {
  const own = headers.find((each) => ownHeaders.has(each.name.toLowerCase()))
  if (own !== undefined)
    throw new Error(`expected no header that the sender writes itself, found ${own.name}`)
}

function unsent(answer: NoAnswer): SendResult {
  const phases = { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null }
  return {
    answer,
    response: null,
    resolvedAddress: null,
    durationMs: 0,
    phases,
    resentOnNewConnection: false,
  }
}

/** Created once, because parsing about 140 certificate authorities takes milliseconds. */
function trusting(extraCa: string | undefined): SecureContext {
  if (extraCa === undefined) return createSecureContext()
  const certificates = extraCa.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) throw new Error('expected PEM certificates as extra authorities, found none')
  certificates.forEach((each) => new X509Certificate(each)) // throws for a certificate that OpenSSL would silently skip
  return createSecureContext({ ca: [...rootCertificates, ...certificates] })
}
