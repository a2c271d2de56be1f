/** Wires and serves the API: GraphQL over HTTP and WebSocket, the front page and the health checks. */
import type { IncomingMessage } from 'node:http'
import express, { type Express, type Router } from 'express'
import { makeApiDeps, type SharedParts } from './api-deps.ts'
import type { CloseLater } from './close-later.ts'
import type { Config } from './config.ts'
import { attemptsInPortions, makeAttemptFeedStore } from './db/feed/attempt-feed.ts'
import { makeEventFeedStore } from './db/feed/event-feed.ts'
import { makeInstallationFeed, withInstallation } from './db/feed/installation-feed.ts'
import { changesInPortions, makeWebhookChangeStore } from './db/feed/webhook-change-feed.ts'
import {
  maxProjectSaveChecks,
  maxProjectTests,
  maxWebhookRotations,
  maxWebhookTests,
} from './domain/access/rate-limits.ts'
import { makeFeed } from './feed/feed.ts'
import { makeReadConcurrency } from './feed/read-concurrency.ts'
import { hasCredential } from './graphql/auth/authenticate-caller.ts'
import { makeOperationValidator } from './graphql/execution/validate-operation.ts'
import { makeHttpTransport } from './graphql/http/http-transport.ts'
import { identify } from './graphql/http/request-id.ts'
import { sessionPath, sessionRoutes } from './graphql/http/session-routes.ts'
import { executableSchema } from './graphql/schema.ts'
import { makeWebSocketTransport } from './graphql/websocket/websocket-transport.ts'
import type { SharedRedis } from './messaging.ts'
import type { RateKind } from './ports/rate-limits.ts'
import { makeRates } from './runtime/rate-limits.ts'
import { makeClientAddresses } from './runtime/server/client-address.ts'
import { frontPage } from './runtime/server/front-page.ts'
import { healthRoutes } from './runtime/server/health.ts'
import { makeKeylessRateLimit } from './runtime/server/keyless-rate-limit.ts'
import type { Readiness } from './runtime/server/readiness.ts'
import { makeWebServer } from './runtime/server/web-server.ts'
import { listen, reachedAt, requestGraceMs, type Address } from './serve.ts'

const graphqlPath = '/graphql'

/** The parts that the API shares with the process. */
interface Parts extends SharedParts {
  /** When set, all processes of the installation count rate limits together. */
  readonly redis: SharedRedis | undefined
  readonly readiness: () => Promise<Readiness>
}

/**
 * Resolves when the API serves. Adds everything it opens to `closeLater`, which also closes it when a later step fails.
 */
export async function serveApi(parts: Parts, closeLater: CloseLater): Promise<Address> {
  const { config, log, sender } = parts
  const { feed, eventFeed, webhookFeed } = openFeeds(parts)
  const addresses = makeClientAddresses(config.trustedProxies)
  const rates = await makeRates({ budgets: budgetsOf(config), redis: parts.redis, log })
  closeLater('rates', () => rates.close())
  const keyless = makeKeylessRateLimit({
    perMinute: config.rateKeylessPerMinute,
    clientOf: (request) => addresses.ofClient(request),
    log,
  })
  const api = makeApiDeps(parts, {
    feed,
    eventFeed,
    webhookFeed,
    rates,
    keyless,
    addressOf: (request) => addresses.ofRequest(request),
  })
  const schema = executableSchema()
  const operationValidator = makeOperationValidator(schema, api)
  const http = await makeHttpTransport(api, schema, operationValidator)
  const web = webApp({ graphql: http.router, sessions: sessionRoutes(api) }, parts.readiness)
  const webServer = makeWebServer(keyless.before(web, carriesCredential), {
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
    eventFeed.close()
    webhookFeed.close()
    await webServer.close(requestGraceMs)
    await http.stop()
  })
  return address
}

/** Opens the feeds and reads their new items at each notification. */
function openFeeds({ connections, notifier, log }: Parts) {
  const readConcurrency = makeReadConcurrency()
  const { db, allProjects } = connections
  const attempts = makeInstallationFeed(allProjects, 'ATTEMPTS', attemptsInPortions)
  const changes = makeInstallationFeed(allProjects, 'WEBHOOK_CHANGES', changesInPortions)
  const feed = makeFeed(withInstallation(makeAttemptFeedStore(db), attempts), log, readConcurrency)
  const eventFeed = makeFeed(makeEventFeedStore(db), log, readConcurrency)
  const webhookFeed = makeFeed(withInstallation(makeWebhookChangeStore(db), changes), log, readConcurrency)
  const feeds = { ATTEMPTS: feed, EVENTS: eventFeed, WEBHOOK_CHANGES: webhookFeed }
  notifier.onNewItems((name, projectId) => feeds[name].readNew(projectId))
  return { feed, eventFeed, webhookFeed }
}

/** Routes requests to the health checks, the front page and GraphQL. All other paths are not found. */
function webApp(
  { graphql, sessions }: Readonly<Record<'graphql' | 'sessions', Router>>,
  readiness: () => Promise<Readiness>,
): Express {
  const web = express()
  web.disable('x-powered-by')
  // No response is cached, and the hash of each would be computed.
  web.disable('etag')
  web.use(identify)
  // First, because Express tries the routes in this order, and nearly all requests are for GraphQL.
  web.use(graphqlPath, graphql)
  web.use(sessionPath, sessions)
  web.use(healthRoutes(readiness))
  web.use(frontPage(graphqlPath))
  web.use((_request, response) => {
    const message = `not found: GraphQL is served at ${graphqlPath}`
    response.status(404).json({ errors: [{ message, extensions: { code: 'BAD_USER_INPUT' } }] })
  })
  return web
}

/**
 * Requests with a key or a session are authenticated before the limit of their address applies, so that a valid one
 * works.
 */
function carriesCredential(request: IncomingMessage): boolean {
  const { url = '' } = request
  return (url.startsWith(graphqlPath) || url.startsWith(sessionPath)) && hasCredential(request)
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
