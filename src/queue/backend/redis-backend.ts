/** BullMQ on Redis or Valkey. The data in Redis can be lost: after a flush the sweep finds all due deliveries. */
import { Queue, Worker } from 'bullmq'
import { Redis, type RedisOptions } from 'ioredis'
import { isReadOnlyReplica } from '../../domain/shared/redis-error.ts'
import { RETRY_DELAY_MS, fewEvents, stallRules } from './backend.ts'
import type { QueueBackend, QueueOptions, Role } from './backend.ts'
import { within } from '../../runtime/within.ts'
import { makeEvictionWatch } from './eviction-policy.ts'
import type { ReportFault } from './faults.ts'

const RECONNECT_FIRST_MS = 50
const RECONNECT_AT_MOST_MS = 1_000
const CONNECT_WITHIN_MS = 5_000
const PING_WITHIN_MS = 2_000
const DEFAULT_PREFIX = 'orderbell'
const PROBE_KEPT_MS = 60_000

// A connection that does not answer a command for this long is replaced.
const SILENT_MS = 6_000
// A worker waits up to 10 s for a job. BullMQ replaces the connection 1 s after the end of a wait without an answer.
const SILENT_WHILE_WAITING_MS = 13_000
const KEEP_ALIVE_MS = 10_000
// A waiting worker looks for jobs again after this time. A connection that is replaced while it waits, for example after a
// failover, may take the marker of a job with it. With BullMQ's default of 5 s the job then waits that long.
const LOOK_AGAIN_AFTER_S = 2

const workerOptions = {
  connectTimeout: CONNECT_WITHIN_MS,
  socketTimeout: SILENT_MS,
  keepAlive: KEEP_ALIVE_MS,
  disconnectTimeout: 500,
  retryStrategy: (times: number) => Math.min(times * RECONNECT_FIRST_MS, RECONNECT_AT_MOST_MS),
  // BullMQ requires null: its blocking commands must survive a reconnection.
  maxRetriesPerRequest: null,
}
// Commands that add jobs fail at once while Redis is unavailable. The wake-ups then wait in the wake-up batcher, one
// for each webhook, and not in the client's offline queue, one for each call.
const producerOptions = {
  ...workerOptions,
  commandTimeout: SILENT_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
}

/**
 * A client that keeps its duplicates. BullMQ duplicates a worker's client for its blocking wait, and cannot close a
 * duplicate that is trying to reconnect.
 */
class DuplicatingRedis extends Redis {
  readonly #duplicates: Redis[]

  constructor(
    url: string,
    options: RedisOptions & { readonly replyMapping?: 'legacy' },
    duplicates: Redis[],
  ) {
    super(url, options)
    this.#duplicates = duplicates
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate({ ...override, socketTimeout: SILENT_WHILE_WAITING_MS })
    this.#duplicates.push(copy)
    return copy
  }
}

export function openRedisBackend(options: QueueOptions, role: Role, report: ReportFault): QueueBackend {
  const url = options.redisUrl ?? ''
  const prefix = options.prefix ?? DEFAULT_PREFIX
  const clients: Redis[] = []

  // After a failover, connections may still lead to the old primary, which is now a replica; new connections lead to
  // the new primary. All connections are replaced at once, because the connection on which a worker waits for jobs
  // receives no error that would show the failover.
  function reconnectOnError(error: Error): boolean {
    const isStale = isReadOnlyReplica(error)
    if (isStale) for (const client of clients) if (client.status === 'ready') client.disconnect(true)
    return isStale
  }

  function connect(name: string, settings: typeof workerOptions | typeof producerOptions): Redis {
    const connectionName = `orderbell-queue-${name}`
    const client = new DuplicatingRedis(url, { ...settings, connectionName, reconnectOnError }, clients)
    client.on('error', (fault: unknown) => report('redis', fault))
    clients.push(client)
    return client
  }

  const adding = connect(role, producerOptions)
  const watchEviction = makeEvictionWatch(adding, options.log)
  const working = role === 'worker' ? connect('working', workerOptions) : adding

  return {
    queue: (name) => {
      const queue = new Queue(name, { connection: adding, prefix, streams: fewEvents })
      queue.on('error', (fault) => report(`queue ${name}`, fault))
      return queue
    },
    worker: (name, work, concurrency) => {
      const rules = {
        ...stallRules,
        runRetryDelay: RETRY_DELAY_MS,
        drainDelay: LOOK_AGAIN_AFTER_S,
        autorun: false,
        concurrency,
      }
      const worker = new Worker(name, (job) => work(job), { connection: working, prefix, ...rules })
      worker.on('error', (fault) => report(`worker ${name}`, fault))
      return worker
    },
    ping: async () => {
      await within(PING_WITHIN_MS, 'pinging Redis', adding.ping())
    },
    maintain: async () => {
      await working.set(`${prefix}:worker-probe`, '', 'PX', PROBE_KEPT_MS)
      await watchEviction()
    },
    close: () => {
      for (const client of clients) client.disconnect()
      return Promise.resolve()
    },
  }
}
