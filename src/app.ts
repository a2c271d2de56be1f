/** Wires the parts for the roles asked for; used by main, the commands, the demo and the tests. Nothing else knows all the parts. */
import { serveApi } from './api.ts'
import { ConfigFault, type Config } from './config.ts'
import { makeAdminStore } from './db/installation/installation-store.ts'
import { connect } from './db/connection/connect.ts'
import { makeDispatchStore } from './db/dispatch/dispatch-store.ts'
import { roleOf, type Part } from './db/connection/row-level-security.ts'
import { startDispatcher } from './dispatcher.ts'
import type { Log } from './ports/platform.ts'
import type { Resolve } from './sender/guard/resolve.ts'
import { makeSender } from './sender/sender.ts'
import { openBus } from './feed/notify/notifier.ts'
import { makeAlarmClock } from './queue/delivery-scheduler.ts'
import { checkRedis, unsafeEviction } from './queue/backend/check-redis.ts'
import { within } from './queue/backend/timeout.ts'
import { system } from './runtime/system.ts'
import { makeClosing, type Closing } from './runtime/closing.ts'
import { makeReadiness } from './runtime/server/readiness.ts'
import { enterProcess } from './registry.ts'
import { reachedAt, serveHealth, type Address } from './serve.ts'
import { openStorage, secretsOver, usable } from './storage.ts'

/** How long each part may take to close. The dispatcher has more time, and closes beside the others. */
const closeWithinMs = {
  // Subscribers are sent away within 5 s, and requests have 3 s more.
  http: 9_000,
  rates: 500,
  bus: 3_000,
  clock: 4_000,
  sender: 1_000,
  registry: 1_000,
  connections: 2_500,
  storage: 5_000,
  health: 1_000,
}
/** How long a part may take to say whether it is available. */
const checkWithinMs = 2_000

export interface App {
  /** Where the API is served; null where this process has not that role. */
  readonly address: Address | null
  /** Where the health checks are served, if not only beside the API. */
  readonly adminAddress: Address | null
  /** Drains: takes no more, ends what is under way, writes down what came of it, closes. Once is enough. */
  stop(): Promise<void>
}

/** A start that may be stopped before it is over. */
export interface Starting {
  /** Once it is aborted, the start ends after its present step, with the signal's reason. */
  readonly signal: AbortSignal
  /** What was opened is added here. */
  readonly closing: Closing
}

/** What tests stand in for. */
export interface Outside {
  /** Instead of the system's resolution of receivers' names. */
  readonly resolve?: Resolve
}

/** Starts what the roles ask for and resolves once it serves. Throws with one clear line when it cannot. */
export async function makeApp(
  config: Config,
  log: Log,
  outside: Outside = {},
  { signal, closing }: Starting = { signal: new AbortController().signal, closing: makeClosing(log) },
): Promise<App> {
  const closeLater = (what: keyof typeof closeWithinMs, close: () => Promise<void>): void =>
    closing.add({ what, withinMs: closeWithinMs[what], close })
  const readiness = makeReadiness(['postgres', 'queue'], log)

  try {
    const health = needsHealthServer(config) ? await serveHealth(config, log, () => readiness.ask()) : null
    if (health !== null) closeLater('health', () => health.close())
    if (config.redisUrl !== undefined) {
      await usable('REDIS_URL', 'Redis', config.redisUrl, checkRedis, 'the queue lives in PostgreSQL')
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
    // Two installations on one Redis would take each other's wakes.
    const prefix = `orderbell-${await adminStore.installationId()}`
    const queueOptions = {
      databaseUrl,
      log,
      prefix,
      ...(config.redisUrl !== undefined && { redisUrl: config.redisUrl }),
    }
    const clock = await makeAlarmClock(queueOptions)
    closeLater('clock', () => clock.close())
    const bus = await openBus({
      databaseUrl,
      redis: config.redisUrl === undefined ? undefined : { url: config.redisUrl, prefix },
      log,
    })
    closeLater('bus', () => bus.close())
    const sender = makeSender({
      allowedNetworks: config.sendAllowedNetworks,
      allowHttp: config.sendAllowHttp,
      allowMetadata: config.sendAllowMetadata,
      allowNat64: config.sendAllowNat64,
      maxPerHost: config.sendMaxPerHost,
      ...(outside.resolve !== undefined && { resolve: outside.resolve }),
      ...(config.sendCa !== undefined && { extraCa: config.sendCa }),
    })
    closeLater('sender', () => sender.close())
    sender.refuseOurselves([config.publicUrl])
    if (config.sendAllowMetadata)
      log.warn({ networks: config.sendAllowedNetworks }, 'send.metadata-allowed')

    const dispatcher = config.roles.includes('dispatcher')
      ? await startDispatcher(
          { config, log, connections, dispatchStore, clock, bus, sender, secrets, queueOptions },
          closing,
        )
      : null
    const parts = {
      ...{ config, log, connections, adminStore, bus, sender, secrets, prefix },
      clock: dispatcher?.laneScheduler ?? clock,
      readiness: () => readiness.ask(),
    }
    const address = config.roles.includes('api') ? await serveApi(parts, closeLater) : null
    if (health !== null) sender.refuseOurselves(reachedAt(health.address))
    signal.throwIfAborted()

    const used = partsOf(config.roles)
    readiness.begin({
      postgres: { isRequired: true, check: () => checked('PostgreSQL', connections.ping(used)) },
      queue: {
        isRequired: false,
        check: async () => {
          await within(checkWithinMs, 'asking the queue', Promise.all([clock.ping(), dispatcher?.ping()]))
          return clock.queue.condition()
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
        stopping ??= closing.closeAll().then(() => log.info({}, 'app.stopped'))
        return stopping
      },
    }
  } catch (error) {
    await closing.closeAll()
    throw error
  }
}

/** A process that serves the API answers health checks on PORT as well. */
function needsHealthServer({ roles, port, adminPort }: Config): boolean {
  if (!roles.includes('api')) return true
  return adminPort !== undefined && (adminPort !== port || port === 0)
}

/** The pools that the roles use. Every role opens secrets, which are read through the admin pool. */
function partsOf(roles: Config['roles']): readonly Part[] {
  return ['admin', ...roles]
}

async function checked(what: string, answer: Promise<unknown>): Promise<'ok'> {
  await within(checkWithinMs, `asking ${what}`, answer)
  return 'ok'
}
