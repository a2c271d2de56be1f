/** Work for the bench, written straight into the tables: what is measured is the way from due to recorded. */
import type { Sql } from '../../src/db/connect.ts'
import { chance } from '../../src/runtime/chance.ts'

export interface Load {
  readonly projectId: string
  readonly webhookIds: readonly string[]
}

/** A body of the size of an ordinary order's. */
const data = JSON.stringify({
  number: 187,
  state: 'ACCEPTED',
  customer: { name: 'Brian Johnson' },
  note: 'x'.repeat(500),
})

/** `deliveries` pending ones, spread evenly over as many webhooks; due once `releaseLoad` says so. */
export async function makeLoad(
  sql: Sql,
  wish: { readonly projectId: string; readonly webhookIds: readonly string[]; readonly deliveries: number },
): Promise<void> {
  const { projectId, webhookIds, deliveries } = wish
  const pageSize = 5_000
  for (let from = 0; from < deliveries; from += pageSize) {
    const count = Math.min(pageSize, deliveries - from)
    const eventIds = Array.from({ length: count }, () => chance.newId('event'))
    const deliveryIds = eventIds.map(() => chance.newId('delivery'))
    const owners = eventIds.map((_, index) => webhookIds[(from + index) % webhookIds.length] ?? '')
    await sql`
      insert into events (id, project_id, topic, data, delivery_count, created_at)
      select id, ${projectId}, 'order.state_changed', ${data}, 1, now() from unnest(${eventIds}::text[]) as e(id)`
    await sql`
      insert into deliveries (id, project_id, webhook_id, event_id, topic, state, due_at, created_at)
      select id, ${projectId}, webhook, event, 'order.state_changed', 'PENDING', now() + interval '1 day', now()
      from unnest(${deliveryIds}::text[], ${owners}::text[], ${eventIds}::text[]) as d(id, webhook, event)`
  }
  await sql`analyze deliveries`
  await sql`analyze events`
}

/** Makes all of a project's deliveries due at once. */
export async function releaseLoad(sql: Sql, projectId: string): Promise<void> {
  await sql`update deliveries set due_at = now() where project_id = ${projectId} and state = 'PENDING'`
}
