/** Wires the parts for the roles asked for; used by main, the commands, the demo and the tests. Nothing else knows all the parts. */
import { setTimeout as pause } from 'node:timers/promises'
import { serveApi, type Address } from './api.ts'
import type { Config } from './config.ts'
import { makeAdminStore } from './db/admin-store.ts'
import { connect } from './db/connect.ts'
import { makeDispatchStore } from './db/dispatch-store.ts'
import { makeRetentionStore } from './db/retention.ts'
import { roleOf } from './db/walls.ts'
import { makeLanes } from './flow/lane.ts'
import type { Log } from './flow/ports.ts'
import { makeRetention } from './flow/retention.ts'
import { makeSettler } from './flow/settle.ts'
import { makeSweep } from './flow/sweep.ts'
import type { Resolve } from './http/resolve.ts'
import { makeSender } from './http/sender.ts'
import { openBus } from './live/bus.ts'
import { makeAlarmClock } from './queue/alarm-clock.ts'
import { checkRedis } from './queue/check-redis.ts'
import { startLaneWorker } from './queue/lane-worker.ts'
import { chance } from './runtime/chance.ts'
import { checkKeyRing, openStorage, secretsOver, usable } from './storage.ts'

/** Lanes that ring at once in one process. A lane holds its slot only while it claims, a second at the most. */
const laneSlots = 32
const sweepEveryMs = 5_000
const retainEveryMs = 3_600_000
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
    if (config.redisUrl !== undefined)
      await usable('REDIS_URL', 'Redis', config.redisUrl, checkRedis, 'the queue lives in PostgreSQL')
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
      }
      const lanes = makeLanes(world, () => settler)
      const settler = makeSettler({ ...world, news: bus, rearm: (webhookIds) => lanes.rearm(webhookIds) })
      closeLater('lanes', () => lanes.drain(drainMs))
      const worker = await startLaneWorker({
        ...queueOptions,
        concurrency: laneSlots,
        ring: (webhookId) => lanes.ring(webhookId),
        sweep: makeSweep(world, settler),
        sweepEveryMs,
        retain: makeRetention({
          ...{
            store: makeRetentionStore((onClose) => connections.openUpkeep(onClose)),
            chance,
            log,
            pause: wait,
          },
          retentionDays: config.retentionDays,
        }),
        retainEveryMs,
      })
      closeLater('worker', () => worker.close())
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

/** Waits without keeping the process alive. */
async function wait(ms: number): Promise<void> {
  await pause(ms, undefined, { ref: false })
}
