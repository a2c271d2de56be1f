/**
 * The context that every resolver receives: the authenticated key, its scope, and a store that reads only rows of that
 * scope. Data of no project is reachable only through `admin`, which only OPERATOR keys have.
 */
import type { Key } from '../../domain/access/key.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { TopicWorld } from '../../services/events/change-topic.ts'
import type { WebhookWorld } from '../../services/webhooks/enable-disable-delete.ts'
import type { WebhookChange } from '../../domain/feed/webhook-change.ts'
import type { AttemptFeedItem, Feed } from '../../ports/feed-store.ts'
import type { AdminStore } from '../../db/installation/installation-store.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'
import { codedError } from './errors.ts'
import { makeLoaders, type Loaders } from './loaders.ts'
import type { ByteBudget } from './read-bytes.ts'

/** The project id in the context of an OPERATOR key that has named no project. */
export const noProject = ''

export function projectNeeded() {
  return codedError(
    'BAD_USER_INPUT',
    'a key of role OPERATOR gives access to every project: name one in the header x-project',
  )
}

export interface Context {
  /** Part of the log entry and of the response of every fault. */
  readonly requestId: string
  readonly key: Key
  /** The rows that the request can read and write. */
  readonly scope: Scope
  /** `noProject` when the client named none; root fields that need a project are not resolved then. */
  readonly projectId: string
  readonly store: ProjectStore
  readonly loaders: Loaders
  /** How many bytes of large values the operation, or the event of a subscription, may read and return. */
  readonly bytes: ByteBudget
  /** Reads and writes data that belongs to no project; null unless the key is an OPERATOR key. */
  readonly admin: AdminStore | null
  /** Dependencies of the mutations. */
  readonly world: WebhookWorld & TopicWorld
  readonly feed: Feed<AttemptFeedItem>
  readonly webhookFeed: Feed<WebhookChange>
  /** Whether this installation sends webhooks over plain http. */
  readonly sendAllowHttp: boolean
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
const maxTogether = 200

/**
 * Makes the contexts for one batch of subscription events. Each context is a copy of its subscription's context with
 * fresh loaders, which all events of the same scope share. All events of a batch happened before the batch reads any
 * data, so every answer shows the state after its event.
 */
export function contextsOfRound(): (context: Context) => Context {
  const known = new Map<string, Loaders>()
  return (context) => {
    const { projectId, partnerId } = context.scope
    // The key id is not part of the name: two keys with the same scope may read the same rows.
    const name = JSON.stringify([projectId, partnerId])
    const loaders = known.get(name) ?? makeLoaders(context.store, maxTogether)
    known.set(name, loaders)
    return { ...context, loaders }
  }
}
