/** Whether what was measured was also done: nothing lost, nothing twice, the deliveries consistent. */
import type { Sql } from '../../src/db/connection/connect.ts'
import type { AdminStore } from '../../src/ports/platform.ts'
import { expectEqual } from './bench.ts'

/** Attempts recorded so far: the feed counts them densely, so that looking costs nothing. */
export async function attemptsRecorded(sql: Sql, projectId: string): Promise<number> {
  const [row] = await sql<{ position: string }[]>`select position from feeds where project_id = ${projectId}`
  return Number(row?.position ?? 0)
}

/**
 * Of `deliveries`, those delivered have one attempt each, with what it carried, at dense positions, and the receiver
 * saw each of them; the rest are pending. Answers how many were delivered.
 */
export async function checkDeliveries(
  admin: AdminStore,
  sql: Sql,
  wish: { readonly projectId: string; readonly deliveries: number; readonly requestsSeen: number },
): Promise<number> {
  const { projectId, deliveries, requestsSeen } = wish
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
  expectEqual('positions given out', await attemptsRecorded(sql, projectId), counts.delivered)
  expectEqual('requests that the receiver saw', requestsSeen, counts.delivered)
  return counts.delivered
}
