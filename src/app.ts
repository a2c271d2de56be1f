/** Wires the parts for the roles asked for; used by main, the commands, the demo and the tests. Nothing else knows all the parts. */
import { setTimeout as pause } from 'node:timers/promises'
import { serveApi, type Address } from './api.ts'
import { ConfigFault, type Config } from './config.ts'
import { makeAdminStore } from './db/admin-store.ts'
import { connect } from './db/connect.ts'
import { makeDispatchStore } from './db/dispatch-store.ts'
import { makeRetentionStore } from './db/retention.ts'
import { roleOf } from './db/walls.ts'
import { makeDueLanes } from './flow/due-lanes.ts'
import { makeLanes } from './flow/lane.ts'
import type { Log } from './flow/ports.ts'
import type { RetentionStore } from './flow/retention-ports.ts'
import { makeRetention } from './flow/retention.ts'
import { makeSettler } from './flow/settle.ts'
import { makeSweep } from './flow/sweep.ts'
import type { Resolve } from './http/resolve.ts'
import { makeSender } from './http/sender.ts'
import { openBus } from './live/bus.ts'
import { makeAlarmClock } from './queue/alarm-clock.ts'
import { checkRedis, unsafeEviction } from './queue/check-redis.ts'
import { startLaneWorker } from './queue/lane-worker.ts'
import { chance } from './runtime/chance.ts'
import { regularly } from './runtime/regularly.ts'
import { userAgent } from './runtime/version.ts'
import { checkKeyRing, openStorage, secretsOver, usable } from './storage.ts'

/** Lanes that ring at once in one process. A lane holds its slot only while it claims, a second at the most. */
const laneSlots = 32
const sweepEveryMs = 5_000
/** How often due lanes are looked for while the queue does not work: an order waits for this at the most. */
const lookEveryMs = 1_000
/** A look that has had no answer for so long does not keep the next from beginning. */
const lookWithinMs = 10_000
const retainEveryMs = 3_600_000
/** Retention begins so long after a start: what the start itself asks for goes first. */
const retainAfterMs = 2_000
/** A run of retention that lasts longer hangs. */
const retainWithinMs = 24 * 3_600_000
/** How long a sweep, or a run of retention, may take to end when the process stops. */
const upkeepEndsWithinMs = 3_000
/** How long sends under way may take to end before they are settled as interrupted. */
const drainMs = 20_000

export interface App {
  /** Where the API is served; null where this process has not that role. */
  readonly address: Address | null
  /** Drains: takes no more, ends what is under way, writes down what came of it, closes. Once is enough. */
  stop(): Promise<void>
}

/** What tests stand in for. */
export interface Outside {
  /** Instead of the system's resolution of receivers' names. */
  readonly resolve?: Resolve
}

/** Starts what the roles ask for and resolves once it serves. Throws with one clear line when it cannot. */
export async function makeApp(config: Config, log: Log, outside: Outside = {}): Promise<App> {
  /** What was opened, in order: it is closed in the reverse order, also when a later step fails. */
  const closing: { readonly what: string; readonly close: () => Promise<void> }[] = []
  const closeLater = (what: string, close: () => Promise<void>): void => void closing.unshift({ what, close })
  const closeAll = async (): Promise<void> => {
    for (const { what, close } of closing)
      await close().catch((error: unknown) => log.warn({ what, cause: error }, 'stop.failed'))
  }

  try {
    if (config.redisUrl !== undefined) {
      await usable('REDIS_URL', 'Redis', config.redisUrl, checkRedis, 'the queue lives in PostgreSQL')
      const fault = await unsafeEviction(config.redisUrl, log)
      if (fault !== null) throw new ConfigFault([fault])
    }
    const storage = await openStorage(config, log, 'server')
    closeLater('storage', () => storage.stop())
    const { databaseUrl } = storage
    const connections = connect(databaseUrl, log, storage.walls)
    closeLater('connections', () => connections.close())
    await connections.confirmWalls()
    if (storage.walls === 'SETTINGS') log.info({ missing: Object.values(roleOf) }, 'postgres.without-roles')
    const adminStore = makeAdminStore(connections.door)
    const dispatchStore = makeDispatchStore(connections.sql, chance)
    await dispatchStore.ensurePartitions()
    await checkKeyRing(adminStore, storage.keyRing)
    const secrets = secretsOver(adminStore, storage.keyRing)
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
      log.warn({ networks: config.sendAllowedNetworks }, 'send.metadata-not-closed')

    let ready = false
    const isReady = async (): Promise<void> => {
      if (!ready) throw new Error('it is starting, or stopping')
      await Promise.all([connections.ping(), clock.ping()])
    }

    if (config.roles.includes('dispatcher')) {
      const world = {
        store: dispatchStore,
        wakes: clock,
        chance,
        sender,
        secrets,
        log,
        pause: wait,
        publicUrl: config.publicUrl,
        userAgent,
      }
      const lanes = makeLanes(world, () => settler)
      const settler = makeSettler({ ...world, news: bus, rearm: (webhookIds) => lanes.rearm(webhookIds) })
      closeLater('lanes', () => lanes.drain(drainMs))
      const dueLanes = makeDueLanes({
        ...world,
        queue: clock.queue,
        slots: laneSlots,
        runLane: (webhookId) => lanes.ring(webhookId),
      })
      closeLater('due lanes', () => dueLanes.close())
      const worker = await startLaneWorker({
        ...queueOptions,
        concurrency: laneSlots,
        ring: (webhookId) => dueLanes.run(webhookId),
        queue: clock.queue,
      })
      closeLater('worker', () => worker.close())
      startUpkeep(config, log, closeLater, {
        sweep: makeSweep({ ...world, dueLanes }, settler),
        look: async () => {
          if (clock.queue.condition() === 'degraded') await dueLanes.look()
        },
        onDegraded: (listener) => clock.queue.onDegraded(listener),
        retention: makeRetentionStore((onClose) => connections.openUpkeep(onClose)),
      })
    }

    const parts = { config, log, connections, adminStore, clock, bus, sender, secrets, prefix, isReady }
    const address = config.roles.includes('api') ? await serveApi(parts, closeLater) : null

    ready = true
    log.info(
      { roles: config.roles, url: address?.url, queue: config.redisUrl === undefined ? 'postgres' : 'redis' },
      'app.started',
    )
    let stopping: Promise<void> | undefined
    return {
      address,
      stop: () => {
        ready = false
        stopping ??= closeAll().then(() => log.info({}, 'app.stopped'))
        return stopping
      },
    }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** What a dispatcher does regularly, by its own timers alone. */
interface Upkeep {
  readonly sweep: () => Promise<void>
  readonly look: () => Promise<void>
  readonly onDegraded: (listener: () => void) => void
  readonly retention: RetentionStore
}

function startUpkeep(
  config: Config,
  log: Log,
  closeLater: (what: string, close: () => Promise<void>) => void,
  { sweep, look, onDegraded, retention }: Upkeep,
): void {
  const retain = makeRetention({
    store: retention,
    chance,
    log,
    pause: wait,
    retentionDays: config.retentionDays,
  })
  const stop = new AbortController()
  const sweeping = regularly({ everyMs: sweepEveryMs, work: sweep, log, failedAs: 'sweep.failed' })
  const looking = regularly({
    everyMs: lookEveryMs,
    aloneForMs: lookWithinMs,
    work: look,
    log,
    failedAs: 'lanes.look-failed',
  })
  onDegraded(() => looking.now())
  const retaining = regularly({
    everyMs: retainEveryMs,
    firstAfterMs: retainAfterMs,
    aloneForMs: retainWithinMs,
    work: () => retain(stop.signal),
    log,
    failedAs: 'retention.failed',
  })
  closeLater('upkeep', async () => {
    stop.abort()
    await Promise.all([sweeping, looking, retaining].map((each) => each.stop(upkeepEndsWithinMs)))
  })
}

/** Waits without keeping the process alive. */
async function wait(ms: number): Promise<void> {
  await pause(ms, undefined, { ref: false })
}
