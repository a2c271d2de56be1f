/** What a resolver is given: who asks, that project's rows, and nothing of any other project. */
import type { Key } from '../../domain/access/key.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { TopicWorld } from '../../services/events/change-topic.ts'
import type { WebhookWorld } from '../../services/webhooks/enable-disable-delete.ts'
import type { WebhookChange } from '../../domain/feed/webhook-change.ts'
import type { AttemptFeedItem, Feed } from '../../ports/feed-store.ts'
import type { AdminStore } from '../../ports/platform.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import { codedError } from './errors.ts'
import { makeLoaders, type Loaders } from './loaders.ts'
import type { ByteBudget } from './read-bytes.ts'

/** In place of a project's id, where an OPERATOR has named none. */
export const noProject = ''

export function projectNeeded() {
  return codedError(
    'BAD_USER_INPUT',
    'a key of role OPERATOR acts in every project: name the project by the header x-project',
  )
}

export interface Context {
  /** Stands in the log and in the answer of every fault. */
  readonly requestId: string
  readonly key: Key
  /** Whose rows the request reaches. */
  readonly scope: Scope
  /** `noProject` where none was named: root fields that need one are not asked then. */
  readonly projectId: string
  readonly store: ProjectStore
  readonly loaders: Loaders
  /** What the operation, or the event, may read of what is large. */
  readonly bytes: ByteBudget
  /** What is of no project; null but for an OPERATOR. */
  readonly admin: AdminStore | null
  /** What mutations need besides their input. */
  readonly world: WebhookWorld & TopicWorld
  readonly feed: Feed<AttemptFeedItem>
  readonly webhookFeed: Feed<WebhookChange>
  /** Whether this installation sends to plain http at all. */
  readonly sendAllowHttp: boolean
}

/** For what permissions.ts leaves to an OPERATOR. */
export function forOperator(admin: AdminStore | null): AdminStore {
  if (admin === null) throw new Error('expected an OPERATOR to ask, it is another')
  return admin
}

export interface Viewer {
  readonly key: Key
}

/** Things that one statement reads for the events of a round: an event's data may be large, and all are in memory at once. */
const maxTogether = 200

/**
 * The contexts of one round of subscriptions' events: as each subscription's, with fresh loaders, which events of one
 * scope share. All of the round happened before anything of it is read, so each shows things as they stand after it.
 */
export function contextsOfRound(): (context: Context) => Context {
  const known = new Map<string, Loaders>()
  return (context) => {
    const { projectId, partnerId } = context.scope
    // Not the key: of two keys of one scope neither reads what the other may not.
    const name = JSON.stringify([projectId, partnerId])
    const loaders = known.get(name) ?? makeLoaders(context.store, maxTogether)
    known.set(name, loaders)
    return { ...context, loaders }
  }
}
