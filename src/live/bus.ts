/**
 * Tells every process that there is more in a feed, by LISTEN and NOTIFY. Carries no data but the
 * feed's name and the project's id; what is new is read from the table, so a lost word costs time, not attempts.
 * So it is with keys that were ended, of which the transaction itself tells (db/key-tx).
 */
import postgres from 'postgres'
import { endedKeysChannel } from '../domain/key.ts'
import { feedNames, type FeedName } from '../domain/feed.ts'
import type { News } from '../flow/feed-ports.ts'
import type { Log } from '../flow/ports.ts'

const channel = 'orderbell_feed'
/** Words about the same project within this time are one. A NOTIFY takes a lock that all commits share. */
const coalesceMs = 20

export interface Bus extends News {
  /** Calls back for every project that has news in a feed, and with null, of all feeds, when words may have been lost. */
  onNews(listener: (feed: FeedName, projectId: string | null) => void): void
  /** As `onNews`, for every key that was ended. */
  onKeyEnded(listener: (keyId: string | null) => void): void
  close(): Promise<void>
}

export async function openBus(databaseUrl: string, log: Log): Promise<Bus> {
  const sql = postgres(databaseUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'orderbell-feed' },
  })
  const listeners: ((feed: FeedName, projectId: string | null) => void)[] = []
  const hear = (feed: FeedName, projectId: string | null): void => {
    for (const listener of listeners) listener(feed, projectId)
  }
  const hearAll = (): void => {
    for (const feed of feedNames) hear(feed, null)
  }
  const hearWord = (word: string): void => {
    const [feed, projectId] = word.split(' ')
    const known = feedNames.find((name) => name === feed)
    if (known !== undefined && projectId !== undefined) hear(known, projectId)
  }
  // After a lost connection postgres.js listens again by itself and says so here: then all may be news.
  const listening = await sql.listen(channel, hearWord, hearAll)
  const keyListeners: ((keyId: string | null) => void)[] = []
  const hearOfKey = (keyId: string | null): void => {
    for (const listener of keyListeners) listener(keyId)
  }
  const listeningForKeys = await sql.listen(endedKeysChannel, hearOfKey, () => hearOfKey(null))

  let told = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const notify = async (): Promise<void> => {
    timer = undefined
    const words = [...told]
    told = new Set()
    try {
      await sql`select pg_notify(${channel}, word) from unnest(${words}::text[]) as t(word)`
    } catch (error) {
      // The feeds of other processes look for themselves every few seconds.
      log.warn({ words: words.length, cause: error }, 'news.not-told')
    }
  }

  return {
    tell: (feed, projectIds) => {
      for (const projectId of projectIds) told.add(`${feed} ${projectId}`)
      // This process need not wait for its own word to come back.
      for (const projectId of projectIds) hear(feed, projectId)
      timer ??= setTimeout(() => void notify(), coalesceMs)
    },
    onNews: (listener) => {
      listeners.push(listener)
    },
    onKeyEnded: (listener) => {
      keyListeners.push(listener)
    },
    close: async () => {
      clearTimeout(timer)
      if (told.size > 0) await notify()
      for (const each of [listening, listeningForKeys]) await each.unlisten().catch(() => undefined)
      await sql.end({ timeout: 2 })
    },
  }
}
