/** Authenticates requests by their API key. */
import { hashSecret, isLive, readKey, secretMatches, type Key } from '../../domain/access/key.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { RecordLastUse } from './last-use.ts'

/** Compared when the key does not exist. */
const noSecret = hashSecret('')

/**
 * Returns the key that a request's text names; null when the text is not a valid key, or when the key is revoked or
 * expired. Expiry is decided by the database's clock, as it was when the key was looked up plus the time since.
 */
export async function authenticate(
  keys: Pick<AdminStore, 'keyById'>,
  text: string,
  recordLastUse: RecordLastUse,
): Promise<Key | null> {
  const read = readKey(text)
  if (read === null) return null
  const found = await keys.keyById(read.id)
  // Compare even when the key does not exist, so that an unknown id takes as long as a wrong secret.
  const right = secretMatches(read.secret, found?.secretHash ?? noSecret)
  if (found === null || !right || !isLive(found.key, found.now)) return null
  recordLastUse(found.key, found.now)
  return found.key
}
