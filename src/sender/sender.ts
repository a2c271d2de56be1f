/**
 * The one way out: every request to a receiver leaves through `send`, guarded and bounded. Redirects are not
 * followed, environment proxies not used (a Client of undici knows neither).
 * Judging a URL is `destination.ts`, an address `address.ts`; connecting is `dial.ts`.
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

export interface SenderOptions {
  /** CIDRs that the guard lets through besides the public internet (SEND_ALLOWED_NETWORKS). */
  readonly allowedNetworks: readonly string[]
  readonly allowHttp: boolean
  /** PEM text of authorities trusted besides Node's own. */
  readonly extraCa?: string
  /** Instead of the system's resolution. */
  readonly resolve?: Resolve
  /** URLs of ours, which must not be rung: all ports of a public name, the one port of anything else. */
  readonly selfHosts?: readonly string[]
  /** Requests under way to one host, over all projects. */
  readonly maxPerHost: number
  /** Metadata addresses follow the allowed networks as others do (SEND_ALLOW_METADATA). */
  readonly allowMetadata?: boolean
  /** NAT64 addresses are judged by the IPv4 address inside (SEND_ALLOW_NAT64). */
  readonly allowNat64?: boolean
}

export interface GuardedSender extends Sender {
  /** From now on these URLs of ours are not rung: what we listen on is known only when we do. */
  refuseOurselves(urls: readonly string[]): void
}

// The lanes bound how much is under way; this is only the stop behind them.
// As many as may be under way in all: a request that waits for a connection uses up its own time limit.
const connectionLimits = { perOrigin: 1_000, idle: 1_024 }
// Judging a URL takes microseconds and always ends alike, so a few thousand judgements are kept.
const maxKnownDestinations = 2_048

// Written by undici from the URL and the body. A project's `host` would aim at another virtual host.
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

const hostIsBusy: NoAnswer = {
  kind: 'INTERRUPTED',
  detail: 'too many requests to this host are under way; nothing was sent',
}
const interrupted: NoAnswer = { kind: 'INTERRUPTED', detail: 'the service stopped before an answer came' }
/** What is known of a URL: whether it may be rung, and what its requests share their room by; '' when it may not. */
interface Known {
  readonly verdict: JudgedDestination
  readonly host: string
}

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

  /** Judged again at every send: the URL was stored under rules that may have changed. */
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
   * The ports of a host are one receiver to be polite to; not so where the operator opened it, on whose own machines
   * they are as many services.
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
      // It may have been closed while this waited.
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
    // What is refused is rung nowhere.
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

/** Made once: reading some 140 authorities for every connection would cost milliseconds each time. */
function trusting(extraCa: string | undefined): SecureContext {
  if (extraCa === undefined) return createSecureContext()
  const certificates = extraCa.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) throw new Error('expected PEM certificates as extra authorities, found none')
  certificates.forEach((each) => new X509Certificate(each)) // throws at start for what OpenSSL would skip in silence
  return createSecureContext({ ca: [...rootCertificates, ...certificates] })
}
