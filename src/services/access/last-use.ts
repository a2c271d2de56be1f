/**
 * Stores when a key was last used, at most once a minute for each key. Requests do not wait for the write. If the
 * process dies, up to one minute of use is not recorded.
 */
import { keyKeptMs, type Key } from '../../domain/access/key.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { Log } from '../../ports/log.ts'

const everyMs = 60_000
/** A key that was just used may be kept with the time of its previous use (`graphql/auth/key-cache.ts`). */
const restMs = 2 * keyKeptMs

/** Called at every use of a key, with the database's current time. */
export type RecordLastUse = (key: Pick<Key, 'id' | 'lastUsedAt'>, now: Date) => void

export function makeRecordLastUse(store: Pick<AdminStore, 'recordLastUse'>, log: Log): RecordLastUse {
  const writing = new Set<string>()
  return ({ id, lastUsedAt }, now) => {
    const isRecent = lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < everyMs
    if (isRecent || writing.has(id)) return
    writing.add(id)
    const writeAgainAfter = (ms: number): void => void setTimeout(() => writing.delete(id), ms).unref()
    store.recordLastUse(id, everyMs).then(
      () => writeAgainAfter(restMs),
      (error: unknown) => {
        log.warn({ keyId: id, cause: error }, 'key.last-use-not-saved')
        // While the database refuses writes, try again after a minute, not at every request.
        writeAgainAfter(everyMs)
      },
    )
  }
}
