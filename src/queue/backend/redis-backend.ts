/**
 * BullMQ on Redis or Valkey. Nothing that stands there is needed: a flush loses wakes, and the
 * sweep rings again what was due.
 */
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { isReadOnlyReplica } from '../../domain/shared/redis-error.ts'
import { RETRY_DELAY_MS, fewEvents, stallRules } from './backend.ts'
import type { QueueBackend, QueueOptions, Role } from './backend.ts'
import { within } from './timeout.ts'
import { makeEvictionWatch } from './eviction-policy.ts'
import type { ReportFault } from './faults.ts'

const RECONNECT_FIRST_MS = 50
const RECONNECT_AT_MOST_MS = 1_000
const CONNECT_WITHIN_MS = 5_000
const PING_WITHIN_MS = 2_000
const DEFAULT_PREFIX = 'orderbell'
const PROBE_KEPT_MS = 60_000

// A connection that was asked something and says nothing for so long has fallen silent: it is made again.
const SILENT_MS = 6_000
// The longest wait of a worker for a job is 10 s. BullMQ makes the connection again a second after each wait's end.
const SILENT_WHILE_WAITING_MS = 13_000
const KEEP_ALIVE_MS = 10_000

const patient = {
  connectTimeout: CONNECT_WITHIN_MS,
  socketTimeout: SILENT_MS,
  keepAlive: KEEP_ALIVE_MS,
  disconnectTimeout: 500,
  retryStrategy: (times: number) => Math.min(times * RECONNECT_FIRST_MS, RECONNECT_AT_MOST_MS),
  // BullMQ asks for it: its waiting commands outlive a connection.
  maxRetriesPerRequest: null,
}
// Who adds jobs hears at once that Redis is away: the wakes wait in the pump, one for each webhook,
// and not in the client's queue, one for each call.
const failingFast = {
  ...patient,
  commandTimeout: SILENT_MS,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
}

export function openRedisBackend(options: QueueOptions, role: Role, report: ReportFault): QueueBackend {
  const url = options.redisUrl ?? ''
  const prefix = options.prefix ?? DEFAULT_PREFIX
  const clients: Redis[] = []

  // A failover may leave connections open to the old primary, which is a replica now; new ones lead to the new primary.
  // All are made again at once: the one on which a worker waits for jobs gets no answer that would show it.
  function reconnectOnError(error: Error): boolean {
    const isStale = isReadOnlyReplica(error)
    if (isStale) for (const client of clients) if (client.status === 'ready') client.disconnect(true)
    return isStale
  }

  function connect(name: string, settings: typeof patient | typeof failingFast): Redis {
    const connectionName = `orderbell-queue-${name}`
    const client = new Redis(url, { ...settings, connectionName, reconnectOnError })
    client.on('error', (fault: unknown) => report('redis', fault))
    clients.push(client)
    return client
  }

  // BullMQ duplicates a worker's client for its blocking wait. Remembered here, because a
  // duplicate that is trying to reconnect can't be closed through BullMQ.
  function rememberDuplicates(client: Redis): Redis {
    const duplicate = client.duplicate.bind(client)
    client.duplicate = (override) => {
      const copy = duplicate({ ...override, socketTimeout: SILENT_WHILE_WAITING_MS })
      clients.push(copy)
      return copy
    }
    return client
  }

  const adding = connect(role, failingFast)
  const watchEviction = makeEvictionWatch(adding, options.log)
  const working = role === 'worker' ? rememberDuplicates(connect('working', patient)) : adding

  return {
    queue: (name) => {
      const queue = new Queue(name, { connection: adding, prefix, streams: fewEvents })
      queue.on('error', (fault) => report(`queue ${name}`, fault))
      return queue
    },
    worker: (name, work, concurrency) => {
      const rules = { ...stallRules, runRetryDelay: RETRY_DELAY_MS, autorun: false, concurrency }
      const worker = new Worker(name, (job) => work(job), { connection: working, prefix, ...rules })
      worker.on('error', (fault) => report(`worker ${name}`, fault))
      return worker
    },
    ping: async () => {
      await within(PING_WITHIN_MS, 'asking Redis', adding.ping())
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
