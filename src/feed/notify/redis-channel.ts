/**
 * A channel over Redis pub/sub. One connection subscribes (and can then run no other commands), another publishes.
 * Redis does not store messages. Commands fail at once while Redis is unavailable; they are not queued.
 */
import { once } from 'node:events'
import { Redis } from 'ioredis'
import { isReadOnlyReplica } from '../../domain/shared/redis-error.ts'
import type { Log } from '../../ports/log.ts'
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
export interface RedisChannelOptions {
  readonly url: string
  /** All databases of a Redis server share their channels, so the name contains the installation's prefix. */
  readonly channel: string
}

/**
 * Resolves when subscribed, or after 2 s if Redis is unavailable. In that case it subscribes once Redis is available.
 */
export async function openRedisChannel(
  { url, channel }: RedisChannelOptions,
  { onMessage, onSubscribed }: ChannelListener,
  log: Log,
): Promise<Channel> {
  let isFailing = false
  let isClosing = false
  const markFailed = (cause: unknown): void => {
    // Every connection attempt raises an error. Only the first is logged.
    if (!isFailing && !isClosing)
      log.warn({ cause: cause instanceof Error ? cause.message : cause }, 'feed.subscribe-failed')
    isFailing = true
  }

  const publisher = connect(url, 'publisher')
  let probedAtMs = -Infinity
  /** A replica accepts PUBLISH but does not pass the message to its primary. Only a write command detects a replica. */
  const probe = (): void => {
    if (performance.now() - probedAtMs < probeEveryMs) return
    probedAtMs = performance.now()
    publisher.set(`${channel}:probe`, '', 'PX', 2 * probeEveryMs).catch((error: unknown) => {
      if (!(error instanceof Error) || !isReadOnlyReplica(error) || isClosing) return
      // After a failover the URL leads to the new primary, but an open connection still leads to the old one.
      publisher.disconnect(true)
      subscriber.disconnect(true)
    })
  }
  // Errors of this connection are reported by the publish that fails.
  publisher.on('error', () => undefined)
  const subscriber = connect(url, 'subscriber')
  subscriber.on('error', markFailed)
  subscriber.on('close', () => markFailed('the connection was closed'))
  subscriber.on('message', (_channel, message) => onMessage(message))
  const subscribe = async (): Promise<void> => {
    try {
      await subscriber.subscribe(channel)
    } catch (error) {
      // Either the connection was lost again and will reconnect, or Redis denies SUBSCRIBE and the feeds only poll.
      markFailed(error)
      return
    }
    if (isFailing) log.info({}, 'feed.subscribe-recovered')
    isFailing = false
    onSubscribed()
  }
  const isReady = Promise.all(
    [publisher, subscriber].map((client) =>
      once(client, 'ready', { signal: AbortSignal.timeout(connectWithinMs) }).catch(() => undefined),
    ),
  )
  const first = new Promise<void>((resolve) => {
    subscriber.on('ready', () => void subscribe().then(resolve))
  })
  await isReady
  if (subscriber.status === 'ready') await first

  return {
    publish: async (messages) => {
      probe()
      await Promise.all(messages.map((message) => publisher.publish(channel, message)))
    },
    reconnect: () => subscriber.disconnect(true),
    close: () => {
      isClosing = true
      subscriber.disconnect()
      publisher.disconnect()
      return Promise.resolve()
    },
  }
}

function connect(url: string, role: 'publisher' | 'subscriber'): Redis {
  return new Redis(url, {
    connectionName: `orderbell-feed-${role}`,
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
