/** Look-ups by id. An id of the wrong kind, an unknown id and an id of another project all return null. */
import { isIdOf, type IdKind } from '../../domain/shared/ids.ts'
import { maySee } from '../auth/permissions.ts'
import type { ProjectContext } from '../core/context.ts'
import type { Loaders } from '../core/loaders.ts'

const loaderOf = {
  project: 'projects',
  key: 'keys',
  partner: 'partners',
  site: 'sites',
  customer: 'customers',
  order: 'orders',
  event: 'events',
  webhook: 'webhooks',
  delivery: 'deliveries',
  attempt: 'attempts',
  auditEntry: 'auditEntries',
  bulkRetry: 'bulkRetries',
} as const satisfies Record<IdKind, keyof Loaders>

type Loaded<K extends IdKind> = Awaited<ReturnType<Loaders[(typeof loaderOf)[K]]['load']>>

/** Returns null for a deleted object, although objects of the log can still refer to it. */
export async function byId<K extends IdKind>(
  context: ProjectContext,
  kind: K,
  id: string,
): Promise<Loaded<K> | null> {
  if (!isIdOf(kind, id) || !maySee(context.key.role, kind)) return null
  const found = await context.loaders[loaderOf[kind]].load(id)
  return found !== null && 'deletedAt' in found && found.deletedAt !== null ? null : (found as Loaded<K>)
}

export async function nodeById(context: ProjectContext, id: string): Promise<Loaded<IdKind> | null> {
  const kind = (Object.keys(loaderOf) as IdKind[]).find((each) => isIdOf(each, id))
  return kind === undefined ? null : byId(context, kind, id)
}
