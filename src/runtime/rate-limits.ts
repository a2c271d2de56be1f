/**
 * Budgets that are full again after a while: in this process's memory, or in Redis, where all processes take from
 * the same. When Redis is away each process counts for itself until it is back: a limit is not worth an outage.
 */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { isReadOnlyReplica } from '../domain/shared/redis-error.ts'
import type { Log, RateKind, Rates, Taken } from '../ports/platform.ts'

export interface RatesOptions {
  /** How much of each may be taken in one window. */
  readonly budgets: Readonly<Record<RateKind, number>>
  /** Whole seconds. */
  readonly windowS?: number
  /** Shared by all processes with the same prefix; without it each counts for itself. */
  readonly redis?: { readonly url: string; readonly prefix: string } | undefined
  readonly log: Log
}

export interface OwnedRates extends Rates {
  close(): Promise<void>
}

const aMinuteS = 60
/** How long a request may wait for Redis; then it is counted here. */
const answerWithinMs = 500
/** How long Redis is not asked after it failed, so that not every request waits for it. */
const restMs = 1_000
const reconnectAtMostMs = 1_000
const connectWithinMs = 2_000

type Limiter = Pick<RateLimiterMemory, 'consume'>

/**
 * What does not fit is not taken: a costly operation that is refused leaves the room to a cheap one. The library's
 * own script counts it all the same.
 */
const takeIfItFits = `
local limit = tonumber(ARGV[3])
local wished = tonumber(redis.call('get', KEYS[1]) or '0') + tonumber(ARGV[1])
local ttl = redis.call('pttl', KEYS[1])
local window = 1000 * ARGV[2]
if ttl > window then
  redis.call('pexpire', KEYS[1], window)
  ttl = window
end
if wished > limit then return { wished, ttl } end
redis.call('incrby', KEYS[1], ARGV[1])
if ttl < 0 then
  redis.call('expire', KEYS[1], ARGV[2])
  ttl = 1000 * ARGV[2]
end
return { wished, ttl }
`

/** Resolves once Redis may be asked, or is known to be away. */
export async function makeRates({
  budgets,
  windowS = aMinuteS,
  redis,
  log,
}: RatesOptions): Promise<OwnedRates> {
  const own = limitersOf(budgets, (kind, points) => inMemory({ points, duration: windowS, keyPrefix: kind }))
  if (redis === undefined)
    return { take: (kind, id, amount) => takeFrom(own[kind], id, amount), close: () => Promise.resolve() }

  const client = connect(redis.url)
  await once(client, 'ready', { signal: AbortSignal.timeout(connectWithinMs) }).catch(() => undefined)
  const shared = limitersOf(
    budgets,
    (kind, points) =>
      new RateLimiterRedis({
        storeClient: client,
        rejectIfRedisNotReady: true,
        customIncrTtlLuaScript: takeIfItFits,
        keyPrefix: `${redis.prefix}:rate:${kind}`,
        ...{ points, duration: windowS },
      }),
  )
  let restUntilMs = -Infinity
  let isAway = false
  const fail = (cause: unknown): void => {
    restUntilMs = performance.now() + restMs
    if (!isAway)
      log.warn({ cause: cause instanceof Error ? cause.message : String(cause) }, 'rate-limit.local-fallback')
    isAway = true
  }

  return {
    take: async (kind, id, amount) => {
      if (performance.now() < restUntilMs) return takeFrom(own[kind], id, amount)
      try {
        const taken = await takeFrom(shared[kind], id, amount)
        if (isAway) log.info({}, 'rate-limit.shared')
        isAway = false
        return taken
      } catch (error) {
        fail(error)
        return takeFrom(own[kind], id, amount)
      }
    },
    close: () => {
      client.disconnect()
      return Promise.resolve()
    },
  }
}

/** Rejects only for a fault of the keeper. */
async function takeFrom(limiter: Limiter, id: string, amount: number): Promise<Taken> {
  try {
    await limiter.consume(id, amount)
    return { ok: true }
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused
    return { ok: false, retryAfterS: Math.max(1, Math.ceil(refused.msBeforeNext / 1_000)) }
  }
}

function inMemory(options: ConstructorParameters<typeof RateLimiterMemory>[0]): Limiter {
  const limiter = new RateLimiterMemory(options)
  return {
    consume: async (id, amount = 1) => {
      try {
        return await limiter.consume(id, amount)
      } catch (refused) {
        // Given back, as it was not to be taken; unless the window is over, and took it along.
        if (refused instanceof RateLimiterRes && refused.msBeforeNext > 1) await limiter.reward(id, amount)
        throw refused
      }
    },
  }
}

function limitersOf(
  budgets: RatesOptions['budgets'],
  make: (kind: RateKind, points: number) => Limiter,
): Readonly<Record<RateKind, Limiter>> {
  const made = Object.entries(budgets).map(([kind, points]) => [kind, make(kind as RateKind, points)])
  return Object.fromEntries(made) as Readonly<Record<RateKind, Limiter>>
}

function connect(url: string): Redis {
  const client = new Redis(url, {
    connectionName: 'orderbell-rates',
    connectTimeout: connectWithinMs,
    commandTimeout: answerWithinMs,
    // A connection that has fallen silent is made again.
    socketTimeout: connectWithinMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(times * 50, reconnectAtMostMs),
    // After a failover the URL leads to the new primary, and an open connection to the old one.
    reconnectOnError: isReadOnlyReplica,
  })
  // What it means for a limit is told when one is taken.
  client.on('error', () => undefined)
  return client
}
