/** Finds attempts of a batch whose commit succeeded, but whose result was lost with the connection. */
import type postgres from 'postgres'
import type { SettledAttempt } from '../../../ports/dispatch-store.ts'

/** The attempts that an earlier try of the same batch has recorded. */
export async function recordedBefore(
  sql: postgres.ISql,
  batch: readonly SettledAttempt[],
): Promise<readonly SettledAttempt[]> {
  if (batch.length === 0) return []
  const found = await sql<{ id: string }[]>`
    select a.id
    from unnest(
      ${batch.map(({ attemptId }) => attemptId)}::text[],
      ${batch.map(({ claimed }) => claimed.startedAt.toISOString())}::timestamptz[]
    ) as b(id, started_at)
    join attempts a on a.id = b.id and a.started_at = b.started_at`
  const ids = new Set(found.map(({ id }) => id))
  return batch.filter(({ attemptId }) => ids.has(attemptId))
}
