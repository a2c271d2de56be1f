/**
 * Opens the queue and the notifications, by which processes of an installation reach each other. Both use Redis when
 * REDIS_URL is set, and PostgreSQL otherwise.
 */
import type { CloseLater } from './close-later.ts'
import { ConfigFault, type Config } from './config.ts'
import type { AdminStore } from './db/installation/installation-store.ts'
import { openNotifier, type Notifier } from './feed/notify/notifier.ts'
import type { Log } from './ports/log.ts'
import type { QueueOptions } from './queue/backend/backend.ts'
import { makeDeliveryScheduler, type DeliveryScheduler } from './queue/delivery-scheduler.ts'
import { usable } from './storage.ts'

interface Parts {
  readonly config: Config
  readonly log: Log
  readonly databaseUrl: string
  readonly adminStore: AdminStore
}

/** The Redis that the processes of an installation share. */
export interface SharedRedis {
  readonly url: string
  /** Begins the names of this installation's keys and channels, because several installations may share one Redis. */
  readonly prefix: string
}

export interface Messaging {
  /** Undefined when the queue and the notifications use PostgreSQL. */
  readonly redis: SharedRedis | undefined
  readonly queueOptions: QueueOptions
  readonly deliveryScheduler: DeliveryScheduler
  readonly notifier: Notifier
}

/** Throws `ConfigFault` when the Redis of REDIS_URL cannot be used or may evict jobs. */
export async function verifyRedis(redisUrl: string, log: Log): Promise<void> {
  // Loaded here: without REDIS_URL no part of the process loads ioredis.
  const { checkRedis, unsafeEviction } = await import('./queue/backend/check-redis.ts')
  await usable('REDIS_URL', 'Redis', redisUrl, checkRedis, 'the queue is in PostgreSQL')
  const fault = await unsafeEviction(redisUrl, log)
  if (fault !== null) throw new ConfigFault([fault])
}

/** Adds everything it opens to `closeLater`, which also closes it when a later step fails. */
export async function openMessaging(
  { config: { redisUrl }, log, databaseUrl, adminStore }: Parts,
  closeLater: CloseLater,
): Promise<Messaging> {
  // Without a prefix, two installations on one Redis would take each other's jobs.
  const prefix = `orderbell-${await adminStore.installationId()}`
  const redis = redisUrl === undefined ? undefined : { url: redisUrl, prefix }
  const queueOptions = { databaseUrl, redisUrl, log, prefix }
  const deliveryScheduler = await makeDeliveryScheduler(queueOptions)
  closeLater('deliveryScheduler', () => deliveryScheduler.close())
  const notifier = await openNotifier({ databaseUrl, redis, log })
  closeLater('notifier', () => notifier.close())
  return { redis, queueOptions, deliveryScheduler, notifier }
}
