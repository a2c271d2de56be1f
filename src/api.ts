/** Wires and serves the API: GraphQL over HTTP and WebSocket, the front page and the health checks. */
import type { IncomingMessage } from 'node:http'
import express from 'express'
import pLimit from 'p-limit'
import type { CloseLater } from './close-later.ts'
import type { Config } from './config.ts'
import type { SharedRedis } from './messaging.ts'
import { connectionsOfOneProject, type Connections } from './db/connection/connect.ts'
import { makeAttemptFeedStore } from './db/feed/attempt-feed.ts'
import { makeWebhookChangeStore } from './db/feed/webhook-change-feed.ts'
import { makeProjectStore } from './db/tenant/tenant-store.ts'
import {
  maxProjectSaveChecks,
  maxProjectTests,
  maxWebhookRotations,
  maxWebhookTests,
} from './domain/access/rate-limits.ts'
import { authenticate } from './services/access/authenticate.ts'
import { makeRecordLastUse } from './services/access/last-use.ts'
import type { AdminStore } from './db/installation/installation-store.ts'
import type { Log } from './ports/log.ts'
import type { RateKind } from './ports/rate-limits.ts'
import type { Secrets } from './ports/secrets.ts'
import type { LaneScheduler } from './ports/lane-scheduler.ts'
import type { ApiDeps } from './graphql/auth/authenticate.ts'
import { makeEventBatching } from './graphql/execution/event-batching.ts'
import { makeAuthThrottle } from './graphql/auth/auth-throttle.ts'
import { makeHttpTransport } from './graphql/http/http-transport.ts'
import { makeOperationValidator } from './graphql/execution/validate-operation.ts'
import { makeReadBytes } from './graphql/core/read-bytes.ts'
import { identify } from './graphql/http/request-id.ts'
import { executableSchema } from './graphql/schema.ts'
import { makeWebSocketTransport } from './graphql/websocket/websocket-transport.ts'
import type { GuardedSender } from './sender/sender.ts'
import type { Notifier } from './feed/notify/notifier.ts'
import { makeFeed } from './feed/feed.ts'
import { makeReadConcurrency } from './feed/read-concurrency.ts'
import { makeClientAddresses } from './runtime/server/client-address.ts'
import { within } from './runtime/within.ts'
import { makeKeyedLimit } from './runtime/keyed-limit.ts'
import { system } from './runtime/system.ts'
import { makeWebServer } from './runtime/server/web-server.ts'
import { frontPage } from './runtime/server/front-page.ts'
import { healthRoutes } from './runtime/server/health.ts'
import type { Readiness } from './runtime/server/readiness.ts'
import { makeSchemas } from './runtime/json-schema.ts'
import { makeKeylessRateLimit } from './runtime/server/keyless-rate-limit.ts'
import { makeRates } from './runtime/rate-limits.ts'
import { makeCpuFairness } from './runtime/cpu-fairness.ts'
import { userAgent } from './runtime/version.ts'
import { listen, reachedAt, requestGraceMs, type Address } from './serve.ts'

const graphqlPath = '/graphql'
/** How long a request may wait for the look-up of its key. */
const lookUpWithinMs = 8_000
const lookUpsAtOnce = 32

/** The parts that the API shares with the process. */
interface Parts {
  readonly config: Config
  readonly log: Log
  readonly connections: Connections
  readonly adminStore: AdminStore
  readonly laneScheduler: LaneScheduler
  readonly notifier: Notifier
  readonly sender: GuardedSender
  readonly secrets: Secrets
  /** When set, all processes of the installation count rate limits together. */
  readonly redis: SharedRedis | undefined
  readonly readiness: () => Promise<Readiness>
}

/**
 * Resolves when the API serves. Adds everything it opens to `closeLater`, which also closes it when a later step fails.
 */
export async function serveApi(
  { config, log, connections, adminStore, laneScheduler, notifier, sender, secrets, redis, readiness }: Parts,
  closeLater: CloseLater,
): Promise<Address> {
  const recordLastUse = makeRecordLastUse(adminStore, log)
  const lookUp = makeLookUps()
  const readConcurrency = makeReadConcurrency()
  const feed = makeFeed(makeAttemptFeedStore(connections.db), log, readConcurrency)
  const webhookFeed = makeFeed(makeWebhookChangeStore(connections.db), log, readConcurrency)
  const feeds = { ATTEMPTS: feed, WEBHOOK_CHANGES: webhookFeed }
  notifier.onNewItems((name, projectId) => feeds[name].readNew(projectId))
  const addresses = makeClientAddresses(config.trustedProxies)
  const rates = await makeRates({
    budgets: budgetsOf(config),
    redis,
    log,
  })
  closeLater('rates', () => rates.close())
  const keyless = makeKeylessRateLimit({
    perMinute: config.rateKeylessPerMinute,
    clientOf: (request) => addresses.ofClient(request),
    log,
  })
  const api: ApiDeps = {
    authenticate: (keyText) => lookUp('the key', () => authenticate(adminStore, keyText, recordLastUse)),
    projectExists: (projectId) => lookUp('the project', () => adminStore.projectExists(projectId)),
    endedKeys: (keyIds) => adminStore.endedKeys(keyIds),
    onKeyEnded: (listener) => notifier.onKeyEnded(listener),
    admin: adminStore,
    bytesOf: makeReadBytes(),
    limitOfProject: makeKeyedLimit(connectionsOfOneProject),
    storeOf: (scope, run) => makeProjectStore(connections.db, scope, run),
    eventBatchingOf: makeEventBatching(),
    serviceDeps: {
      system,
      laneScheduler,
      feedNotifier: notifier,
      log,
      sender,
      secrets,
      rates,
      schemas: makeSchemas(),
      runFairly: makeCpuFairness(),
      publicUrl: config.publicUrl,
      userAgent,
    },
    rates,
    authThrottle: makeAuthThrottle({ limit: config.rateFailedAuthPerMinute, log }),
    keyless,
    addressOf: (request) => addresses.ofRequest(request),
    feed,
    webhookFeed,
    log,
    sendAllowHttp: config.sendAllowHttp,
    introspection: config.introspection,
  }
  const schema = executableSchema()
  const operationValidator = makeOperationValidator(schema, api)
  const http = await makeHttpTransport(api, schema, operationValidator)
  const web = express()
  web.disable('x-powered-by')
  web.use(identify)
  web.use(healthRoutes(readiness))
  web.use(frontPage(graphqlPath))
  web.use(graphqlPath, http.router)
  web.use((_request, response) => {
    const message = `not found: GraphQL is served at ${graphqlPath}`
    response.status(404).json({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] })
  })
  const webServer = makeWebServer(keyless.before(web, carriesKey), {
    addressOf: (peer) => addresses.ofPeer(peer),
    log,
    keepAliveMs: config.keepAliveSeconds * 1_000,
  })
  const { server } = webServer
  const address = await listen(server, { ...config, setting: 'PORT' }, graphqlPath)
  sender.blockOwnHosts(reachedAt(address))
  // After listening: if listening fails, the WebSocket server would report the same error again.
  const socket = makeWebSocketTransport(api, schema, operationValidator, server, graphqlPath)
  closeLater('http', async () => {
    webServer.closeAfterResponses()
    // The feeds stay open until the sockets are closed. A subscription that ends first would look complete to its
    // client.
    await socket.stop()
    feed.close()
    webhookFeed.close()
    await webServer.close(requestGraceMs)
    await http.stop()
  })
  return address
}

/**
 * Requests with an Authorization header are authenticated before the limit of their address applies, so that a valid
 * key works.
 */
function carriesKey({ url = '', headers }: IncomingMessage): boolean {
  return headers.authorization !== undefined && url.startsWith(graphqlPath)
}

/**
 * Limits the look-ups of keys and projects, which precede each request's own deadline. A look-up that has waited too
 * long is not started, so that after an outage no request waits for look-ups of clients that already received an error.
 */
function makeLookUps() {
  const limit = pLimit(lookUpsAtOnce)
  return <T>(what: string, look: () => Promise<T>): Promise<T> => {
    const beganMs = performance.now()
    const late = (): Error => new Error(`the look-up of ${what} did not start within ${lookUpWithinMs} ms`)
    const looked = limit(() =>
      performance.now() - beganMs < lookUpWithinMs ? look() : Promise.reject(late()),
    )
    return within(lookUpWithinMs, `the look-up of ${what}`, looked)
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
