/**
 * WHERE conditions that restrict a project's rows to a scope. A PLATFORM scope has none (they are undefined). A PARTNER
 * scope reaches its own webhooks and the rows that belong to them. Statements add the condition on the project
 * themselves. Row-level security is the second layer.
 */
import { eq, sql, type Column, type SQL } from 'drizzle-orm'
import type { Scope } from '../../domain/access/scope.ts'
import { bulkRetries, deliveries, partners, webhooks } from '../schema/index.ts'

export interface TenantConditions {
  /** False for a partner: orders, sites, customers and keys. */
  readonly platformOnly: SQL | undefined
  readonly webhooks: SQL | undefined
  readonly partners: SQL | undefined
  readonly bulkRetries: SQL | undefined
  /** For rows that belong to a webhook. */
  ofWebhook(webhookId: Column | SQL): SQL | undefined
  /** For events with a delivery to one of the partner's webhooks. A SKIPPED delivery does not count. */
  hasDelivery(eventId: Column): SQL | undefined
}

const allOfProject: TenantConditions = {
  platformOnly: undefined,
  webhooks: undefined,
  partners: undefined,
  bulkRetries: undefined,
  ofWebhook: () => undefined,
  hasDelivery: () => undefined,
}

export function tenantConditions({ projectId, partnerId }: Scope): TenantConditions {
  if (partnerId === null) return allOfProject
  // As an array, PostgreSQL reads the ids once per statement and then uses each table's index on the webhook id.
  const ownWebhooks = sql`any(array(
    select w.id from ${webhooks} w where w.project_id = ${projectId} and w.partner_id = ${partnerId}
  ))`
  return {
    platformOnly: sql`false`,
    webhooks: eq(webhooks.partnerId, partnerId),
    partners: eq(partners.id, partnerId),
    bulkRetries: eq(bulkRetries.partnerId, partnerId),
    ofWebhook: (webhookId) => sql`${webhookId} = ${ownWebhooks}`,
    hasDelivery: (eventId) => sql`exists (
      select from ${deliveries} d
      where d.event_id = ${eventId} and d.state <> 'SKIPPED' and d.webhook_id = ${ownWebhooks}
    )`,
  }
}
