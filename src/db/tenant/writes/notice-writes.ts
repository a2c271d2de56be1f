/** Writes notices of changes that a client requests, as part of a project's transaction. */
import { sql } from 'drizzle-orm'
import type { NoticeFact } from '../../../domain/webhooks/notices.ts'
import { withProjectScope } from '../../connection/tenant-scope.ts'
import type { WrittenNotices } from '../../../ports/dispatch-store.ts'
import { writeNotices, type NewId } from '../../shared/notices.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'

/**
 * Stores the notices that a fact causes. It locks the feed of events until the commit, so call it last. With the scope of
 * the whole project: the webhooks of the platform watch those of partners.
 */
export function insertNotices(
  { tx, scope }: WriteContext,
  fact: Omit<NoticeFact, 'projectId'>,
  newId: NewId,
): Promise<WrittenNotices> {
  return withProjectScope(tx, scope, () =>
    writeNotices(
      (strings, ...values) => tx.execute(sql(strings, ...values)),
      [{ ...fact, projectId: scope.projectId }],
      newId,
    ),
  )
}
