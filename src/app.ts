/** Wires the parts for the roles asked for; used by main, the commands, the demo and the tests. Nothing else knows all the parts. */
import type { Server } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import express from 'express'
import { ConfigFault, type Config } from './config.ts'
import { maxProjectSaveChecks, maxProjectTests, maxWebhookRotations, maxWebhookTests } from './domain/rate.ts'
import { makeAdminStore } from './db/admin-store.ts'
import { connect, connectionsOfOneProject } from './db/connect.ts'
import { makeDispatchStore } from './db/dispatch-store.ts'
import { makeFeedStore } from './db/feed-store.ts'
import { makeProjectStore } from './db/project-store.ts'
import { roleOf } from './db/walls.ts'
import { authenticate } from './flow/admin.ts'
import { makeLanes } from './flow/lane.ts'
import { makeNoteUse } from './flow/last-use.ts'
import type { Log, RateKind } from './flow/ports.ts'
import { makeSettler } from './flow/settle.ts'
import { makeSweep } from './flow/sweep.ts'
import type { ApiWorld } from './graphql/access.ts'
import { makeDoor } from './graphql/failures.ts'
import { makeHttpFace } from './graphql/http.ts'
import { makeGate } from './graphql/operations.ts'
import { identify } from './graphql/request-id.ts'
import { makeSchema } from './graphql/schema.ts'
import { makeSocketFace } from './graphql/socket.ts'
import { makeTurns } from './graphql/turns.ts'
import type { Resolve } from './http/resolve.ts'
import { makeSender } from './http/sender.ts'
import { openBus } from './live/bus.ts'
import { makeFeed } from './live/feed.ts'
import { makeAlarmClock } from './queue/alarm-clock.ts'
import { checkRedis } from './queue/check-redis.ts'
import { startLaneWorker } from './queue/lane-worker.ts'
import { makeAddressBook } from './runtime/address-of.ts'
import { chance } from './runtime/chance.ts'
import { makeWebServer } from './runtime/connections.ts'
import { healthRoutes } from './runtime/health.ts'
import { makeSchemas } from './runtime/json-schema.ts'
import { makeRates } from './runtime/rates.ts'
import { makeRests } from './runtime/rests.ts'
import { checkKeyRing, openStorage, secretsOver, usable } from './storage.ts'

/** Lanes that ring at once in one process. A lane holds its slot only while it claims, a second at the most. */
const laneSlots = 32
const sweepEveryMs = 5_000
/** How long sends under way may take to end before they are settled as interrupted. */
const drainMs = 20_000
/** How long requests under way may take to end. */
const requestGraceMs = 3_000
const graphqlPath = '/graphql'

export interface App {
  /** Where the API is served; null where this process has not that role. */
  readonly address: { readonly host: string; readonly port: number; readonly url: string } | null
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
    const bus = await openBus(databaseUrl, log)
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
      })
      closeLater('worker', () => worker.close())
    }

    let address: App['address'] = null
    if (config.roles.includes('api')) {
      const noteUse = makeNoteUse(adminStore, log)
      const feed = makeFeed(makeFeedStore(connections.db), log)
      bus.onNews((projectId) => feed.look(projectId))
      const addresses = makeAddressBook(config.trustedProxies)
      const rates = await makeRates({
        budgets: budgetsOf(config),
        redis: config.redisUrl === undefined ? undefined : { url: config.redisUrl, prefix },
        log,
      })
      closeLater('rates', () => rates.close())
      const api: ApiWorld = {
        authenticate: (keyText) => authenticate(adminStore, keyText, noteUse),
        endedKeys: (keyIds) => adminStore.endedKeys(keyIds),
        onKeyEnded: (listener) => bus.onKeyEnded(listener),
        admin: adminStore,
        turnsOf: makeTurns(connectionsOfOneProject),
        storeOf: (scope) => makeProjectStore(connections.db, scope),
        world: {
          chance,
          wakes: clock,
          log,
          sender,
          secrets,
          rates,
          schemas: makeSchemas(),
          inTurn: makeRests(),
          publicUrl: config.publicUrl,
        },
        rates,
        door: makeDoor({ limit: config.rateFailedKeysPerMinute, log }),
        addressOf: (request) => addresses.ofRequest(request),
        feed,
        log,
        sendAllowHttp: config.sendAllowHttp,
        introspection: config.introspection,
      }
      const schema = makeSchema()
      const gate = makeGate(schema, api)
      const http = await makeHttpFace(api, schema, gate)
      const web = express()
      web.disable('x-powered-by')
      web.use(identify)
      web.use(healthRoutes(isReady))
      web.use(graphqlPath, http.router)
      web.use((_request, response) => {
        const message = `there is nothing here; GraphQL is served at ${graphqlPath}`
        response.status(404).json({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] })
      })
      const server = makeWebServer(web, { addressOf: (peer) => addresses.ofPeer(peer) })
      address = await listen(server, config)
      sender.refuseOurselves(reachedAt(address))
      // After listening, which may fail: the sockets' face would tell the same a second and a third time.
      const socket = makeSocketFace(api, schema, gate, server, graphqlPath)
      closeLater('http', async () => {
        feed.close()
        await socket.stop()
        await Promise.all([closeServer(server), http.stop()])
      })
    }

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

function budgetsOf(config: Config): Readonly<Record<RateKind, number>> {
  return {
    KEY_COST: config.rateCostPerMinute,
    KEY_MUTATIONS: config.rateMutationsPerMinute,
    WEBHOOK_TESTS: maxWebhookTests,
    PROJECT_TESTS: maxProjectTests,
    PROJECT_SAVE_CHECKS: maxProjectSaveChecks,
    WEBHOOK_ROTATIONS: maxWebhookRotations,
  }
}

/** Waits without keeping the process alive. */
async function wait(ms: number): Promise<void> {
  await pause(ms, undefined, { ref: false })
}

async function listen(server: Server, { host, port }: Config): Promise<NonNullable<App['address']>> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ConfigFault([cannotListen(error, host, port)])))
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { host: bound.address, port: bound.port, url: `http://${name}:${bound.port}${graphqlPath}` }
}

/** The URLs that lead to us: of the address that we listen on, or of all of this machine where we listen on all. */
function reachedAt({ host, port }: NonNullable<App['address']>): readonly string[] {
  const isAll = host === '0.0.0.0' || host === '::'
  const ofMachine = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const hosts = isAll ? [host, ...ofMachine.map(({ address }) => address)] : [host]
  // A scoped address cannot be written in a URL, and is refused as link-local anyway.
  const addresses = hosts.filter((each) => !each.includes('%'))
  return addresses.map((each) => `http://${isIP(each) === 6 ? `[${each}]` : each}:${port}/`)
}

function cannotListen(error: Error, host: string, port: number): string {
  const code = 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return `PORT ${port} of ${host} is in use: set PORT to another, or to 0 for any free one`
  if (code === 'EACCES')
    return `PORT ${port} of ${host} is not allowed to this user: set PORT to one above 1023`
  return `HOST ${host} is no address of this machine (${error.message}): set it to 127.0.0.1, or to 0.0.0.0 for all`
}

/** Requests under way may end; a connection that says nothing, or not enough, does not hold us up. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await Promise.race([closed, wait(requestGraceMs)])
  server.closeAllConnections()
  await closed
}
