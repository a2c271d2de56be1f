/** Who asks: the key of a request or a socket, and the context that it opens. Without a good key there is none. */
import type { Key } from '../domain/key.ts'
import type { Scope } from '../domain/scope.ts'
import type { TopicWorld } from '../flow/change-topic.ts'
import type { WebhookWorld } from '../flow/change-webhook.ts'
import type { Feed, Log } from '../flow/ports.ts'
import type { ProjectStore } from '../flow/project-ports.ts'
import type { Context } from './context.ts'
import { makeDeadline, type Deadline, type Turns } from './deadline.ts'
import { makeLoaders } from './loaders.ts'

/** What the API is built on; each project's rows are opened by its key. */
export interface ApiWorld {
  /** The key that the text names; null when it is none. */
  readonly authenticate: (keyText: string) => Promise<Key | null>
  readonly storeOf: (scope: Scope) => ProjectStore
  /** How much of one project goes on at once. */
  readonly turnsOf: (projectId: string) => Turns
  readonly world: Omit<WebhookWorld & TopicWorld, 'store' | 'projectId' | 'partnerId'>
  readonly feed: Feed
  readonly log: Log
  readonly sendAllowHttp: boolean
  readonly introspection: boolean
}

const longestHeader = 512

/** The text of a key in `Authorization: Bearer <key>`; null when there is none, or when it cannot be one. */
export function bearer(authorization: unknown): string | null {
  if (typeof authorization !== 'string' || authorization.length > longestHeader) return null
  return /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? null
}

/** The key of an `Authorization` value; null when it is missing, malformed, unknown or wrong: all alike. */
export async function keyOf(api: ApiWorld, authorization: unknown): Promise<Key | null> {
  const text = bearer(authorization)
  return text === null ? null : api.authenticate(text)
}

/** What one request or subscription has of its own. */
export interface Occasion {
  readonly requestId: string
  /** What reads rows only as long as the operation may take; absent where it may take any time. */
  readonly deadline?: Deadline
}

function scopeOf({ id, projectId, partnerId }: Key): Scope {
  if (projectId === null) throw new Error(`expected key ${id} to act in a project, it does not`)
  return { projectId, partnerId, keyId: id }
}

/** What the resolvers of one request, or of one subscription, work with. */
export function contextFor(api: ApiWorld, key: Key, { requestId, deadline }: Occasion): Context {
  const scope = scopeOf(key)
  const { projectId } = scope
  // A deadline that is never started has no end.
  const store = (deadline ?? makeDeadline()).bound(api.storeOf(scope), api.turnsOf(projectId))
  return {
    requestId,
    key,
    scope,
    projectId,
    store,
    loaders: makeLoaders(store),
    world: { ...api.world, store, projectId, partnerId: scope.partnerId },
    feed: api.feed,
    sendAllowHttp: api.sendAllowHttp,
  }
}

export const unauthenticated =
  'a key is needed: send it as Authorization: Bearer <key>. This one is missing, or it is not a key of this installation'
