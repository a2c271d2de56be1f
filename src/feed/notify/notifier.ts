/**
 * Tells every process that there is more in a feed. Carries no data but the feeds' names and the projects' ids; what
 * is new is read from the table, so a lost word costs time, not attempts. The words go over Redis where there is one
 * (`redis-line`), else over PostgreSQL (`postgres-line`). Of keys that were ended the transaction itself tells
 * (db/key-tx), so these are heard from PostgreSQL either way.
 */
import { randomBytes } from 'node:crypto'
import { endedKeysChannel } from '../../domain/access/key.ts'
import { feedNames, type FeedName } from '../../domain/feed/feed.ts'
import type { FeedNotifier } from '../../ports/feed-store.ts'
import type { Log } from '../../ports/platform.ts'
import type { ChannelListener, Channel } from './channel.ts'
import { openPostgresChannel } from './postgres-channel.ts'
import { openRedisChannel } from './redis-channel.ts'

const postgresChannel = 'orderbell_feed'
/** Words about the same project within this time are one. A NOTIFY takes a lock that all commits share. */
const coalesceMs = 20
/** A NOTIFY carries less than 8,000 bytes; a word has some 50. */
const maxWordsOfMessage = 100
/** How long the last words may take when we close. */
const lastWordsMs = 1_000
/** What we say comes back to us. If nothing has for so long, the connection is up and deaf, and another is made. */
const staleAfterMs = 10_000

export interface Bus extends FeedNotifier {
  /** Calls back for every project that has news in a feed, and with null, of all feeds, when words may have been lost. */
  onNews(listener: (feed: FeedName, projectId: string | null) => void): void
  /** As `onNews`, for every key that was ended. */
  onKeyEnded(listener: (keyId: string | null) => void): void
  close(): Promise<void>
}

export interface BusOptions {
  readonly databaseUrl: string
  /** Carries the feeds' words where it is given. `prefix`: of this installation, as two may share one Redis. */
  readonly redis?: { readonly url: string; readonly prefix: string } | undefined
  readonly log: Log
  /** Another time than 10 s after which a line that brings nothing back is deaf. */
  readonly staleAfterMs?: number
}

/** Resolves once it listens; where Redis is away, after 2 s at the most, and then it listens as soon as Redis is there. */
export async function openBus(options: BusOptions): Promise<Bus> {
  const { databaseUrl, redis, log } = options
  const notificationListeners: ((feed: FeedName, projectId: string | null) => void)[] = []
  const hear = (feed: FeedName, projectId: string | null): void => {
    for (const listener of notificationListeners) listener(feed, projectId)
  }
  const keyListeners: ((keyId: string | null) => void)[] = []
  const listenToKey = (keyId: string | null): void => {
    for (const listener of keyListeners) listener(keyId)
  }
  /** Who we are among those on the line. */
  const own = randomBytes(8).toString('hex')
  /** Since when what we said has not come back; null where nothing is missing. */
  let silentSinceMs: number | null = null
  const feedListener: ChannelListener = {
    hear: (message) => {
      const [from, ...words] = message.split('\n')
      if (from === own) silentSinceMs = null
      // Ours were heard when they were told.
      else for (const { feed, projectId } of words.flatMap(readWord)) hear(feed, projectId)
    },
    listenToAll: () => {
      for (const feed of feedNames) hear(feed, null)
    },
  }

  const postgres = openPostgresChannel(databaseUrl, postgresChannel)
  let line: Channel = postgres
  try {
    await postgres.listen(endedKeysChannel, { hear: listenToKey, listenToAll: () => listenToKey(null) })
    if (redis === undefined) await postgres.listen(postgresChannel, feedListener)
    else line = await openRedisChannel({ url: redis.url, channel: `${redis.prefix}:feed` }, feedListener, log)
  } catch (error) {
    await postgres.close()
    throw error
  }

  let told = new Set<string>()
  let isAway = false
  const say = async (): Promise<void> => {
    const words = [...told]
    told = new Set()
    silentSinceMs ??= performance.now()
    try {
      await line.say(messagesOf(own, words))
      if (isAway) log.info({}, 'feed.notify-recovered')
      isAway = false
    } catch (error) {
      silentSinceMs = null
      // Dropped: the feeds of other processes look for themselves every few seconds. One line tells of an outage.
      if (!isAway) log.warn({ words: words.length, cause: error }, 'feed.notify-failed')
      isAway = true
    }
  }

  let timer: NodeJS.Timeout | undefined
  let saying: Promise<void> | undefined
  let isClosing = false
  // One after the other: while the line is slow, words gather in the set, where each project has one.
  const sayOn = async (): Promise<void> => {
    timer = undefined
    saying = say()
    await saying
    saying = undefined
    if (told.size > 0) publishSoon()
  }
  const publishSoon = (): void => {
    if (saying === undefined && !isClosing) timer ??= setTimeout(() => void sayOn(), coalesceMs)
  }
  const { staleAfterMs: patienceMs = staleAfterMs } = options
  const pulse = setInterval(() => {
    if (silentSinceMs !== null && performance.now() - silentSinceMs >= patienceMs) {
      silentSinceMs = null
      log.warn({}, 'feed.channel-stale')
      line.listenAgain()
    }
    publishSoon()
  }, patienceMs / 2)
  pulse.unref()

  return {
    tell: (feed, projectIds) => {
      if (projectIds.length === 0) return
      for (const projectId of projectIds) told.add(`${feed} ${projectId}`)
      // This process need not wait for its own word to come back.
      for (const projectId of projectIds) hear(feed, projectId)
      publishSoon()
    },
    onNews: (listener) => {
      notificationListeners.push(listener)
    },
    onKeyEnded: (listener) => {
      keyListeners.push(listener)
    },
    close: async () => {
      if (isClosing) return
      isClosing = true
      clearInterval(pulse)
      clearTimeout(timer)
      const lastWords = (saying ?? Promise.resolve()).then(() => (told.size > 0 ? say() : undefined))
      await Promise.race([lastWords, new Promise((resolve) => setTimeout(resolve, lastWordsMs).unref())])
      if (line !== postgres) await line.close()
      await postgres.close()
    },
  }
}

function readWord(word: string): { readonly feed: FeedName; readonly projectId: string }[] {
  const [name, projectId] = word.split(' ')
  const feed = feedNames.find((each) => each === name)
  return feed === undefined || projectId === undefined ? [] : [{ feed, projectId }]
}

/** Each begins with who says it. One without words says only that. */
function messagesOf(own: string, words: readonly string[]): readonly string[] {
  const messages = [[own, ...words.slice(0, maxWordsOfMessage)].join('\n')]
  for (let first = maxWordsOfMessage; first < words.length; first += maxWordsOfMessage)
    messages.push([own, ...words.slice(first, first + maxWordsOfMessage)].join('\n'))
  return messages
}
