/**
 * Rate limits with fixed windows, counted in this process's memory, or in Redis, where all processes share them. While
 * Redis is unavailable, each process counts in its own memory, so that an outage of Redis does not stop requests.
 */
import { once } from 'node:events'
import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { isReadOnlyReplica } from '../domain/shared/redis-error.ts'
import type { Log } from '../ports/log.ts'
import type { RateKind, Rates, Taken } from '../ports/rate-limits.ts'

/** Options of the rate limits. */
export interface RatesOptions {
  /** The limit of each kind in one window. */
  readonly budgets: Readonly<Record<RateKind, number>>
  /** Length of the window in whole seconds. Default 60. */
  readonly windowS?: number
  /** If set, all processes with the same prefix share the limits. Otherwise each process counts by itself. */
  readonly redis?: { readonly url: string; readonly prefix: string } | undefined
  readonly log: Log
}

/** Rate limits with the Redis connection that they own. */
export interface OwnedRates extends Rates {
  close(): Promise<void>
}

const minuteS = 60
/** Time limit of a Redis command. After it the request is counted in memory. */
const answerWithinMs = 500
/** Time after a failure during which Redis is not used, so that not every request waits for it. */
const afterFailureMs = 1_000
const reconnectAtMostMs = 1_000
const connectWithinMs = 2_000

type Limiter = Pick<RateLimiterMemory, 'consume'>

/**
 * Takes the amount, and gives it back if it does not fit into the limit, so that a refused expensive operation leaves the
 * budget to a cheap one. The library's default script also counts refused operations. An accepted operation costs one
 * command besides the script itself. Only a refused one needs the remaining time.
 */
const takeIfWithinLimit = `
local amount, window = tonumber(ARGV[1]), 1000 * ARGV[2]
local total = redis.call('incrby', KEYS[1], amount)
if total <= tonumber(ARGV[3]) then
  if total == amount then redis.call('pexpire', KEYS[1], window) end
  return { total, window }
end
if total == amount then
  redis.call('del', KEYS[1])
  return { total, window }
end
redis.call('decrby', KEYS[1], amount)
local ttl = redis.call('pttl', KEYS[1])
if ttl < 0 or ttl > window then
  redis.call('pexpire', KEYS[1], window)
  ttl = window
end
return { total, ttl }
`

/** Creates the limits. Resolves when Redis is connected, or after 2 s if Redis is unavailable. */
export async function makeRates({
  budgets,
  windowS = minuteS,
  redis,
  log,
}: RatesOptions): Promise<OwnedRates> {
  const local = limitersOf(budgets, (kind, points) =>
    inMemory({ points, duration: windowS, keyPrefix: kind }),
  )
  if (redis === undefined)
    return { take: (kind, id, amount) => takeFrom(local[kind], id, amount), close: () => Promise.resolve() }

  const client = await connect(redis.url)
  await once(client, 'ready', { signal: AbortSignal.timeout(connectWithinMs) }).catch(() => undefined)
  const shared = limitersOf(
    budgets,
    (kind, points) =>
      new RateLimiterRedis({
        storeClient: client,
        rejectIfRedisNotReady: true,
        customIncrTtlLuaScript: takeIfWithinLimit,
        keyPrefix: `${redis.prefix}:rate:${kind}`,
        points,
        duration: windowS,
      }),
  )
  let localUntilMs = -Infinity
  let isFailing = false
  const fail = (cause: unknown): void => {
    localUntilMs = performance.now() + afterFailureMs
    if (!isFailing)
      log.warn({ cause: cause instanceof Error ? cause.message : String(cause) }, 'rate-limit.local-fallback')
    isFailing = true
  }

  return {
    take: async (kind, id, amount) => {
      if (performance.now() < localUntilMs) return takeFrom(local[kind], id, amount)
      try {
        const taken = await takeFrom(shared[kind], id, amount)
        if (isFailing) log.info({}, 'rate-limit.shared')
        isFailing = false
        return taken
      } catch (error) {
        fail(error)
        return takeFrom(local[kind], id, amount)
      }
    },
    close: () => {
      client.disconnect()
      return Promise.resolve()
    },
  }
}

/** Takes from a limiter. Rejects only when the limiter's storage fails. */
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
        // A refused amount is given back, unless the window is ending, which resets the counter.
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

async function connect(url: string): Promise<Redis> {
  // Loaded here: without REDIS_URL no part of the process loads ioredis.
  const { Redis } = await import('ioredis')
  const client = new Redis(url, {
    connectionName: 'orderbell-rates',
    connectTimeout: connectWithinMs,
    commandTimeout: answerWithinMs,
    // An unresponsive connection is replaced.
    socketTimeout: connectWithinMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: (times) => Math.min(times * 50, reconnectAtMostMs),
    // After a failover the URL leads to the new primary, but an open connection still leads to the old one.
    reconnectOnError: isReadOnlyReplica,
  })
  // Connection errors are handled when a limit is taken.
  client.on('error', () => undefined)
  return client
}
