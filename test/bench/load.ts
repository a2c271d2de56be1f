/** Work for the bench, written straight into the tables: what is measured is the way from due to recorded. */
import type { Sql } from '../../src/db/connect.ts'
import { chance } from '../../src/runtime/chance.ts'
import { data, topic } from './sample.ts'

export interface Load {
  readonly projectId: string
  readonly webhookIds: readonly string[]
}

const pageSize = 5_000

/** So many due deliveries, spread evenly over the webhooks, which stand still until `releaseLoad`. */
export async function makeLoad(sql: Sql, { projectId, webhookIds }: Load, deliveries: number): Promise<void> {
  await sql`update webhooks set disabled_at = now() where project_id = ${projectId}`
  for (let from = 0; from < deliveries; from += pageSize) {
    const count = Math.min(pageSize, deliveries - from)
    const eventIds = Array.from({ length: count }, () => chance.newId('event'))
    const deliveryIds = eventIds.map(() => chance.newId('delivery'))
    const owners = eventIds.map((_, index) => webhookIds[(from + index) % webhookIds.length] ?? '')
    await sql`
      insert into events (id, project_id, topic, data, delivery_count, created_at)
      select id, ${projectId}, ${topic}, ${data}, 1, now() from unnest(${eventIds}::text[]) as e(id)`
    await sql`
      insert into deliveries (id, project_id, webhook_id, event_id, topic, state, due_at, created_at)
      select id, ${projectId}, webhook, event, ${topic}, 'PENDING', now(), now()
      from unnest(${deliveryIds}::text[], ${owners}::text[], ${eventIds}::text[]) as d(id, webhook, event)`
    await sql`
      insert into due_deliveries (delivery_id, webhook_id, due_at)
      select id, webhook, now() from unnest(${deliveryIds}::text[], ${owners}::text[]) as d(id, webhook)`
  }
  await sql`analyze deliveries, due_deliveries, events`
}

/** From now on the webhooks may be rung. */
export async function releaseLoad(sql: Sql, { projectId }: Load): Promise<void> {
  await sql`update webhooks set disabled_at = null where project_id = ${projectId}`
}
