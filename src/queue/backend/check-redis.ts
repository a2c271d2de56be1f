/** Whether a Redis can be used at all, asked once at the start so that a wrong REDIS_URL is told as such. */
import { Redis } from 'ioredis'
import type { Log } from '../../ports/platform.ts'
import { within } from './timeout.ts'
import { evictionPolicyOf, safePolicy } from './eviction-policy.ts'

const answerWithinMs = 10_000

/** Throws, with the reason in its message and no password. */
export async function checkRedis(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await within(answerWithinMs, 'asking', client.ping())
  })
}

/** The fault of a Redis that may remove jobs, as one line for the operator; null where there is none. */
export async function unsafeEviction(url: string, log: Log): Promise<string | null> {
  const policy = await withClient(url, (client) =>
    within(answerWithinMs, 'asking for maxmemory-policy', evictionPolicyOf(client)),
  )
  if (policy === null) log.warn({ expected: safePolicy }, 'queue.eviction-policy-unknown')
  if (policy === null || policy === safePolicy) return null
  // The host alone: the rest of the URL may hold a password.
  return `REDIS_URL names Redis at ${new URL(url).host}, whose maxmemory-policy is ${policy}, expected ${safePolicy}: with ${policy} Redis removes jobs when its memory is full. Set maxmemory-policy to ${safePolicy} there.`
}

async function withClient<T>(url: string, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  // The client's own rejection only says that the connection is closed; why it is, it says here.
  let why: unknown
  client.on('error', (error: unknown) => (why = error))
  try {
    await within(answerWithinMs, 'connecting', client.connect())
    return await use(client)
  } catch (error) {
    throw why instanceof Error ? why : error
  } finally {
    client.disconnect()
  }
}
