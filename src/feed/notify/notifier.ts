/**
 * Notifies every process that a feed has new items. A notification contains only the feed's name and the project's id;
 * the items are read from the table, so a lost notification delays items but loses none.
 * Uses Redis pub/sub if Redis is configured, otherwise NOTIFY of PostgreSQL. Notifications of ended API keys are sent
 * by the transaction that ends the key, and therefore always come from PostgreSQL.
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
/**
 * Notifications of a project within this time are merged. PostgreSQL serializes all commits with a NOTIFY by one lock.
 */
const coalesceMs = 20
/** A NOTIFY payload must be shorter than 8,000 bytes; a notification has about 50. */
const maxWordsOfMessage = 100
/** Time limit for publishing the last notifications on close. */
const lastWordsMs = 1_000
/**
 * A process receives its own messages. If none arrives for this time, the connection is stale, although it is open, and
 * is replaced.
 */
const staleAfterMs = 10_000

/** Sends and receives notifications. */
export interface Bus extends FeedNotifier {
  /**
   * Calls the listener for every project with new items in a feed. Calls it with null for every feed when notifications
   * may have been lost.
   */
  onNews(listener: (feed: FeedName, projectId: string | null) => void): void
  /** Calls the listener for every key that was ended, and with null when notifications may have been lost. */
  onKeyEnded(listener: (keyId: string | null) => void): void
  close(): Promise<void>
}

/** Options of the bus. */
export interface BusOptions {
  readonly databaseUrl: string
  /** If set, feed notifications use Redis. `prefix` identifies the installation, because two may share one Redis. */
  readonly redis?: { readonly url: string; readonly prefix: string } | undefined
  readonly log: Log
  /** Time without a message of its own after which a channel is stale. Default 10 s. */
  readonly staleAfterMs?: number
}

/**
 * Resolves when the channels are subscribed. If Redis is unavailable, resolves after at most 2 s and subscribes as soon
 * as Redis is available. Throws when PostgreSQL is unavailable.
 */
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
  /** Identifies the messages of this process. */
  const own = randomBytes(8).toString('hex')
  /** Time of the oldest own message that was not received back. Null when none is missing. */
  let silentSinceMs: number | null = null
  const feedListener: ChannelListener = {
    hear: (message) => {
      const [from, ...words] = message.split('\n')
      if (from === own) silentSinceMs = null
      // The listeners of this process were called when its own notification was made.
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
      // The notifications are dropped, because other processes poll every 5 s. An outage is logged once.
      if (!isAway) log.warn({ words: words.length, cause: error }, 'feed.notify-failed')
      isAway = true
    }
  }

  let timer: NodeJS.Timeout | undefined
  let saying: Promise<void> | undefined
  let isClosing = false
  // One publish at a time. While a publish is slow, notifications collect in the set, one for each feed and project.
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
      // The listeners of this process do not wait for the channel.
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

/** Each message begins with the id of the sender. A message without notifications only tests the channel. */
function messagesOf(own: string, words: readonly string[]): readonly string[] {
  const messages = [[own, ...words.slice(0, maxWordsOfMessage)].join('\n')]
  for (let first = maxWordsOfMessage; first < words.length; first += maxWordsOfMessage)
    messages.push([own, ...words.slice(first, first + maxWordsOfMessage)].join('\n'))
  return messages
}
