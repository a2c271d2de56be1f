/** Opens and connects the parts of a process for its roles. Used by the server, the demo and tests. */
import { serveApi } from './api.ts'
import { ConfigFault, type Config } from './config.ts'
import { makeAdminStore } from './db/installation/installation-store.ts'
import { connect } from './db/connection/connect.ts'
import { makeDispatchStore } from './db/dispatch/dispatch-store.ts'
import { roleOf, type PoolRole } from './db/connection/pool-roles.ts'
import { startDispatcher } from './dispatcher.ts'
import type { Log } from './ports/log.ts'
import type { Resolve } from './sender/guard/resolve.ts'
import { makeSender } from './sender/sender.ts'
import { openNotifier } from './feed/notify/notifier.ts'
import { makeDeliveryScheduler } from './queue/delivery-scheduler.ts'
import { checkRedis, unsafeEviction } from './queue/backend/check-redis.ts'
import { within } from './runtime/within.ts'
import { system } from './runtime/system.ts'
import { makeShutdownSteps, type ShutdownSteps } from './runtime/shutdown-steps.ts'
import { makeReadiness } from './runtime/server/readiness.ts'
import { enterProcess } from './process-registry.ts'
import { reachedAt, serveHealth, type Address } from './serve.ts'
import { openStorage, secretsOver, usable } from './storage.ts'

/** How long each part may take to close, in milliseconds. The dispatcher has more time and closes concurrently. */
const closeWithinMs = {
  // Subscriptions are closed within 5 s. After that, running requests have 3 s.
  http: 9_000,
  rates: 500,
  notifier: 3_000,
  deliveryScheduler: 4_000,
  sender: 1_000,
  registry: 1_000,
  connections: 2_500,
  storage: 5_000,
  health: 1_000,
}
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
  { signal, shutdownSteps }: Starting = {
    signal: new AbortController().signal,
    shutdownSteps: makeShutdownSteps(log),
  },
): Promise<App> {
  const closeLater = (what: keyof typeof closeWithinMs, close: () => Promise<void>): void =>
    shutdownSteps.add({ what, withinMs: closeWithinMs[what], close })
  const readiness = makeReadiness(['postgres', 'queue'], log)

  try {
    const health = needsHealthServer(config)
      ? await serveHealth(config, log, () => readiness.current())
      : null
    if (health !== null) closeLater('health', () => health.close())
    if (config.redisUrl !== undefined) {
      await usable('REDIS_URL', 'Redis', config.redisUrl, checkRedis, 'the queue is in PostgreSQL')
      const fault = await unsafeEviction(config.redisUrl, log)
      if (fault !== null) throw new ConfigFault([fault])
    }
    signal.throwIfAborted()
    const storage = await openStorage(config, log, 'server', signal)
    closeLater('storage', () => storage.stop())
    signal.throwIfAborted()
    const { databaseUrl } = storage
    const processId = `prc_${system.newUuid()}`
    const connections = connect(databaseUrl, log, storage.rlsMode, { processId })
    closeLater('connections', () => connections.close())
    await connections.verifyPoolRoles()
    if (storage.rlsMode === 'SETTINGS') log.info({ missing: Object.values(roleOf) }, 'rls.roles-unavailable')
    const adminStore = makeAdminStore(connections.adminPool)
    const dispatchStore = makeDispatchStore(connections.sql, system)
    await dispatchStore.ensurePartitions()
    const secrets = secretsOver(adminStore, storage.keyRing)
    const registry = await enterProcess(adminStore, { id: processId, config, log, keyRing: storage.keyRing })
    closeLater('registry', () => registry.leave())
    signal.throwIfAborted()
    // Without a prefix, two installations on one Redis would take each other's jobs.
    const prefix = `orderbell-${await adminStore.installationId()}`
    const queueOptions = {
      databaseUrl,
      log,
      prefix,
      ...(config.redisUrl !== undefined && { redisUrl: config.redisUrl }),
    }
    const deliveryScheduler = await makeDeliveryScheduler(queueOptions)
    closeLater('deliveryScheduler', () => deliveryScheduler.close())
    const notifier = await openNotifier({
      databaseUrl,
      redis: config.redisUrl === undefined ? undefined : { url: config.redisUrl, prefix },
      log,
    })
    closeLater('notifier', () => notifier.close())
    const sender = makeSender({
      allowedNetworks: config.sendAllowedNetworks,
      allowHttp: config.sendAllowHttp,
      allowMetadata: config.sendAllowMetadata,
      allowNat64: config.sendAllowNat64,
      maxPerHost: config.sendMaxPerHost,
      ...(testOverrides.resolve !== undefined && { resolve: testOverrides.resolve }),
      ...(config.sendCa !== undefined && { extraCa: config.sendCa }),
    })
    closeLater('sender', () => sender.close())
    sender.blockOwnHosts([config.publicUrl])
    if (config.sendAllowMetadata) log.warn({ networks: config.sendAllowedNetworks }, 'send.metadata-allowed')

    const dispatcher = config.roles.includes('dispatcher')
      ? await startDispatcher(
          {
            config,
            log,
            connections,
            dispatchStore,
            deliveryScheduler,
            notifier,
            sender,
            secrets,
            queueOptions,
          },
          shutdownSteps,
        )
      : null
    const parts = {
      config,
      log,
      connections,
      adminStore,
      notifier,
      sender,
      secrets,
      prefix,
      laneScheduler: dispatcher?.laneScheduler ?? deliveryScheduler,
      readiness: () => readiness.current(),
    }
    const address = config.roles.includes('api') ? await serveApi(parts, closeLater) : null
    if (health !== null) sender.blockOwnHosts(reachedAt(health.address))
    signal.throwIfAborted()

    const used = poolsOf(config.roles)
    readiness.begin({
      postgres: { isRequired: true, check: () => checked('PostgreSQL', connections.ping(used)) },
      queue: {
        isRequired: false,
        check: async () => {
          await within(
            checkWithinMs,
            'the check of the queue',
            Promise.all([deliveryScheduler.ping(), dispatcher?.ping()]),
          )
          return deliveryScheduler.queue.condition()
        },
      },
    })
    log.info(
      {
        roles: config.roles,
        url: address?.url,
        admin: health?.address.url,
        queue: config.redisUrl === undefined ? 'postgres' : 'redis',
      },
      'app.started',
    )
    let stopping: Promise<void> | undefined
    return {
      address,
      adminAddress: health?.address ?? null,
      stop: () => {
        readiness.stop()
        stopping ??= shutdownSteps.closeAll().then(() => log.info({}, 'app.stopped'))
        return stopping
      },
    }
  } catch (error) {
    await shutdownSteps.closeAll()
    throw error
  }
}

/** A process that serves the API answers health checks on PORT as well. */
function needsHealthServer({ roles, port, adminPort }: Config): boolean {
  if (!roles.includes('api')) return true
  return adminPort !== undefined && (adminPort !== port || port === 0)
}

/** The connection pools that the roles use. Every role decrypts secrets, whose keys are read through the admin pool. */
function poolsOf(roles: Config['roles']): readonly PoolRole[] {
  return ['admin', ...roles]
}

async function checked(what: string, answer: Promise<unknown>): Promise<'ok'> {
  await within(checkWithinMs, `the check of ${what}`, answer)
  return 'ok'
}
