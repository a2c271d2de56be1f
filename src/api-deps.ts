/** Makes the dependencies of the API: how it authenticates keys, reaches the rows of a project and calls the services. */
import pLimit from 'p-limit'
import type { Config } from './config.ts'
import { connectionsOfOneProject, type Connections, type Database } from './db/connection/connect.ts'
import type { AdminStore } from './db/installation/installation-store.ts'
import { runGroupTx } from './db/tenant/grouped/group-transaction.ts'
import { makeProjectStore } from './db/tenant/tenant-store.ts'
import { isRolledBack } from './domain/shared/sqlstate.ts'
import type { Notifier } from './feed/notify/notifier.ts'
import { makeAuthThrottle } from './graphql/auth/auth-throttle.ts'
import { makeKeyCache } from './graphql/auth/key-cache.ts'
import type { ApiDeps } from './graphql/auth/request-context.ts'
import { makeReadBytes } from './graphql/core/read-bytes.ts'
import { makeEventBatching } from './graphql/execution/event-batching.ts'
import type { FeedNotifier } from './ports/feed-store.ts'
import type { LaneScheduler } from './ports/lane-scheduler.ts'
import type { Log } from './ports/log.ts'
import type { Secrets } from './ports/secrets.ts'
import { makeCpuFairness } from './runtime/cpu-fairness.ts'
import { makeSchemas } from './runtime/json-schema.ts'
import { makeKeyedLimit, type KeyedLimit } from './runtime/keyed-limit.ts'
import { system } from './runtime/system.ts'
import { userAgent } from './runtime/version.ts'
import { within } from './runtime/within.ts'
import type { GuardedSender } from './sender/sender.ts'
import { authenticate } from './services/access/authenticate.ts'
import { commitGroup } from './services/changes/commit-group.ts'
import { expectInTime, makeChangeGroups, type CommitForKey } from './services/changes/change-groups.ts'
import { makeRecordLastUse } from './services/access/last-use.ts'

/** How long a request may wait for the look-up of its key. */
const lookUpWithinMs = 8_000
const lookUpsAtOnce = 32

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

export function makeApiDeps(parts: SharedParts, apiParts: ApiParts): ApiDeps {
  const { config, log, connections, adminStore, laneScheduler, notifier, sender, secrets } = parts
  const recordLastUse = makeRecordLastUse(adminStore, log)
  const lookUp = makeLookUps()
  const limitOfProject = makeKeyedLimit(connectionsOfOneProject)
  const keyCache = makeKeyCache((id) => lookUp('the key', () => adminStore.keyById(id)))
  notifier.onKeyEnded((keyId) => keyCache.forget(keyId))
  return {
    ...apiParts,
    authenticate: (keyText) => authenticate(keyCache, keyText, recordLastUse),
    forgetKey: (keyId) => keyCache.forget(keyId),
    projectExists: (projectId) => lookUp('the project', () => adminStore.projectExists(projectId)),
    endedKeys: (keyIds) => adminStore.endedKeys(keyIds),
    onKeyEnded: (listener) => notifier.onKeyEnded(listener),
    admin: adminStore,
    bytesOf: makeReadBytes(),
    limitOfProject,
    commitForKey: makeChanges({ db: connections.db, limitOfProject, laneScheduler, feedNotifier: notifier }),
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
    introspection: config.introspection,
  }
}

/** Groups the changes of all projects. After each commit, notifies the feed of events and wakes the lanes. */
function makeChanges({
  db,
  limitOfProject,
  laneScheduler,
  feedNotifier,
}: {
  readonly db: Database
  readonly limitOfProject: KeyedLimit
  readonly laneScheduler: LaneScheduler
  readonly feedNotifier: FeedNotifier
}): CommitForKey {
  return makeChangeGroups({
    commit: async (projectId, members, waits) => {
      const { outcomes, dueWebhooks, hasEvents } = await limitOfProject(projectId, async () => {
        expectInTime(members)
        return runGroupTx(db, projectId, waits, (tx) => commitGroup(tx, members, system))
      })
      if (hasEvents) feedNotifier.notify('EVENTS', [projectId])
      if (dueWebhooks.length > 0) laneScheduler.wakeNow(dueWebhooks)
      return outcomes
    },
    isRolledBack,
  })
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
