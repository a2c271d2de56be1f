/** Wires the API: GraphQL over HTTP and on sockets, and what says whether the process lives. What it shares with the dispatcher is made in `app.ts`. */
import type { Server } from 'node:http'
import { isIP, type AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import express from 'express'
import { ConfigFault, type Config } from './config.ts'
import { connectionsOfOneProject, type Connections } from './db/connect.ts'
import { makeAttemptFeedStore } from './db/feed-store.ts'
import { makeWebhookChangeStore } from './db/webhook-change-store.ts'
import { makeProjectStore } from './db/project-store.ts'
import { maxProjectSaveChecks, maxProjectTests, maxWebhookRotations, maxWebhookTests } from './domain/rate.ts'
import { authenticate } from './flow/admin.ts'
import { makeNoteUse } from './flow/last-use.ts'
import type { AdminStore, Log, RateKind, Secrets, Wakes } from './flow/ports.ts'
import type { ApiWorld } from './graphql/access.ts'
import { makeEventTurns } from './graphql/event-turns.ts'
import { makeDoor } from './graphql/failures.ts'
import { makeHttpFace } from './graphql/http.ts'
import { makeGate } from './graphql/operations.ts'
import { identify } from './graphql/request-id.ts'
import { makeSchema } from './graphql/schema.ts'
import { makeSocketFace } from './graphql/socket.ts'
import { makeTurns } from './graphql/turns.ts'
import type { GuardedSender } from './http/sender.ts'
import type { Bus } from './live/bus.ts'
import { makeFeed } from './live/feed.ts'
import { makeFeedTurns } from './live/turns.ts'
import { makeAddressBook } from './runtime/address-of.ts'
import { chance } from './runtime/chance.ts'
import { makeWebServer } from './runtime/connections.ts'
import { healthRoutes } from './runtime/health.ts'
import { makeSchemas } from './runtime/json-schema.ts'
import { makeRates } from './runtime/rates.ts'
import { makeRests } from './runtime/rests.ts'
import { userAgent } from './runtime/version.ts'

/** How long requests under way may take to end. */
const requestGraceMs = 3_000
const graphqlPath = '/graphql'

/** Where the API is served. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly url: string
}

/** What is there already when the API is wired. */
interface Parts {
  readonly config: Config
  readonly log: Log
  readonly connections: Connections
  readonly adminStore: AdminStore
  readonly clock: Wakes
  readonly bus: Bus
  readonly sender: GuardedSender
  readonly secrets: Secrets
  /** Of what this installation keeps in Redis. */
  readonly prefix: string
  /** Throws while it cannot serve. */
  readonly isReady: () => Promise<void>
}

/** Resolves once it serves. What it opened is closed in the reverse order, also when a later step fails. */
export async function serveApi(
  { config, log, connections, adminStore, clock, bus, sender, secrets, prefix, isReady }: Parts,
  closeLater: (what: string, close: () => Promise<void>) => void,
): Promise<Address> {
  const noteUse = makeNoteUse(adminStore, log)
  const turns = makeFeedTurns()
  const feed = makeFeed(makeAttemptFeedStore(connections.db), log, turns)
  const webhookFeed = makeFeed(makeWebhookChangeStore(connections.db), log, turns)
  const feeds = { ATTEMPTS: feed, WEBHOOK_CHANGES: webhookFeed }
  bus.onNews((name, projectId) => feeds[name].look(projectId))
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
    eventTurnsOf: makeEventTurns(),
    world: {
      chance,
      wakes: clock,
      news: bus,
      log,
      sender,
      secrets,
      rates,
      schemas: makeSchemas(),
      inTurn: makeRests(),
      publicUrl: config.publicUrl,
      userAgent,
    },
    rates,
    door: makeDoor({ limit: config.rateFailedKeysPerMinute, log }),
    addressOf: (request) => addresses.ofRequest(request),
    feed,
    webhookFeed,
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
  const address = await listen(server, config)
  sender.refuseOurselves(reachedAt(address))
  // After listening, which may fail: the sockets' face would tell the same a second and a third time.
  const socket = makeSocketFace(api, schema, gate, server, graphqlPath)
  closeLater('http', async () => {
    // What is followed goes on until its socket is closed: a subscription that ended before would be taken for over.
    await socket.stop()
    feed.close()
    webhookFeed.close()
    await closeServer(server)
    await http.stop()
  })
  return address
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

async function listen(server: Server, { host, port }: Config): Promise<Address> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new ConfigFault([cannotListen(error, host, port)])))
    server.listen(port, host, resolve)
  })
  const bound = server.address() as AddressInfo
  const name = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
  return { host: bound.address, port: bound.port, url: `http://${name}:${bound.port}${graphqlPath}` }
}

/** The URLs that lead to us: of the address that we listen on, or of all of this machine where we listen on all. */
function reachedAt({ host, port }: Address): readonly string[] {
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
  // What still comes on a connection that is kept open is answered, and is the last on it.
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  await Promise.race([closed, pause(requestGraceMs, undefined, { ref: false })])
  server.closeAllConnections()
  await closed
}
