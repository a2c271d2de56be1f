/** Reads the data from which the preview of a request is rendered. */
import { and, eq, sql } from 'drizzle-orm'
import type { Delivery } from '../../../domain/deliveries/delivery.ts'
import type { Dialect } from '../../../domain/dialects/registry.ts'
import type { Event } from '../../../domain/orders/event.ts'
import type { Webhook } from '../../../domain/webhooks/webhook.ts'
import { showsNoMore } from '../../../domain/access/partner-view.ts'
import type { EncryptedSecrets } from '../../../ports/dispatch-store.ts'
import { toDelivery, toEvent, toEncryptedSecrets, toWebhook } from '../../shared/row-mapping.ts'
import type { ReadContext } from '../../shared/tenant-context.ts'
import { deliveries, events, webhookHealth, webhooks } from '../../schema/index.ts'
import { previousSecret } from '../writes/webhook-writes.ts'
import { deliveredDialects } from './partner-visible-data.ts'

/** The data from which a preview of a request is rendered. */
export interface Preview {
  readonly webhook: Webhook
  readonly encrypted: EncryptedSecrets
  /** Null: no event was requested, or it does not exist. */
  readonly event: Event | null
  /** The delivery of the event to the webhook; null: there is none. */
  readonly delivery: Delivery | null
  /** Time of the query on the database's clock. */
  readonly now: Date
}

/**
 * Reads a webhook, an event and the delivery of the event to the webhook in one snapshot. The webhook may be deleted.
 * Null: there is no such webhook.
 */
export async function previewOf(
  context: ReadContext,
  webhookId: string,
  eventId: string | null,
): Promise<Preview | null> {
  const { db, scope, conditions } = context
  const { projectId } = scope
  // One statement, so that all values come from one snapshot.
  const [row] = await db
    .select({
      webhook: webhooks,
      health: webhookHealth,
      event: events,
      delivery: deliveries,
      previous: previousSecret,
      nowMs: sql<string>`floor(extract(epoch from now()) * 1000)`,
    })
    .from(webhooks)
    .leftJoin(webhookHealth, eq(webhookHealth.webhookId, webhooks.id))
    .leftJoin(
      events,
      and(eq(events.projectId, projectId), eq(events.id, eventId ?? ''), conditions.hasDelivery(events.id)),
    )
    .leftJoin(deliveries, and(eq(deliveries.eventId, events.id), eq(deliveries.webhookId, webhooks.id)))
    .where(and(eq(webhooks.projectId, projectId), eq(webhooks.id, webhookId), conditions.webhooks))
    .limit(1)
  if (row === undefined) return null
  const { webhook, event, delivery } = row
  return {
    webhook: toWebhook(webhook, row.health),
    encrypted: toEncryptedSecrets(webhook.encryptedSecret, row.previous, webhook.encryptedToken),
    event: event && (await mayPreview(context, webhook.dialect, event.id)) ? toEvent(event) : null,
    delivery: delivery && toDelivery(delivery),
    now: new Date(Number(row.nowMs)),
  }
}

/**
 * For a partner: whether a request in this dialect shows only fields that the partner's deliveries of the event show
 * too.
 */
async function mayPreview(context: ReadContext, dialect: Dialect, eventId: string): Promise<boolean> {
  if (context.scope.partnerId === null) return true
  return showsNoMore(dialect, (await deliveredDialects(context, [eventId])).get(eventId) ?? [])
}
