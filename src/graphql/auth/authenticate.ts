/** Who asks: the key of a request or a socket, and the context that it opens. Without a good key there is none. */
import type { IncomingMessage } from 'node:http'
import type { Key } from '../../domain/access/key.ts'
import { isIdOf } from '../../domain/shared/ids.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { TopicWorld } from '../../services/events/change-topic.ts'
import type { WebhookWorld } from '../../services/webhooks/enable-disable-delete.ts'
import type { WebhookChange } from '../../domain/feed/webhook-change.ts'
import type { AttemptFeedItem, Feed } from '../../ports/feed-store.ts'
import type { AdminStore, Log, Rates } from '../../ports/platform.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import { noProject, projectNeeded, type Context } from '../core/context.ts'
import type { AuthThrottle } from './auth-throttle.ts'
import { makeDeadline, type Deadline, type ConcurrencyLimit } from '../execution/deadline.ts'
import type { BatchEvents } from '../execution/event-batching.ts'
import { makeLoaders } from '../core/loaders.ts'
import { makeByteBudget, type ByteBudget } from '../core/read-bytes.ts'
import { bearer } from './bearer.ts'

/** What the API is built on; each project's rows are opened by its key. */
export interface ApiWorld {
  /** The key that the text names; null when it is none. */
  readonly authenticate: (keyText: string) => Promise<Key | null>
  /** Whether there is such a project. */
  readonly projectExists: (projectId: string) => Promise<boolean>
  /** Which of these keys open nothing any more. */
  readonly endedKeys: (keyIds: readonly string[]) => Promise<readonly string[]>
  /** Calls back for a key that was ended in any process, and with null when words may have been lost. */
  readonly onKeyEnded: (listener: (keyId: string | null) => void) => void
  /** What is of no project; for OPERATOR keys alone. */
  readonly admin: AdminStore
  readonly storeOf: (scope: Scope) => ProjectStore
  /** When events of subscriptions are answered. */
  readonly eventBatchingOf: (projectId: string) => BatchEvents
  /** How much of what is large the operations of one project read. */
  readonly bytesOf: (projectId: string) => ByteBudget
  /** How much of one project goes on at once. */
  readonly concurrencyOf: (projectId: string) => ConcurrencyLimit
  readonly world: Omit<WebhookWorld & TopicWorld, 'store' | 'projectId' | 'partnerId'>
  /** What each key has left of its minute. */
  readonly rates: Rates
  /** Where failed authentications are counted. */
  readonly authThrottle: AuthThrottle
  /** What addresses ask without a key. */
  readonly keyless: {
    take(request: IncomingMessage): boolean
    isOver(request: IncomingMessage): boolean
    giveBack(request: IncomingMessage): void
  }
  /** Whom limits by address are counted for. */
  readonly addressOf: (request: IncomingMessage) => string
  readonly feed: Feed<AttemptFeedItem>
  readonly webhookFeed: Feed<WebhookChange>
  readonly log: Log
  readonly sendAllowHttp: boolean
  readonly introspection: boolean
}

/** The key of an `Authorization` value; null when it is missing, malformed, unknown or wrong: all alike. */
export async function keyOf(api: ApiWorld, authorization: unknown): Promise<Key | null> {
  const text = bearer(authorization)
  return text === null ? null : api.authenticate(text)
}

/** What one request or subscription has of its own. */
export interface AuthenticationInput {
  readonly requestId: string
  /** What reads rows only as long as the operation may take; absent where it may take any time. */
  readonly deadline?: Deadline
  /** Absent for a subscription: each of its events has its own. */
  readonly bytes?: ByteBudget
}

/** A key, and the project that it acts in; null for an OPERATOR's that has named none. */
export interface Access {
  readonly key: Key
  readonly projectId: string | null
}

/** What says `x-project`, as a header or a parameter, when it is not the name of one project to act in. */
export const wrongProject = 'x-project names no project that this key acts in'

/**
 * Where the key acts: in its own project, or, an OPERATOR's, in the one that it names. Null when it names one that is
 * not there or not its own, however: all alike.
 */
export async function accessOf(api: ApiWorld, key: Key, named: unknown): Promise<Access | null> {
  if (named === undefined || named === null) return { key, projectId: key.projectId }
  if (typeof named !== 'string' || !isIdOf('project', named)) return null
  const isThere = key.projectId === null ? await api.projectExists(named) : key.projectId === named
  return isThere ? { key, projectId: named } : null
}

/** What the resolvers of one request, or of one subscription, work with. */
export function contextFor(
  api: ApiWorld,
  { key, projectId: named }: Access,
  { requestId, deadline = makeDeadline(), bytes = makeByteBudget() }: AuthenticationInput,
): Context {
  const projectId = named ?? noProject
  const scope: Scope = { projectId, partnerId: key.partnerId, keyId: key.id }
  // A deadline that is never started has no end.
  const store =
    named === null ? unauthenticatedStore(api.admin) : deadline.bound(api.storeOf(scope), api.concurrencyOf(projectId))
  return {
    requestId,
    key,
    scope,
    projectId,
    admin: key.role === 'OPERATOR' ? api.admin : null,
    store,
    loaders: makeLoaders(store),
    bytes,
    world: { ...api.world, store, projectId, partnerId: scope.partnerId },
    feed: api.feed,
    webhookFeed: api.webhookFeed,
    sendAllowHttp: api.sendAllowHttp,
  }
}

/** What asks it for rows is told to name a project; but who did what to OPERATOR keys, which are of none, it knows. */
function unauthenticatedStore(admin: AdminStore): ProjectStore {
  const actingKeysByIds: ProjectStore['actingKeysByIds'] = (ids) => admin.operatorKeysByIds(ids)
  return new Proxy({ actingKeysByIds } as ProjectStore, {
    get: (known, name) =>
      name in known ? (Reflect.get(known, name) as unknown) : () => Promise.reject(projectNeeded()),
  })
}

/** What is wrong with an `Authorization` value that names no key. Why a key is none is not said: unknown, revoked or expired. */
export type KeyFault = 'NO_KEY' | 'NO_BEARER' | 'WRONG_KEY'

export function keyFaultOf(authorization: unknown): KeyFault {
  if (authorization === undefined || authorization === null || authorization === '') return 'NO_KEY'
  if (typeof authorization !== 'string' || !/^Bearer(?= |$)/i.test(authorization)) return 'NO_BEARER'
  return /^Bearer *$/i.test(authorization) ? 'NO_KEY' : 'WRONG_KEY'
}

/** By HTTP. */
export const unauthenticated: Readonly<Record<KeyFault, string>> = {
  NO_KEY: 'there is no key: send one in the header Authorization: Bearer <key>',
  NO_BEARER: 'the header Authorization does not begin with Bearer: send it as Authorization: Bearer <key>',
  WRONG_KEY: 'the key is not one of this installation, or it was revoked or has expired',
}
