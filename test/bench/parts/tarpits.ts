/** Ends what a load with receivers that never answer has left, so that the next round begins with a calm server. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Peer } from '../peers/peer.ts'
import type { Sql } from './cluster.ts'
import type { Load } from './load.ts'

const lookEveryMs = 100

/** Disables the webhooks of the loads, and closes the connections to the tarpits until no new ones are opened. */
export async function endTarpitRequests(
  sql: Sql,
  loads: readonly Load[],
  tarpits: Peer | undefined,
): Promise<void> {
  const projectIds = loads.map(({ projectId }) => projectId)
  await sql`update webhooks set disabled_at = now() where project_id = any(${projectIds})`
  do await pause(lookEveryMs)
  while (Number((await tarpits?.ask('drop')) ?? 0) > 0)
}
