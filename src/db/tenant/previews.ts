/**
 * Reads what a preview needs: a webhook with its secrets, an event, and the event's delivery to the webhook if there is
 * one.
 */
import { and, eq, sql } from 'drizzle-orm'
import { tellsNoMore } from '../../domain/access/partner-view.ts'
import type { Scope } from '../../domain/access/scope.ts'
import type { ProjectStore } from '../../ports/tenant-store.ts'
import type { Reading } from '../connection/connect.ts'
import { tenantConditions } from '../shared/tenant-conditions.ts'
import { owedDialects } from './partner-view.ts'
import { toDelivery, toEvent, toEncryptedSecrets, toWebhook } from '../shared/row-mapping.ts'
import { deliveries, events, webhookHealth, webhooks } from '../schema/index.ts'
import { previousSecret } from './webhook-writes.ts'
import type { Dialect } from '../../domain/dialects/registry.ts'

export function makePreviews(db: Reading, scope: Scope): Pick<ProjectStore, 'previewOf'> {
  const { projectId } = scope
  const conditions = tenantConditions(scope)
  return {
    previewOf: async (webhookId, eventId) => {
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
          and(eq(events.projectId, projectId), eq(events.id, eventId ?? ''), conditions.owed(events.id)),
        )
        .leftJoin(deliveries, and(eq(deliveries.eventId, events.id), eq(deliveries.webhookId, webhooks.id)))
        .where(and(eq(webhooks.projectId, projectId), eq(webhooks.id, webhookId), conditions.webhooks))
        .limit(1)
      if (row === undefined) return null
      const { webhook, event, delivery } = row
      return {
        webhook: toWebhook(webhook, row.health),
        encrypted: toEncryptedSecrets(webhook.sealedSecret, row.previous, webhook.sealedToken),
        event: event && (await mayPreview(webhook.dialect, event.id)) ? toEvent(event) : null,
        delivery: delivery && toDelivery(delivery),
        now: new Date(Number(row.nowMs)),
      }
    },
  }

  /**
   * For a partner: whether a request in this dialect shows only fields that the partner's deliveries of the event show
   * too.
   */
  async function mayPreview(dialect: Dialect, eventId: string): Promise<boolean> {
    if (scope.partnerId === null) return true
    return tellsNoMore(dialect, (await owedDialects(db, scope, [eventId])).get(eventId) ?? [])
  }
}
