/** Checks that the measured work was done: no delivery is lost or attempted twice, and the counts are consistent. */
import type { Sql } from './cluster.ts'
import type { AdminStore } from '../../../src/db/installation/installation-store.ts'
import { expectEqual } from '../frame/scenario.ts'

/** The number of recorded attempts. It is the last position of the feed, which is cheap to read. */
export async function attemptsRecorded(sql: Sql, projectId: string): Promise<number> {
  const [row] = await sql<{ position: string }[]>`select position from feeds where project_id = ${projectId}`
  return Number(row?.position ?? 0)
}

/**
 * Checks that every delivered delivery has one attempt with its content, at dense positions, and that the receiver saw
 * each of them; the others are pending. Returns the number of delivered ones.
 */
export async function checkDeliveries(
  admin: AdminStore,
  sql: Sql,
  expected: { readonly projectId: string; readonly deliveries: number; readonly requestsSeen: number },
): Promise<number> {
  const { projectId, deliveries, requestsSeen } = expected
  const counts = await admin.countDeliveries(projectId)
  expectEqual('the deliveries are consistent', counts.consistent, true)
  expectEqual('deliveries', counts.deliveries, deliveries)
  expectEqual('deliveries delivered or pending', counts.delivered + counts.pending, deliveries)
  const [log] = await sql<Record<'attempts' | 'deliveries' | 'succeeded' | 'last' | 'contents', string>[]>`
    select
      count(*) as attempts,
      count(distinct a.delivery_id) as deliveries,
      count(*) filter (where a.outcome = 'SUCCEEDED') as succeeded,
      coalesce(max(a.position), 0) as last,
      count(c.attempt_id) as contents
    from attempts a
    left join attempt_contents c on c.attempt_id = a.id and c.started_at = a.started_at
    where a.project_id = ${projectId}`
  for (const figure of ['attempts', 'deliveries', 'succeeded', 'last', 'contents'] as const)
    expectEqual(`${figure} in the log`, Number(log?.[figure]), counts.delivered)
  expectEqual('positions', await attemptsRecorded(sql, projectId), counts.delivered)
  expectEqual('requests that the receiver saw', requestsSeen, counts.delivered)
  return counts.delivered
}
