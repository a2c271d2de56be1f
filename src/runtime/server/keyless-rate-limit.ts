/**
 * What one address may ask without a key: a budget that refills steadily. Each request takes from it before anything else
 * is done, and one with a good key gives back what it took. Health checks have a budget of their own, so that other
 * requests from a load balancer's address do not fail them.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { Log } from '../../ports/platform.ts'

/** A budget that was not used holds what refills in this time. */
const burstMs = 10_000
const logEveryMs = 60_000
const minuteMs = 60_000
/** Addresses that are remembered: beyond, the budgets of those that asked longest ago are full again. */
const keptAddresses = 20_000
const healthPaths = new Set(['/healthz', '/readyz'])
const retryAfterS = 1

const tooManyKeyless = 'too many requests without a valid key from this address'

export interface KeylessOptions {
  readonly perMinute: number
  /** Null for a client that is not limited. */
  readonly clientOf: (request: IncomingMessage) => string | null
  readonly log: Log
  readonly nowMs?: () => number
}

export interface Keyless {
  /** False when the budget of the request's address is used up. */
  take(request: IncomingMessage): boolean
  /** Whether `take` found the budget used up. */
  isOver(request: IncomingMessage): boolean
  /** Call it for a request that had a good key. */
  giveBack(request: IncomingMessage): void
  /** Answers 429 to a request beyond the budget, except to one whose key is still to be looked at. */
  before(listener: RequestListener, carriesKey: (request: IncomingMessage) => boolean): RequestListener
}

interface Budget {
  left: number
  atMs: number
  loggedAtMs: number
}

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

/** In few steps: a flood is answered as cheaply as can be, and each answer ends its connection. */
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
