/** What a resolver is given: who asks, that project's rows, and nothing of any other project. */
import type { Key } from '../domain/key.ts'
import type { Scope } from '../domain/scope.ts'
import type { TopicWorld } from '../flow/change-topic.ts'
import type { WebhookWorld } from '../flow/change-webhook.ts'
import type { Feed } from '../flow/ports.ts'
import type { ProjectStore } from '../flow/project-ports.ts'
import { makeLoaders, type Loaders } from './loaders.ts'

export interface Context {
  /** Stands in the log and in the answer of every fault. */
  readonly requestId: string
  readonly key: Key
  /** Whose rows the request reaches. */
  readonly scope: Scope
  readonly projectId: string
  readonly store: ProjectStore
  readonly loaders: Loaders
  /** What mutations need besides their input. */
  readonly world: WebhookWorld & TopicWorld
  readonly feed: Feed
  /** Whether this installation sends to plain http at all. */
  readonly sendAllowHttp: boolean
}

export interface Viewer {
  readonly key: Key
}

/** The same context with loaders that remember nothing: one for each event of a subscription. */
export function withFreshLoaders(context: Context): Context {
  return { ...context, loaders: makeLoaders(context.store) }
}
