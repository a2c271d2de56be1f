/** Writes of topics and of events with their deliveries, as part of a project's transaction. */
import { asc, eq, sql } from 'drizzle-orm'
import type { DeliveryState, SkipReason } from '../../../domain/deliveries/delivery.ts'
import type { Event } from '../../../domain/orders/event.ts'
import type { Topic } from '../../../domain/orders/topic.ts'
import type { WriteContext } from '../../shared/tenant-context.ts'
import { deliveries, dueDeliveries, events, topics } from '../../schema/index.ts'

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

export async function insertEvent(
  { tx, scope: { projectId } }: WriteContext,
  event: Event,
  created: readonly NewDelivery[],
): Promise<void> {
  await tx.insert(events).values({ ...event, projectId, deliveryCount: created.length })
  if (created.length === 0) return
  await tx.insert(deliveries).values(
    created.map((delivery) => ({
      ...delivery,
      projectId,
      eventId: event.id,
      orderId: event.orderId,
      topic: event.topic,
      dueAt: delivery.state === 'PENDING' ? event.createdAt : null,
      createdAt: event.createdAt,
      finishedAt: delivery.state === 'PENDING' ? null : event.createdAt,
    })),
  )
  const due = created.filter((delivery) => delivery.state === 'PENDING')
  if (due.length === 0) return
  await tx
    .insert(dueDeliveries)
    .values(due.map(({ id, webhookId }) => ({ deliveryId: id, webhookId, dueAt: event.createdAt })))
}
