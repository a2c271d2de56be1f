/**
 * Reads the setting `maxmemory-policy` of Redis. With any value other than `noeviction`, Redis may remove keys of the
 * queue when its memory is full, and jobs are lost without an error.
 */
import type { Redis } from 'ioredis'
import type { Log } from '../../ports/log.ts'

export const safePolicy = 'noeviction'

const checkEveryMs = 60_000

/** Returns null when neither INFO nor CONFIG returns the policy, as with some hosted servers. */
export async function evictionPolicyOf(client: Redis): Promise<string | null> {
  return (await policyByInfo(client)) ?? (await policyByConfig(client))
}

async function policyByInfo(client: Redis): Promise<string | null> {
  try {
    const memory = await client.info('memory')
    return /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? null
  } catch (error) {
    return nullIfRefused(error)
  }
}

async function policyByConfig(client: Redis): Promise<string | null> {
  try {
    const answer: unknown = await client.config('GET', 'maxmemory-policy')
    const policy: unknown = Array.isArray(answer) ? answer[1] : undefined
    return typeof policy === 'string' ? policy : null
  } catch (error) {
    return nullIfRefused(error)
  }
}

/** Returns null for an error reply of Redis. Rethrows any other error, such as a lost connection. */
function nullIfRefused(error: unknown): null {
  if (error instanceof Error && error.name === 'ReplyError') return null
  throw error
}

/**
 * Reads the policy at most once a minute, however often it is called, and logs when the policy becomes unsafe or safe.
 */
export function makeEvictionWatch(client: Redis, log: Log): () => Promise<void> {
  let checkedAtMs = -Infinity
  let isUnsafe = false
  return async () => {
    if (performance.now() - checkedAtMs < checkEveryMs) return
    const policy = await evictionPolicyOf(client)
    checkedAtMs = performance.now()
    const wasUnsafe = isUnsafe
    isUnsafe = policy !== null && policy !== safePolicy
    if (isUnsafe && !wasUnsafe) log.error({ policy, expected: safePolicy }, 'queue.eviction-policy-unsafe')
    if (!isUnsafe && wasUnsafe) log.info({ policy }, 'queue.eviction-policy-safe')
  }
}
