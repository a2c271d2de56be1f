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
export interface KeylessOptions {
  /** Tokens that are added to a bucket per minute. */
  readonly perMinute: number
  /** Returns null for a client that is not limited. */
  readonly clientOf: (request: IncomingMessage) => string | null
  readonly log: Log
  readonly nowMs?: () => number
}

/** The limit. */
export interface Keyless {
  /** Takes a token of the request's address. Returns false when none is left. */
  take(request: IncomingMessage): boolean
  /** Whether `take` returned false for this request. */
  isOver(request: IncomingMessage): boolean
  /** Returns the token of a request with a valid key. */
  giveBack(request: IncomingMessage): void
  /**
   * Wraps a listener. Responds with 429 to a request beyond the limit, unless it carries a key, which is checked later.
   */
  before(listener: RequestListener, carriesKey: (request: IncomingMessage) => boolean): RequestListener
}

interface Budget {
  left: number
  atMs: number
  loggedAtMs: number
}

/** Creates the limit. */
export function makeKeyless({
  perMinute,
  clientOf,
  log,
  nowMs = () => performance.now(),
}: KeylessOptions): Keyless {
  const most = Math.max(1, (perMinute * burstMs) / minuteMs)
  const budgets = new LRUCache<string, Budget>({ max: keptAddresses })
  const taken = new WeakMap<IncomingMessage, Budget>()
  const over = new WeakSet<IncomingMessage>()

  const budgetOf = (name: string): Budget => {
    const now = nowMs()
    const budget = budgets.get(name) ?? { left: most, atMs: now, loggedAtMs: -Infinity }
    budgets.set(name, budget)
    budget.left = Math.min(most, budget.left + ((now - budget.atMs) * perMinute) / minuteMs)
    budget.atMs = now
    return budget
  }
  const take = (request: IncomingMessage): boolean => {
    const address = clientOf(request)
    if (address === null) return true
    const budget = budgetOf(isHealthCheck(request) ? `health ${address}` : address)
    if (budget.left >= 1) {
      budget.left -= 1
      taken.set(request, budget)
      return true
    }
    over.add(request)
    if (budget.atMs - budget.loggedAtMs >= logEveryMs) {
      budget.loggedAtMs = budget.atMs
      log.warn({ address, path: pathOf(request) }, 'requests.limited')
    }
    return false
  }

  return {
    take,
    isOver: (request) => over.has(request),
    giveBack: (request) => {
      const budget = taken.get(request)
      if (budget !== undefined && taken.delete(request)) budget.left = Math.min(most, budget.left + 1)
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
