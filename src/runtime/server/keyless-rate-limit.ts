/**
 * A token bucket for requests without a valid API key, one for each client address. Every request takes a token before
 * any other work, and a request with a valid key returns it. Health checks have a bucket of their own, so that other
 * requests from a load balancer's address do not make them fail.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Log } from '../../ports/log.ts'

/** The capacity of a bucket: the tokens that are added in this time. */
export const burstMs = 10_000
const logEveryMs = 60_000
const minuteMs = 60_000
/** Maximum number of buckets. Beyond it, the least recently used bucket is removed and is then full again. */
const keptAddresses = 20_000
const healthPaths = new Set(['/healthz', '/readyz'])
const retryAfterS = 1

const tooManyKeyless = 'too many requests without a valid key from this address'

/** Options of the limit. */
export interface KeylessRateLimitOptions {
  /** Tokens that are added to a bucket per minute. */
  readonly perMinute: number
  /** Returns null for a client that is not limited. */
  readonly clientOf: (request: IncomingMessage) => string | null
  readonly log: Log
  readonly nowMs?: () => number
}

/** The limit. */
export interface KeylessRateLimit {
  /** Takes a token of the request's address. Returns false when none is left. */
  take(request: IncomingMessage): boolean
  /** Whether `take` returned false for this request. */
  isOver(request: IncomingMessage): boolean
  /** Returns the token of a request with a valid key. */
  refund(request: IncomingMessage): void
  /**
   * Wraps a listener. Responds with 429 to a request beyond the limit, unless it carries a key, which is checked later.
   */
  before(listener: RequestListener, carriesKey: (request: IncomingMessage) => boolean): RequestListener
}

interface Bucket {
  left: number
  atMs: number
  loggedAtMs: number
}

/** Creates the limit. */
export function makeKeylessRateLimit({
  perMinute,
  clientOf,
  log,
  nowMs = () => performance.now(),
}: KeylessRateLimitOptions): KeylessRateLimit {
  const capacity = Math.max(1, (perMinute * burstMs) / minuteMs)
  const buckets = new LRUCache<string, Bucket>({ max: keptAddresses })
  const taken = new WeakMap<IncomingMessage, Bucket>()
  const over = new WeakSet<IncomingMessage>()

  const bucketOf = (name: string): Bucket => {
    const now = nowMs()
    const bucket = buckets.get(name) ?? { left: capacity, atMs: now, loggedAtMs: -Infinity }
    buckets.set(name, bucket)
    bucket.left = Math.min(capacity, bucket.left + ((now - bucket.atMs) * perMinute) / minuteMs)
    bucket.atMs = now
    return bucket
  }
  const take = (request: IncomingMessage): boolean => {
    const address = clientOf(request)
    if (address === null) return true
    const bucket = bucketOf(isHealthCheck(request) ? `health ${address}` : address)
    if (bucket.left >= 1) {
      bucket.left -= 1
      taken.set(request, bucket)
      return true
    }
    over.add(request)
    if (bucket.atMs - bucket.loggedAtMs >= logEveryMs) {
      bucket.loggedAtMs = bucket.atMs
      log.warn({ address, path: pathOf(request) }, 'requests.limited')
    }
    return false
  }

  return {
    take,
    isOver: (request) => over.has(request),
    refund: (request) => {
      const bucket = taken.get(request)
      if (bucket !== undefined && taken.delete(request)) bucket.left = Math.min(capacity, bucket.left + 1)
    },
    before: (listener, carriesKey) => (request, response) => {
      if (take(request) || carriesKey(request)) listener(request, response)
      else refuse(response)
    },
  }
}

/** Responds with little work, to withstand a flood of requests, and closes the connection. */
function refuse(response: ServerResponse): void {
  const message = `${tooManyKeyless}: try again in ${retryAfterS} s`
  const body = JSON.stringify({
    errors: [{ message, extensions: { code: 'RATE_LIMITED', retryAfter: retryAfterS } }],
  })
  response
    .writeHead(429, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      'retry-after': String(retryAfterS),
      connection: 'close',
    })
    .end(body)
}

function isHealthCheck(request: IncomingMessage): boolean {
  return healthPaths.has(pathOf(request))
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}
