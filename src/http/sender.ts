/**
 * The one way out: every request to a receiver leaves through `send`, guarded and bounded. Redirects are not
 * followed, bodies not decompressed, environment proxies not used (a Client of undici knows none of the three).
 * Judging a URL is `destination.ts`, an address `address.ts`; connecting is `dial.ts`.
 */
import { X509Certificate } from 'node:crypto'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import type { NoAnswer, SendResult } from '../domain/outcome.ts'
import { problem } from '../domain/problem.ts'
import type { Sender, SendRequest } from '../flow/ports.ts'
import { makeAddressGuard } from './address.ts'
import { blockedDetail } from './classify.ts'
import { makeConnections } from './connections.ts'
import { bareHost, judgeDestination, type JudgedDestination } from './destination.ts'
import { dial, type Dialler } from './dial.ts'
import { makeExchange, type Exchange } from './exchange.ts'
import { makeSystemResolve, type Resolve } from './resolve.ts'

export interface SenderOptions {
  /** CIDRs that the guard lets through besides the public internet (SEND_ALLOWED_NETWORKS). */
  readonly allowedNetworks: readonly string[]
  readonly allowHttp: boolean
  /** PEM text of authorities trusted besides Node's own. */
  readonly extraCa?: string
  /** Instead of the system's resolution. */
  readonly resolve?: Resolve
  /** Our own public host names, which must not be rung. */
  readonly selfHosts?: readonly string[]
}

// The lanes bound how much is under way; this is only the stop behind them.
// As many as a project may have under way: a request that waits for a connection uses up its own time limit.
const connectionLimits = { perOrigin: 500, idle: 1_024 }
// Judging a URL takes microseconds and always ends alike, so a few thousand judgements are kept.
const maxKnownDestinations = 2_048

// Written by undici from the URL and the body. A tenant's `host` would aim at another virtual host.
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

const interrupted: NoAnswer = { kind: 'INTERRUPTED', detail: 'the service stopped before an answer came' }

export function makeSender(options: SenderOptions): Sender {
  const guard = makeAddressGuard(options.allowedNetworks)
  const selfHosts = new Set((options.selfHosts ?? []).map(bareHost))
  const { allowHttp } = options
  const dialler: Dialler = {
    guard,
    selfHosts,
    allowHttp,
    resolve: options.resolve ?? makeSystemResolve(),
    secureContext: trusting(options.extraCa),
  }
  const connections = makeConnections(
    (target, trace, signal) => dial(target, dialler, trace, signal),
    connectionLimits,
  )
  const underWay = new Set<Exchange>()
  const known = new Map<string, JudgedDestination>()
  let closed = false

  /** Judged again at every send: the URL was stored under rules that may have changed. */
  function judged(url: string): JudgedDestination {
    const before = known.get(url)
    if (before !== undefined) return before
    const now = judgeDestination(url, { guard, allowHttp, httpsOnly: false, selfHosts })
    if (known.size >= maxKnownDestinations) known.clear()
    known.set(url, now)
    return now
  }

  async function send(request: SendRequest): Promise<SendResult> {
    refuseOwnHeaders(request)
    if (closed) return unsent(interrupted)
    const verdict = judged(request.url)
    if (!verdict.ok) return unsent({ kind: 'BLOCKED', detail: blockedDetail })
    const { destination } = verdict
    if (request.httpsOnly && !destination.isHttps) {
      return unsent({ kind: 'BLOCKED', detail: 'plain http is not allowed for this webhook' })
    }
    return new Promise((resolve, reject) => {
      const exchange = makeExchange(request, destination.path, {
        ended(result, { reusable, broken }) {
          underWay.delete(exchange)
          if (reusable !== null) connections.release(reusable)
          if (broken !== null) connections.discard(broken)
          resolve(result)
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

  return {
    send,
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
  return { answer, response: null, resolvedAddress: null, durationMs: 0, phases }
}

/** Made once: reading some 140 authorities for every connection would cost milliseconds each time. */
function trusting(extraCa: string | undefined): SecureContext {
  if (extraCa === undefined) return createSecureContext()
  const certificates = extraCa.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) throw new Error('expected PEM certificates as extra authorities, found none')
  certificates.forEach((each) => new X509Certificate(each)) // throws at start for what OpenSSL would skip in silence
  return createSecureContext({ ca: [...rootCertificates, ...certificates] })
}
