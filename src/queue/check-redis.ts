/** Whether a Redis can be used at all, asked once at the start so that a wrong REDIS_URL is told as such. */
import { Redis } from 'ioredis'
import { within } from './deadline.ts'

const answerWithinMs = 10_000

/** Throws, with the reason in its message and no password. */
export async function checkRedis(url: string): Promise<void> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  // The client's own rejection only says that the connection is closed; why it is, it says here.
  let why: unknown
  client.on('error', (error: unknown) => (why = error))
  try {
    await within(answerWithinMs, 'connecting', client.connect())
    await within(answerWithinMs, 'asking', client.ping())
  } catch (error) {
    throw why instanceof Error ? why : error
  } finally {
    client.disconnect()
  }
}
