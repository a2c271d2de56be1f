/** Opens and connects the parts of a process for its roles. Used by the server, the demo and tests. */
import { makeCloseLater, type CloseLater } from './close-later.ts'
import type { Config } from './config.ts'
import type { Connections } from './db/connection/connect.ts'
import type { PoolRole } from './db/connection/pool-roles.ts'
import type { Dispatcher } from './dispatcher.ts'
import { openMessaging, verifyRedis } from './messaging.ts'
import type { Log } from './ports/log.ts'
import type { DeliveryScheduler } from './queue/delivery-scheduler.ts'
import { makeReadiness, type Part, type ReadinessWatch } from './runtime/server/readiness.ts'
import { makeShutdownSteps, type ShutdownSteps } from './runtime/shutdown-steps.ts'
import { within } from './runtime/within.ts'
import type { Resolve } from './sender/guard/resolve.ts'
import { makeSender, type GuardedSender } from './sender/sender.ts'
import { reachedAt, serveHealth, type Address } from './serve.ts'
import type { Role } from './settings/values.ts'
import { openStorage } from './storage.ts'
import { connectStores } from './stores.ts'

/** How long a part may take to report whether it is available. */
const checkWithinMs = 2_000

export interface App {
  /** The address of the API; null when this process does not have the role `api`. */
  readonly address: Address | null
  /** The address of the separate health server; null when health checks are served only with the API. */
  readonly adminAddress: Address | null
  /**
   * Stops the process gracefully: accepts no more work, waits for running work, stores its results and closes
   * everything. Further calls return the same promise.
   */
  stop(): Promise<void>
}

/** Allows a caller to stop the start before it is complete. */
export interface Starting {
  /** When aborted, the start rejects with the signal's reason after its current step. */
  readonly signal: AbortSignal
  /** Everything that the start opens is added here. */
  readonly shutdownSteps: ShutdownSteps
}

/** Parts that tests replace. */
export interface TestOverrides {
  /** Replaces the system's resolution of receivers' host names. */
  readonly resolve?: Resolve
}

/** Starts the parts of the configured roles. Resolves when they serve. Rejects, after closing everything it opened. */
export async function makeApp(
  config: Config,
  log: Log,
  testOverrides: TestOverrides = {},
  starting: Starting = {
    signal: new AbortController().signal,
    shutdownSteps: makeShutdownSteps(log),
  },
): Promise<App> {
  try {
    return await start(config, log, testOverrides, starting)
  } catch (error) {
    await starting.shutdownSteps.closeAll()
    throw error
  }
}

/**
 * Opens the parts in their order and registers each for closing. Checks after each step whether the start was aborted.
 * After an error the caller closes what is open.
 */
async function start(
  config: Config,
  log: Log,
  testOverrides: TestOverrides,
  { signal, shutdownSteps }: Starting,
): Promise<App> {
  const closeLater = makeCloseLater(shutdownSteps)
  const readiness = makeReadiness(['postgres', 'queue'], log)
  const health = needsHealthServer(config) ? await serveHealth(config, log, () => readiness.current()) : null
  if (health !== null) closeLater('health', () => health.close())
  if (config.redisUrl !== undefined) await verifyRedis(config.redisUrl, log)
  signal.throwIfAborted()

  const storage = await openStorage(config, log, 'server', signal)
  closeLater('storage', () => storage.stop())
  signal.throwIfAborted()

  const { connections, adminStore, dispatchStore, secrets } = await connectStores(
    { config, log, storage },
    closeLater,
  )
  signal.throwIfAborted()

  const { redis, queueOptions, deliveryScheduler, notifier } = await openMessaging(
    { config, log, databaseUrl: storage.databaseUrl, adminStore },
    closeLater,
  )
  const sender = openSender(config, log, testOverrides, closeLater)
  const shared = { config, log, connections, notifier, sender, secrets }
  const dispatcher = await startRole(config, 'dispatcher', async () => {
    const { startDispatcher } = await import('./dispatcher.ts')
    return startDispatcher({ ...shared, dispatchStore, deliveryScheduler, queueOptions }, shutdownSteps)
  })
  const laneScheduler = dispatcher?.laneScheduler ?? deliveryScheduler
  const wakeBulkRetries = dispatcher?.wakeBulkRetries ?? (() => undefined)
  const address = await startRole(config, 'api', async () => {
    const { serveApi } = await import('./api.ts')
    return serveApi(
      {
        ...shared,
        adminStore,
        laneScheduler,
        wakeBulkRetries,
        redis,
        readiness: () => readiness.current(),
      },
      closeLater,
    )
  })
  if (health !== null) sender.blockOwnHosts(reachedAt(health.address))
  signal.throwIfAborted()

  readiness.begin(partsToCheck(config, connections, deliveryScheduler, dispatcher))
  log.info(
    {
      roles: config.roles,
      url: address?.url,
      admin: health?.address.url,
      queue: config.redisUrl === undefined ? 'postgres' : 'redis',
    },
    'app.started',
  )
  return {
    address,
    adminAddress: health?.address ?? null,
    stop: stopOnce(readiness, shutdownSteps, log),
  }
}

/**
 * Returns null when the process does not have the role. `start` loads the role's modules, because a dispatcher needs
 * nothing of GraphQL and Express, which take half of the start of an API.
 */
async function startRole<T>({ roles }: Config, role: Role, start: () => Promise<T>): Promise<T | null> {
  return roles.includes(role) ? start() : null
}

/** A process that serves the API answers health checks on PORT as well. */
function needsHealthServer({ roles, port, adminPort }: Config): boolean {
  if (!roles.includes('api')) return true
  return adminPort !== undefined && (adminPort !== port || port === 0)
}

function openSender(
  config: Config,
  log: Log,
  { resolve }: TestOverrides,
  closeLater: CloseLater,
): GuardedSender {
  const sender = makeSender({
    allowedNetworks: config.sendAllowedNetworks,
    allowHttp: config.sendAllowHttp,
    allowMetadata: config.sendAllowMetadata,
    allowNat64: config.sendAllowNat64,
    maxPerHost: config.sendMaxPerHost,
    ...(resolve !== undefined && { resolve }),
    ...(config.sendCa !== undefined && { extraCa: config.sendCa }),
  })
  closeLater('sender', () => sender.close())
  sender.blockOwnHosts([config.publicUrl])
  if (config.sendAllowMetadata) log.warn({ networks: config.sendAllowedNetworks }, 'send.metadata-allowed')
  return sender
}

/** The parts whose state decides whether the process is ready. */
function partsToCheck(
  { roles }: Config,
  connections: Connections,
  deliveryScheduler: DeliveryScheduler,
  dispatcher: Dispatcher | null,
): Readonly<Record<'postgres' | 'queue', Part>> {
  const used = poolsOf(roles)
  return {
    postgres: {
      isRequired: true,
      check: async () => {
        await within(checkWithinMs, 'the check of PostgreSQL', connections.ping(used))
        return 'ok'
      },
    },
    queue: {
      isRequired: false,
      check: async () => {
        const pings = Promise.all([deliveryScheduler.ping(), dispatcher?.ping()])
        await within(checkWithinMs, 'the check of the queue', pings)
        return deliveryScheduler.queue.condition()
      },
    },
  }
}

/** The connection pools that the roles use. Every role decrypts secrets, whose keys are read through the admin pool. */
function poolsOf(roles: Config['roles']): readonly PoolRole[] {
  return ['admin', ...roles]
}

/** Returns the function `stop` of an app. Further calls of it return the same promise. */
function stopOnce(readiness: ReadinessWatch, shutdownSteps: ShutdownSteps, log: Log): () => Promise<void> {
  let stopping: Promise<void> | undefined
  return () => {
    readiness.stop()
    stopping ??= shutdownSteps.closeAll().then(() => log.info({}, 'app.stopped'))
    return stopping
  }
}
