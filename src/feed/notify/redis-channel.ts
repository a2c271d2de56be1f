/**
 * Messages by Redis' pub/sub: one connection listens, which can do nothing else then, and one speaks. Redis keeps
 * nothing of them. Neither connection waits with anything for a Redis that is away.
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
/** How long a connection that is given up may still take to end. */
const endWithinMs = 500
/** How often the connection that publishes writes something, to learn whether it leads to a replica. */
const probeEveryMs = 5_000

export interface RedisLineOptions {
  readonly url: string
  /** Redis' channels are those of all its databases: named by the installation. */
  readonly channel: string
}

/** Resolves once it listens, or Redis is known to be away; then it listens as soon as Redis is there. */
export async function openRedisChannel(
  { url, channel }: RedisLineOptions,
  { hear, listenToAll }: ChannelListener,
  log: Log,
): Promise<Channel> {
  let isStale = false
  let isClosing = false
  const madeStaleBy = (cause: unknown): void => {
    // An error comes with every try to connect; a line in the log, with the first.
    if (!isStale && !isClosing)
      log.warn({ cause: cause instanceof Error ? cause.message : cause }, 'feed.subscribe-failed')
    isStale = true
  }

  const speaking = connect(url, 'speaking')
  let probedAtMs = -Infinity
  /** A replica takes what is published, and what it takes does not reach the primary. Only a write shows it. */
  const probe = (): void => {
    if (performance.now() - probedAtMs < probeEveryMs) return
    probedAtMs = performance.now()
    speaking.set(`${channel}:probe`, '', 'PX', 2 * probeEveryMs).catch((error: unknown) => {
      if (!(error instanceof Error) || !isReadOnlyReplica(error) || isClosing) return
      // After a failover the URL leads to the new primary, and an open connection to the old one.
      speaking.disconnect(true)
      listening.disconnect(true)
    })
  }
  // What it means is told when something is to be said.
  speaking.on('error', () => undefined)
  const listening = connect(url, 'listening')
  listening.on('error', madeStaleBy)
  listening.on('close', () => madeStaleBy('the connection was closed'))
  listening.on('message', (_channel, message) => hear(message))
  const listen = async (): Promise<void> => {
    try {
      await listening.subscribe(channel)
    } catch (error) {
      // It was lost again meanwhile, and comes back; or Redis does not allow it, and the feeds look for themselves.
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
    // As long as a connection may be silent after it was asked something; then it is made anew.
    socketTimeout: answerWithinMs,
    disconnectTimeout: endWithinMs,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // Done by us, to know when it listens again.
    autoResubscribe: false,
    retryStrategy: (tries) => Math.min(tries * reconnectFirstMs, reconnectAtMostMs),
  })
}
