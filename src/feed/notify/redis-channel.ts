/**
 * A channel over Redis pub/sub. One connection subscribes (and can then run no other commands), another publishes.
 * Redis does not store messages. Commands fail at once while Redis is unavailable; they are not queued.
 */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { isReadOnlyReplica } from '../../domain/shared/redis-error.ts'
import type { Log } from '../../ports/platform.ts'
import type { ChannelListener, Channel } from './channel.ts'

const connectWithinMs = 2_000
const answerWithinMs = 5_000
const reconnectFirstMs = 50
const reconnectAtMostMs = 1_000
/** Time limit for closing an abandoned connection. */
const endWithinMs = 500
/** Minimum interval of the write that detects whether the publishing connection leads to a replica. */
const probeEveryMs = 5_000

/** Options of the channel. */
export interface RedisLineOptions {
  readonly url: string
  /** All databases of a Redis server share their channels, so the name contains the installation's prefix. */
  readonly channel: string
}

/**
 * Resolves when subscribed, or after 2 s if Redis is unavailable. In that case it subscribes once Redis is available.
 */
export async function openRedisChannel(
  { url, channel }: RedisLineOptions,
  { hear, listenToAll }: ChannelListener,
  log: Log,
): Promise<Channel> {
  let isStale = false
  let isClosing = false
  const madeStaleBy = (cause: unknown): void => {
    // Every connection attempt raises an error. Only the first is logged.
    if (!isStale && !isClosing)
      log.warn({ cause: cause instanceof Error ? cause.message : cause }, 'feed.subscribe-failed')
    isStale = true
  }

  const speaking = connect(url, 'speaking')
  let probedAtMs = -Infinity
  /** A replica accepts PUBLISH but does not pass the message to its primary. Only a write command detects a replica. */
  const probe = (): void => {
    if (performance.now() - probedAtMs < probeEveryMs) return
    probedAtMs = performance.now()
    speaking.set(`${channel}:probe`, '', 'PX', 2 * probeEveryMs).catch((error: unknown) => {
      if (!(error instanceof Error) || !isReadOnlyReplica(error) || isClosing) return
      // After a failover the URL leads to the new primary, but an open connection still leads to the old one.
      speaking.disconnect(true)
      listening.disconnect(true)
    })
  }
  // Errors of this connection are reported by the publish that fails.
  speaking.on('error', () => undefined)
  const listening = connect(url, 'listening')
  listening.on('error', madeStaleBy)
  listening.on('close', () => madeStaleBy('the connection was closed'))
  listening.on('message', (_channel, message) => hear(message))
  const listen = async (): Promise<void> => {
    try {
      await listening.subscribe(channel)
    } catch (error) {
      // Either the connection was lost again and will reconnect, or Redis denies SUBSCRIBE and the feeds only poll.
      madeStaleBy(error)
      return
    }
    if (isStale) log.info({}, 'feed.subscribe-recovered')
    isStale = false
    listenToAll()
  }
  const isReady = Promise.all(
    [speaking, listening].map((client) =>
      once(client, 'ready', { signal: AbortSignal.timeout(connectWithinMs) }).catch(() => undefined),
    ),
  )
  const first = new Promise<void>((resolve) => {
    listening.on('ready', () => void listen().then(resolve))
  })
  await isReady
  if (listening.status === 'ready') await first

  return {
    say: async (messages) => {
      probe()
      await Promise.all(messages.map((message) => speaking.publish(channel, message)))
    },
    listenAgain: () => listening.disconnect(true),
    close: () => {
      isClosing = true
      listening.disconnect()
      speaking.disconnect()
      return Promise.resolve()
    },
  }
}

function connect(url: string, what: string): Redis {
  return new Redis(url, {
    connectionName: `orderbell-news-${what}`,
    connectTimeout: answerWithinMs,
    commandTimeout: answerWithinMs,
    // A connection that does not respond to a command within this time is replaced.
    socketTimeout: answerWithinMs,
    disconnectTimeout: endWithinMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // This module subscribes again by itself, to know when the subscription is active.
    autoResubscribe: false,
    retryStrategy: (tries) => Math.min(tries * reconnectFirstMs, reconnectAtMostMs),
  })
}
