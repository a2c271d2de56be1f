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
import type { Log } from '../../ports/log.ts'
import { within } from '../../runtime/within.ts'
import type { ChannelListener, Channel } from './channel.ts'
import { openPostgresChannel, type PostgresChannel } from './postgres-channel.ts'

const postgresChannel = 'orderbell_feed'
/**
 * Notifications of a project within this time are merged. PostgreSQL serializes all commits with a NOTIFY by one lock.
 */
const coalesceMs = 20
/** A NOTIFY payload must be shorter than 8,000 bytes; a notification has about 50. */
const maxNotificationsPerMessage = 100
/** Time limit for publishing the last notifications on close. */
const lastPublishWithinMs = 1_000
/**
 * A process receives its own messages. If none arrives for this time, the connection is stale, although it is open, and
 * is replaced.
 */
const staleAfterMs = 10_000

/** Called for a project with new items in a feed; with null when notifications may have been lost. */
type FeedListener = (feed: FeedName, projectId: string | null) => void
/** Called for a key that was ended; with null when notifications may have been lost. */
type KeyListener = (keyId: string | null) => void

/** Sends and receives notifications. */
export interface Notifier extends FeedNotifier {
  /**
   * Calls the listener for every project with new items in a feed. Calls it with null for every feed when notifications
   * may have been lost.
   */
  onNewItems(listener: FeedListener): void
  /** Calls the listener for every key that was ended, and with null when notifications may have been lost. */
  onKeyEnded(listener: KeyListener): void
  close(): Promise<void>
}

/** Options of the notifier. */
export interface NotifierOptions {
  readonly databaseUrl: string
  /** If set, feed notifications use Redis. `prefix` identifies the installation, because two may share one Redis. */
  readonly redis?: { readonly url: string; readonly prefix: string } | undefined
  readonly log: Log
  /** Time without a message of its own after which a channel is stale. Default 10 s. */
  readonly staleAfterMs?: number
}

interface NotifierState {
  readonly log: Log
  readonly staleAfterMs: number
  /** Identifies the messages of this process. */
  readonly ownId: string
  readonly feedListeners: FeedListener[]
  readonly keyListeners: KeyListener[]
  /** Notifications that are not published yet, one for each feed and project. */
  pending: Set<string>
  /** Time of the oldest own message that was not received back. Null when none is missing. */
  silentSinceMs: number | null
  /** Whether the last publish failed. */
  isFailing: boolean
  isClosing: boolean
  publishing: Promise<void> | undefined
  timer: NodeJS.Timeout | undefined
}

interface Channels {
  readonly postgres: PostgresChannel
  /** The channel of the feeds' notifications. */
  readonly feed: Channel
}

/**
 * Resolves when the channels are subscribed. If Redis is unavailable, resolves after at most 2 s and subscribes as soon
 * as Redis is available. Throws when PostgreSQL is unavailable.
 */
export async function openNotifier(options: NotifierOptions): Promise<Notifier> {
  const state: NotifierState = {
    log: options.log,
    staleAfterMs: options.staleAfterMs ?? staleAfterMs,
    ownId: randomBytes(8).toString('hex'),
    feedListeners: [],
    keyListeners: [],
    pending: new Set(),
    silentSinceMs: null,
    isFailing: false,
    isClosing: false,
    publishing: undefined,
    timer: undefined,
  }
  const channels = await openChannels(state, options)
  const heartbeat = setInterval(() => beat(state, channels.feed), state.staleAfterMs / 2)
  heartbeat.unref()
  return {
    notify: (feed, projectIds) => notify(state, channels.feed, feed, projectIds),
    onNewItems: (listener) => void state.feedListeners.push(listener),
    onKeyEnded: (listener) => void state.keyListeners.push(listener),
    close: async () => {
      if (state.isClosing) return
      clearInterval(heartbeat)
      await close(state, channels)
    },
  }
}

async function openChannels(state: NotifierState, options: NotifierOptions): Promise<Channels> {
  const { databaseUrl, redis, log } = options
  const feedListener: ChannelListener = {
    onMessage: (message) => receive(state, message),
    onSubscribed: () => {
      for (const feed of feedNames) callFeedListeners(state, feed, null)
    },
  }
  const callKeyListeners = (keyId: string | null): void => {
    for (const listener of state.keyListeners) listener(keyId)
  }
  const postgres = openPostgresChannel(databaseUrl, postgresChannel)
  try {
    await postgres.listen(endedKeysChannel, {
      onMessage: callKeyListeners,
      onSubscribed: () => callKeyListeners(null),
    })
    if (redis !== undefined) {
      // Loaded here: without REDIS_URL no part of the process loads ioredis.
      const { openRedisChannel } = await import('./redis-channel.ts')
      const channel = `${redis.prefix}:feed`
      return { postgres, feed: await openRedisChannel({ url: redis.url, channel }, feedListener, log) }
    }
    await postgres.listen(postgresChannel, feedListener)
    return { postgres, feed: postgres }
  } catch (error) {
    await postgres.close()
    throw error
  }
}

function callFeedListeners({ feedListeners }: NotifierState, feed: FeedName, projectId: string | null): void {
  for (const listener of feedListeners) listener(feed, projectId)
}

function receive(state: NotifierState, message: string): void {
  const [senderId, ...notifications] = message.split('\n')
  if (senderId === state.ownId) {
    // The listeners of this process were called when its own notification was made.
    state.silentSinceMs = null
    return
  }
  for (const { feed, projectId } of notifications.flatMap(parseNotification))
    callFeedListeners(state, feed, projectId)
}

function notify(state: NotifierState, channel: Channel, feed: FeedName, projectIds: readonly string[]): void {
  if (projectIds.length === 0) return
  for (const projectId of projectIds) state.pending.add(`${feed} ${projectId}`)
  // The listeners of this process do not wait for the channel.
  for (const projectId of projectIds) callFeedListeners(state, feed, projectId)
  publishSoon(state, channel)
}

function publishSoon(state: NotifierState, channel: Channel): void {
  if (state.publishing !== undefined || state.isClosing) return
  state.timer ??= setTimeout(() => void publishPending(state, channel), coalesceMs)
}

/** Publishes once at a time. While a publish is slow, notifications collect in the set, one for each feed and project. */
async function publishPending(state: NotifierState, channel: Channel): Promise<void> {
  state.timer = undefined
  state.publishing = publish(state, channel)
  await state.publishing
  state.publishing = undefined
  if (state.pending.size > 0) publishSoon(state, channel)
}

async function publish(state: NotifierState, channel: Channel): Promise<void> {
  const notifications = [...state.pending]
  state.pending = new Set()
  state.silentSinceMs ??= performance.now()
  try {
    await channel.publish(messagesOf(state.ownId, notifications))
    if (state.isFailing) state.log.info({}, 'feed.notify-recovered')
    state.isFailing = false
  } catch (error) {
    state.silentSinceMs = null
    // The notifications are dropped, because other processes poll every 5 s. An outage is logged once.
    if (!state.isFailing)
      state.log.warn({ notifications: notifications.length, cause: error }, 'feed.notify-failed')
    state.isFailing = true
  }
}

/** Publishes at least an empty message, and replaces the connection if the own messages do not arrive. */
function beat(state: NotifierState, channel: Channel): void {
  const { silentSinceMs } = state
  if (silentSinceMs !== null && performance.now() - silentSinceMs >= state.staleAfterMs) {
    state.silentSinceMs = null
    state.log.warn({}, 'feed.channel-stale')
    channel.reconnect()
  }
  publishSoon(state, channel)
}

/** Publishes the last notifications, at most for a second, and closes the channels. */
async function close(state: NotifierState, { postgres, feed }: Channels): Promise<void> {
  state.isClosing = true
  clearTimeout(state.timer)
  const last = (state.publishing ?? Promise.resolve()).then(() =>
    state.pending.size > 0 ? publish(state, feed) : undefined,
  )
  // `last` never rejects, so an error means that the time limit has passed.
  await within(lastPublishWithinMs, 'publishing the last notifications', last).catch(() => undefined)
  if (feed !== postgres) await feed.close()
  await postgres.close()
}

function parseNotification(text: string): { readonly feed: FeedName; readonly projectId: string }[] {
  const [name, projectId] = text.split(' ')
  const feed = feedNames.find((each) => each === name)
  return feed === undefined || projectId === undefined ? [] : [{ feed, projectId }]
}

/** Each message begins with the id of the sender. A message without notifications only tests the channel. */
function messagesOf(senderId: string, notifications: readonly string[]): readonly string[] {
  const max = maxNotificationsPerMessage
  const messages = [[senderId, ...notifications.slice(0, max)].join('\n')]
  for (let first = max; first < notifications.length; first += max)
    messages.push([senderId, ...notifications.slice(first, first + max)].join('\n'))
  return messages
}
