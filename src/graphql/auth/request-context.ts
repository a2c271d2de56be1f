/**
 * Authenticates the key of a request or a socket, and makes the context of its operations. Without a valid key there is
 * no context.
 */
import { noProject } from '../../domain/feed/feed.ts'
import type { IncomingMessage } from 'node:http'
import type { Key } from '../../domain/access/key.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { CommitChange } from '../../services/changes/change.ts'
import type { CommitForKey } from '../../services/changes/change-groups.ts'
import type { TopicDeps } from '../../services/events/change-topic.ts'
import type { BulkRetryDeps } from '../../services/deliveries/bulk-retry.ts'
import type { WebhookDeps } from '../../services/webhooks/enable-disable-delete.ts'
import type { EventFeedItem } from '../../domain/feed/event-item.ts'
import type { WebhookChange } from '../../domain/feed/webhook-change.ts'
import type { ProjectFigures } from '../../domain/installation/project-status.ts'
import type { AttemptFeedItem, Feed } from '../../ports/feed-store.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { Log } from '../../ports/log.ts'
import type { Rates } from '../../ports/rate-limits.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import type { Context } from '../core/context.ts'
import type { AuthThrottle } from './auth-throttle.ts'
import {
  makeDeadline,
  type ConcurrencyLimit,
  type Deadline,
  type RunTransaction,
} from '../execution/deadline.ts'
import type { BatchEvents } from '../execution/event-batching.ts'
import { makeInstallationLoaders, makeLoaders } from '../core/loaders.ts'
import { makeByteBudget, type ByteBudget } from '../core/read-bytes.ts'
import type { KeyedLimit } from '../../runtime/keyed-limit.ts'
import type { TrustedOrigins } from '../../domain/access/origin.ts'
import type { Caller } from '../../domain/access/session.ts'

/** Dependencies of the API. */
export interface ApiDeps {
  /** The valid key with this text; null when there is none. */
  readonly authenticate: (keyText: string) => Promise<Key | null>
  /** The open session with this token; null when there is none. */
  readonly authenticateSession: (token: string) => Promise<Caller | null>
  /** Starts a session that acts with the key, and returns its token. */
  readonly startSession: (key: Key) => Promise<string>
  /** Ends a session in every process. */
  readonly endSession: (sessionId: string) => Promise<void>
  /** The origins whose pages may use sessions, and may read responses. */
  readonly trustedOrigins: TrustedOrigins
  /** Makes `authenticate` look the key up again at its next use, because it was revoked. */
  readonly forgetKey: (keyId: string) => void
  readonly projectExists: (projectId: string) => Promise<boolean>
  /** Those of these keys and sessions that were revoked or ended or have expired. */
  readonly endedAmong: (ids: readonly string[]) => Promise<readonly string[]>
  /**
   * Calls the listener when any process has revoked a key or ended a session, and with null when notifications may have
   * been lost.
   */
  readonly onEnded: (listener: (id: string | null) => void) => void
  /** Reads and writes data that belongs to no project; for OPERATOR keys only. */
  readonly admin: AdminStore
  /** Opens a store that reaches only the rows of a scope. The store runs each of its transactions through `run`. */
  readonly storeOf: (scope: Scope, run: RunTransaction) => ProjectStore
  /** Batches the answers to a project's subscription events. */
  readonly eventBatchingOf: (projectId: string) => BatchEvents
  /** Makes the byte budget of one operation of a project. */
  readonly bytesOf: (projectId: string) => ByteBudget
  /** Limits the concurrent transactions of each project. */
  readonly limitOfProject: KeyedLimit
  /** Commits changes that store events. */
  readonly commitForKey: CommitForKey
  /** Dependencies of the services, without those of a project. */
  readonly serviceDeps: Omit<WebhookDeps & TopicDeps, 'store' | 'projectId' | 'partnerId'> &
    Pick<BulkRetryDeps, 'wakeBulkRetries'>
  /** The rate limits of keys. */
  readonly rates: Rates
  /** Limits failed authentications per address. */
  readonly authThrottle: AuthThrottle
  /** The rate limit per address for requests without a valid key. */
  readonly keyless: {
    take(request: IncomingMessage): boolean
    isOver(request: IncomingMessage): boolean
    refund(request: IncomingMessage): void
  }
  /** The client address for which limits are counted. */
  readonly addressOf: (request: IncomingMessage) => string
  readonly feed: Feed<AttemptFeedItem>
  readonly eventFeed: Feed<EventFeedItem>
  readonly webhookFeed: Feed<WebhookChange>
  readonly log: Log
  readonly sendAllowHttp: boolean
  readonly version: string
  readonly projectFigures: () => Promise<ReadonlyMap<string, ProjectFigures>>
  readonly introspection: boolean
}

/** What a request or a subscription adds to the context of its key. */
export interface AuthenticationInput {
  readonly requestId: string
  /** Limits how long the operation may read and write rows; absent when the operation has no time limit. */
  readonly deadline?: Deadline
  /** Absent for a subscription, because each of its events has its own budget. */
  readonly bytes?: ByteBudget
}

/** A caller and the project in which it acts; the project is null for an OPERATOR key that has named none. */
export interface Access extends Caller {
  readonly projectId: string | null
}

/** The message for a header or parameter `x-project` that names no project in which the key acts. */
export const wrongProject = 'x-project does not name a project to which this key gives access'

/**
 * The project in which the key acts: its own project, or for an OPERATOR key the project that the client names. Null
 * when the named project does not exist or is not the key's own; the result does not say which.
 */
export async function accessOf(api: ApiDeps, caller: Caller, named: unknown): Promise<Access | null> {
  const { key } = caller
  if (named === undefined || named === null) return { ...caller, projectId: key.projectId }
  if (typeof named !== 'string' || !isIdOf('project', named)) return null
  const isThere = key.projectId === null ? await api.projectExists(named) : key.projectId === named
  return isThere ? { ...caller, projectId: named } : null
}

/** Groups of changes have their own concurrency limit. */
const atOnce: ConcurrencyLimit = (transaction) => transaction()

/** The context of one request or one subscription. */
export function contextFor(
  api: ApiDeps,
  { key, projectId }: Access,
  { requestId, deadline = makeDeadline(), bytes = makeByteBudget() }: AuthenticationInput,
): Context {
  const scope: Scope = { projectId: projectId ?? noProject, partnerId: key.partnerId, keyId: key.id }
  const caller = {
    requestId,
    key,
    scope,
    bytes,
    feedPositions: new Map<object, Promise<number>>(),
    feed: api.feed,
    eventFeed: api.eventFeed,
    webhookFeed: api.webhookFeed,
    forgetKey: api.forgetKey,
    sendAllowHttp: api.sendAllowHttp,
    version: api.version,
    projectFigures: api.projectFigures,
  }
  if (projectId === null) {
    const { admin, serviceDeps } = api
    return { ...caller, projectId, admin, loaders: makeInstallationLoaders(admin), deps: serviceDeps }
  }
  const run: RunTransaction = (name, transaction) =>
    deadline.run(name, transaction, (admitted) => api.limitOfProject(projectId, admitted))
  const store = api.storeOf(scope, run)
  const commitChange: CommitChange = async (change) => {
    // With a partner's scope, the other partners' webhooks would receive no delivery.
    if (scope.partnerId !== null)
      throw new Error(`expected the platform to change orders, it is partner ${scope.partnerId}`)
    return deadline.run('change', () => api.commitForKey(projectId, key.id, change), atOnce)
  }
  return {
    ...caller,
    projectId,
    admin: key.role === 'OPERATOR' ? api.admin : null,
    store,
    loaders: makeLoaders(store),
    deps: { ...api.serviceDeps, store, commitChange, projectId, partnerId: scope.partnerId },
  }
}
