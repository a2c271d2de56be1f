/**
 * Stores when a key or a session was last used, at most once a minute for each. Requests do not wait for the write. If
 * the process dies, up to one minute of use is not recorded.
 */
import { keyKeptMs } from '../../domain/access/key.ts'
import type { Log } from '../../ports/log.ts'

const everyMs = 60_000
/** What was just used may be kept with the time of its previous use (`graphql/auth/look-up-cache.ts`). */
const restMs = 2 * keyKeptMs

/** A key or a session. */
interface Used {
  readonly id: string
  /** Null: never used. */
  readonly lastUsedAt: Date | null
}

/** Called at every use, with the database's current time. */
export type RecordLastUse = (used: Used, now: Date) => void

/** `write` stores the use unless one was stored within `everyMs`. `failedAs`: the log event of a failed write. */
export function makeRecordLastUse(
  write: (id: string, everyMs: number) => Promise<void>,
  log: Log,
  failedAs: string,
): RecordLastUse {
  const writing = new Set<string>()
  return ({ id, lastUsedAt }, now) => {
    const isRecent = lastUsedAt !== null && now.getTime() - lastUsedAt.getTime() < everyMs
    if (isRecent || writing.has(id)) return
    writing.add(id)
    const writeAgainAfter = (ms: number): void => void setTimeout(() => writing.delete(id), ms).unref()
    write(id, everyMs).then(
      () => writeAgainAfter(restMs),
      (error: unknown) => {
        log.warn({ id, cause: error }, failedAs)
        // While the database refuses writes, try again after a minute, not at every request.
        writeAgainAfter(everyMs)
      },
    )
  }
}
