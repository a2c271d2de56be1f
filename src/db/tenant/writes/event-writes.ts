/** Writes of topics and of events with their deliveries, as part of a project's transaction. */
import { asc, eq, sql } from 'drizzle-orm'
import type { DeliveryState, SkipReason } from '../../../domain/deliveries/delivery.ts'
import type { Event } from '../../../domain/orders/event.ts'
import type { Topic } from '../../../domain/orders/topic.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { textArray } from '../../shared/text-array.ts'
import { topics } from '../../schema/index.ts'

/** A delivery that is created with its event. */
export interface NewDelivery {
  readonly id: string
  readonly webhookId: string
  readonly state: Extract<DeliveryState, 'PENDING' | 'SKIPPED'>
  readonly skipReason: SkipReason | null
  /** When the webhook was disabled; null unless the delivery is SKIPPED because of that. */
  readonly skippedSince: Date | null
}

/** Returns the names of the project's custom topics. No other transaction can add a topic until this one ends. */
export async function lockTopics({ tx, scope: { projectId } }: WriteContext): Promise<readonly string[]> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`orderbell.topics.${projectId}`}, 0))`)
  const rows = await tx
    .select({ name: topics.name })
    .from(topics)
    .where(eq(topics.projectId, projectId))
    .orderBy(asc(topics.name))
  return rows.map(({ name }) => name)
}

export async function insertTopic({ tx, scope }: WriteContext, topic: Topic): Promise<void> {
  const { createdAt } = topic
  if (createdAt === null) throw new Error(`expected ${topic.name} to be the project's own, it is built in`)
  await tx.insert(topics).values({ ...topic, createdAt, projectId: scope.projectId })
}

/** Inserts the event, its deliveries and the queue of those that are due, in one statement. */
export async function insertEvent(
  { tx, scope: { projectId } }: WriteContext,
  event: Event,
  created: readonly NewDelivery[],
): Promise<void> {
  const { id, topic, orderId, sequence, data } = event
  const at = sql`${event.createdAt.toISOString()}::timestamptz`
  await tx.execute(sql`
    with created as (
      select * from unnest(
        ${textArray(created.map((delivery) => delivery.id))},
        ${textArray(created.map((delivery) => delivery.webhookId))},
        ${textArray(created.map((delivery) => delivery.state))},
        ${textArray(created.map((delivery) => delivery.skipReason))},
        ${textArray(created.map((delivery) => delivery.skippedSince?.toISOString() ?? null))}::timestamptz[]
      ) as created(id, webhook_id, state, skip_reason, skipped_since)
    ), new_event as (
      insert into events (id, project_id, topic, order_id, sequence, data, delivery_count, created_at)
      values (${id}, ${projectId}, ${topic}, ${orderId}, ${sequence}, ${data}, ${created.length}, ${at})
    ), new_deliveries as (
      insert into deliveries (
        id, project_id, webhook_id, event_id, order_id, topic, state, skip_reason, skipped_since,
        due_at, created_at, finished_at
      )
      select id, ${projectId}, webhook_id, ${id}, ${orderId}, ${topic}, state, skip_reason, skipped_since,
        case when state = 'PENDING' then ${at} end, ${at}, case when state <> 'PENDING' then ${at} end
      from created
    )
    insert into due_deliveries (delivery_id, webhook_id, due_at)
    select id, webhook_id, ${at} from created where state = 'PENDING'`)
}
