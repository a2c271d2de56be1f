/**
 * Encrypts each project's data key again, with the first key of SECRETS_KEYS, so that older keys can be removed. The
 * data keys themselves do not change, and nothing else is written. A server without the first key could not decrypt
 * them, so the command is refused while such a server runs, unless the caller names the key by its fingerprint.
 */
import { problem, refused, ok, type Problem, type Result } from '../../domain/shared/problem.ts'
import { processesWithout, type Running } from '../../domain/installation/process.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { Secrets } from '../../ports/secrets.ts'

/** Data keys encrypted in one transaction. */
const batchSize = 100
/** Maximum number of processes that an error message names. */
const maxNamed = 5

export interface Reencrypted {
  readonly reencrypted: number
  /** The first key of SECRETS_KEYS. */
  readonly key: { readonly id: string; readonly fingerprint: string }
  /** How many data keys each key encrypts after the rotation. */
  readonly encryptedBy: readonly { readonly keyId: string; readonly dataKeys: number }[]
  /**
   * Data keys that are not encrypted with the first key, because another transaction was writing them, or because no
   * key of SECRETS_KEYS decrypts them.
   */
  readonly left: number
}

/** Carries a problem out of a transaction. */
class NotHeld extends Error {
  readonly problem: Problem
  constructor(found: Problem) {
    super(found.message)
    this.problem = found
  }
}

/**
 * Safe to run at any time and several times at once: data keys that the first key already encrypts are skipped. `force`
 * is the first key's fingerprint and allows a rotation although a running server may not have that key. With null the
 * rotation is refused (CONFLICT) unless all running servers have it. INVALID when `force` names another key.
 */
export async function reencryptDataKeys(
  { store, secrets }: { readonly store: AdminStore; readonly secrets: Secrets },
  force: string | null = null,
): Promise<Result<Reencrypted>> {
  const [key] = secrets.keys
  if (key === undefined) throw new Error('expected at least one key in SECRETS_KEYS, found none')
  if (force !== null && force !== key.fingerprint)
    return refused(
      problem(
        'INVALID',
        ['force'],
        `--force names the key ${force}, and the first key of SECRETS_KEYS is ${key.id} with the fingerprint ${key.fingerprint}: no data key was changed`,
      ),
    )
  const mayReencrypt = (running: Running): void => {
    const without = force === null ? processesWithout(key.fingerprint, running) : []
    if (without.length > 0) throw new NotHeld(notHeld(key, without))
  }
  const reencryptOne = (projectId: string, encrypted: string): string | null => {
    if (secrets.isCurrent(encrypted) || !secrets.canDecrypt(projectId, encrypted)) return null
    return secrets.reencrypt(projectId, encrypted)
  }
  let reencrypted = 0
  try {
    for (let after: string | null = ''; after !== null;) {
      const done = await store.reencryptDataKeys(after, batchSize, mayReencrypt, reencryptOne)
      reencrypted += done.reencrypted
      after = done.last
    }
  } catch (error) {
    if (error instanceof NotHeld) return refused(error.problem)
    throw error
  }
  const encryptedBy = await store.encryptionKeys()
  const left = encryptedBy.filter(({ keyId }) => !secrets.isFirst(keyId))
  return ok({ reencrypted, key, encryptedBy, left: left.reduce((sum, { dataKeys }) => sum + dataKeys, 0) })
}

function notHeld({ id, fingerprint }: Reencrypted['key'], without: readonly string[]): Problem {
  const named = without.slice(0, maxNamed).join('; ')
  const more = without.length > maxNamed ? `; and ${without.length - maxNamed} more` : ''
  return problem(
    'CONFLICT',
    ['key'],
    `the key ${id} (fingerprint ${fingerprint}) is not known to be in the SECRETS_KEYS of ${named}${more}: deliveries there would fail. Add the key there and restart, or run rotate-master-key with --force ${fingerprint} when that process is gone`,
  )
}
