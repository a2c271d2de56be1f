/**
 * The context that every resolver receives: the authenticated key, its scope, and in a project a store that reads only
 * rows of that scope. Data of no project is reachable only through `admin`, which only OPERATOR keys have.
 */
import type { Key } from '../../domain/access/key.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { ChangeDeps } from '../../services/changes/change.ts'
import type { TopicDeps } from '../../services/events/change-topic.ts'
import type { BulkRetryDeps } from '../../services/deliveries/bulk-retry.ts'
import type { WebhookDeps } from '../../services/webhooks/enable-disable-delete.ts'
import type { EventFeedItem } from '../../domain/feed/event-item.ts'
import type { WebhookChange } from '../../domain/feed/webhook-change.ts'
import type { ProjectFigures } from '../../domain/installation/project-status.ts'
import type { AttemptFeedItem, Feed } from '../../ports/feed-store.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import { codedError } from './errors.ts'
import { makeLoaders, type Loaders } from './loaders.ts'
import type { ByteBudget } from './read-bytes.ts'

/** What every operation has. */
interface CallerContext {
  /** Part of the log entry and of the response of every fault. */
  readonly requestId: string
  readonly key: Key
  /** The rows that the request can read and write. */
  readonly scope: Scope
  /** How many bytes of large values the operation, or the event of a subscription, may read and return. */
  readonly bytes: ByteBudget
  /** The newest position of each feed, as far as the operation has read it. */
  readonly feedPositions: Map<object, Promise<number>>
  readonly feed: Feed<AttemptFeedItem>
  readonly eventFeed: Feed<EventFeedItem>
  readonly webhookFeed: Feed<WebhookChange>
  /** Makes this process look a key up again at its next use, because it was revoked. */
  readonly forgetKey: (keyId: string) => void
  /** The version of this process. */
  readonly version: string
  /** The figures of all projects, for OPERATOR keys only. */
  readonly projectFigures: () => Promise<ReadonlyMap<string, ProjectFigures>>
  /** Whether this installation sends webhooks over plain http. */
  readonly sendAllowHttp: boolean
}

/** Dependencies of the mutations of a project. */
type MutationDeps = WebhookDeps & TopicDeps & ChangeDeps & Pick<BulkRetryDeps, 'wakeBulkRetries'>

/** The context of an operation in a project. */
export interface ProjectContext extends CallerContext {
  readonly projectId: string
  readonly store: ProjectStore
  readonly loaders: Loaders
  /** Reads and writes data that belongs to no project; null unless the key is an OPERATOR key. */
  readonly admin: AdminStore | null
  readonly deps: MutationDeps
}

/** The context of an OPERATOR key that has named no project. Has no store, because a store reads one project. */
export interface InstallationContext extends CallerContext {
  readonly projectId: null
  readonly loaders: Pick<Loaders, 'actingKeys'>
  readonly admin: AdminStore
  readonly deps: Omit<MutationDeps, 'store' | 'commitChange' | 'projectId' | 'partnerId'>
}

export type Context = ProjectContext | InstallationContext

/** The context of the project. Throws BAD_USER_INPUT when the client has named no project. */
export function inProject(context: Context): ProjectContext {
  if (context.projectId === null) throw projectNeeded()
  return context
}

export function projectNeeded() {
  return codedError(
    'BAD_USER_INPUT',
    'a key of role OPERATOR gives access to every project: name one in the header x-project',
  )
}

/**
 * The admin store, for fields that only an OPERATOR may use. Throws for other keys, which permissions.ts refuses
 * earlier.
 */
export function forOperator(admin: AdminStore | null): AdminStore {
  if (admin === null) throw new Error('expected a key of role OPERATOR, found another role')
  return admin
}

export interface Viewer {
  readonly key: Key
}

/**
 * Maximum number of objects that one statement reads for a batch of events. An event's data may be large, and all
 * objects of a statement are in memory at the same time.
 */
const maxObjectsOfBatch = 200

/**
 * Makes the contexts for one batch of subscription events. Each context is a copy of its subscription's context with
 * fresh loaders, which all events of the same scope share. All events of a batch happened before the batch reads any
 * data, so every answer shows the state after its event.
 */
export function contextsOfBatch(): (context: ProjectContext) => ProjectContext {
  const loadersOf = new Map<string, Loaders>()
  return (context) => {
    const { projectId, partnerId } = context.scope
    // The key id is not part of the name: two keys with the same scope may read the same rows.
    const name = JSON.stringify([projectId, partnerId])
    const loaders = loadersOf.get(name) ?? makeLoaders(context.store, maxObjectsOfBatch)
    loadersOf.set(name, loaders)
    return { ...context, loaders }
  }
}
