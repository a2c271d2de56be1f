/** Makes the dependencies of the API: how it authenticates keys, reaches the rows of a project and calls the services. */
import pLimit from 'p-limit'
import { makeCommitForKey } from './changes.ts'
import type { Config } from './config.ts'
import { connectionsOfOneProject, type Connections } from './db/connection/connect.ts'
import type { AdminStore } from './db/installation/installation-store.ts'
import { makeProjectStore } from './db/tenant/tenant-store.ts'
import { isIdOf } from './domain/shared/ids.ts'
import type { Notifier } from './feed/notify/notifier.ts'
import { makeAuthThrottle } from './graphql/auth/auth-throttle.ts'
import { makeLookUpCache } from './graphql/auth/look-up-cache.ts'
import type { ApiDeps } from './graphql/auth/request-context.ts'
import { makeReadBytes } from './graphql/core/read-bytes.ts'
import { makeEventBatching } from './graphql/execution/event-batching.ts'
import type { LaneScheduler } from './ports/lane-scheduler.ts'
import type { Log } from './ports/log.ts'
import type { Secrets } from './ports/secrets.ts'
import { makeCpuFairness } from './runtime/cpu-fairness.ts'
import { makeSchemas } from './runtime/json-schema.ts'
import { makeKeyedLimit } from './runtime/keyed-limit.ts'
import { system } from './runtime/system.ts'
import { userAgent, version } from './runtime/version.ts'
import { projectFigures } from './db/installation/project-figures.ts'
import { within } from './runtime/within.ts'
import type { GuardedSender } from './sender/sender.ts'
import { authenticate } from './services/access/authenticate.ts'
import { makeRecordLastUse } from './services/access/last-use.ts'
import { authenticateSession, startSession } from './services/access/sessions.ts'

/** How long a request may wait for the look-up of its key. */
const lookUpWithinMs = 8_000
const lookUpsAtOnce = 32

/** The use of an open socket's session is stored at this interval. */
const seenEveryMs = 60_000

/** The parts of the process that the dependencies use. */
export interface SharedParts {
  readonly config: Config
  readonly log: Log
  readonly connections: Connections
  readonly adminStore: AdminStore
  readonly laneScheduler: LaneScheduler
  readonly wakeBulkRetries: () => void
  readonly notifier: Notifier
  readonly sender: GuardedSender
  readonly secrets: Secrets
}

/** The parts that belong to the API: its feeds, its rate limits and its rule for client addresses. */
export type ApiParts = Pick<ApiDeps, 'feed' | 'eventFeed' | 'webhookFeed' | 'rates' | 'keyless' | 'addressOf'>

type Authentication = Pick<
  ApiDeps,
  | 'authenticate'
  | 'authenticateSession'
  | 'startSession'
  | 'endSession'
  | 'forgetKey'
  | 'endedAmong'
  | 'onEnded'
>

export function makeApiDeps(parts: SharedParts, apiParts: ApiParts): ApiDeps {
  const { config, log, connections, adminStore, laneScheduler, notifier, sender, secrets } = parts
  const lookUp = makeLookUps()
  const limitOfProject = makeKeyedLimit(connectionsOfOneProject)
  return {
    ...apiParts,
    ...makeAuthentication({ adminStore, notifier, log }, lookUp),
    trustedOrigins: { publicUrl: config.publicUrl, allowedOrigins: config.allowedOrigins },
    projectExists: (projectId) => lookUp('the project', () => adminStore.projectExists(projectId)),
    admin: adminStore,
    bytesOf: makeReadBytes(),
    limitOfProject,
    commitForKey: makeCommitForKey({
      db: connections.db,
      limitOfProject,
      laneScheduler,
      feedNotifier: notifier,
    }),
    storeOf: (scope, run) => makeProjectStore(connections.db, scope, run),
    eventBatchingOf: makeEventBatching(),
    serviceDeps: {
      system,
      laneScheduler,
      wakeBulkRetries: parts.wakeBulkRetries,
      feedNotifier: notifier,
      log,
      sender,
      secrets,
      rates: apiParts.rates,
      schemas: makeSchemas(),
      runFairly: makeCpuFairness(),
      publicUrl: config.publicUrl,
      userAgent,
    },
    authThrottle: makeAuthThrottle({ limit: config.rateFailedAuthPerMinute, log }),
    log,
    sendAllowHttp: config.sendAllowHttp,
    version,
    projectFigures: () => projectFigures(connections.allProjects),
    introspection: config.introspection,
  }
}

/** How keys and sessions are looked up, kept for a moment, and ended. */
function makeAuthentication(
  { adminStore, notifier, log }: Pick<SharedParts, 'adminStore' | 'notifier' | 'log'>,
  lookUp: ReturnType<typeof makeLookUps>,
): Authentication {
  const keys = makeLookUpCache((id) => lookUp('the key', () => adminStore.keyById(id)))
  const sessions = makeLookUpCache((id) => lookUp('the session', () => adminStore.sessionById(id)))
  notifier.onKeyEnded((id) => {
    keys.forget(id)
    sessions.forget(id)
  })
  const recordLastUse = makeRecordLastUse(adminStore.recordLastUse, log, 'key.last-use-not-saved')
  const recordSessionUse = makeRecordLastUse(
    (id, everyMs) => adminStore.recordSessionUse([id], everyMs),
    log,
    'session.last-use-not-saved',
  )
  return {
    authenticate: (keyText) => authenticate({ keyById: keys.find }, keyText, recordLastUse),
    authenticateSession: (token) =>
      authenticateSession(
        { sessionById: sessions.find, keyById: keys.find, recordLastUse, recordSessionUse },
        token,
      ),
    startSession: (key) => startSession({ store: adminStore, system }, key),
    endSession: async (id) => {
      await adminStore.deleteSession(id)
      sessions.forget(id)
    },
    forgetKey: (keyId) => keys.forget(keyId),
    endedAmong: async (ids) => {
      const keyIds = ids.filter((id) => isIdOf('key', id))
      const sessionIds = ids.filter((id) => !isIdOf('key', id))
      const ended = await Promise.all([
        keyIds.length === 0 ? [] : adminStore.endedKeys(keyIds),
        sessionIds.length === 0 ? [] : adminStore.endedSessions(sessionIds),
      ])
      // A page that only listens uses its session too.
      if (sessionIds.length > 0)
        adminStore.recordSessionUse(sessionIds, seenEveryMs).catch((error: unknown) => {
          log.warn({ sessions: sessionIds.length, cause: error }, 'session.last-use-not-saved')
        })
      return ended.flat()
    },
    onEnded: (listener) => notifier.onKeyEnded(listener),
  }
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
