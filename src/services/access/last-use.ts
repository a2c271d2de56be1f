/** When a key was last used: written down at most once a minute, and never while a request waits. What is lost when we die is a minute. */
import type { Key } from '../../domain/access/key.ts'
import type { AdminStore, Log } from '../../ports/platform.ts'

const everyMs = 60_000

/** To be told of every use, with the database's now. */
export type NoteUse = (key: Pick<Key, 'id' | 'lastUsedAt'>, now: Date) => void

export function makeNoteUse(store: Pick<AdminStore, 'noteUse'>, log: Log): NoteUse {
  const underWay = new Set<string>()
  return ({ id, lastUsedAt }, now) => {
    const isRecent = lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < everyMs
    if (isRecent || underWay.has(id)) return
    underWay.add(id)
    store.noteUse(id, everyMs).then(
      () => underWay.delete(id),
      (error: unknown) => {
        log.warn({ keyId: id, cause: error }, 'key.last-use-not-saved')
        // Not with every request again while the database takes no writes.
        setTimeout(() => underWay.delete(id), everyMs).unref()
      },
    )
  }
}
