/** Checks once at the start whether Redis can be used, so that a wrong REDIS_URL is reported as a wrong setting. */
import { Redis } from 'ioredis'
import type { Log } from '../../ports/log.ts'
import { within } from '../../runtime/within.ts'
import { evictionPolicyOf, safePolicy } from './eviction-policy.ts'

const answerWithinMs = 10_000

/** Throws when Redis does not answer. The message contains the reason and no password. */
export async function checkRedis(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await within(answerWithinMs, 'PING', client.ping())
  })
}

/**
 * Returns an error message for the operator when Redis may evict jobs; null when it does not, or when its policy is
 * unknown.
 */
export async function unsafeEviction(url: string, log: Log): Promise<string | null> {
  const policy = await withClient(url, (client) =>
    within(answerWithinMs, 'reading maxmemory-policy', evictionPolicyOf(client)),
  )
  if (policy === null) log.warn({ expected: safePolicy }, 'queue.eviction-policy-unknown')
  if (policy === null || policy === safePolicy) return null
  // Name only the host: the rest of the URL may contain a password.
  return `REDIS_URL names Redis at ${new URL(url).host}, whose maxmemory-policy is ${policy}, expected ${safePolicy}: with ${policy} Redis removes jobs when its memory is full. Set maxmemory-policy to ${safePolicy} there.`
}

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  // The client rejects with "connection is closed". The cause is only in its error event.
  let cause: unknown
  client.on('error', (error: unknown) => (cause = error))
  try {
    await within(answerWithinMs, 'connecting', client.connect())
    return await use(client)
  } catch (error) {
    throw cause instanceof Error ? cause : error
  } finally {
    client.disconnect()
  }
}
