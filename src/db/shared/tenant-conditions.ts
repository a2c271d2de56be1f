/**
 * What a scope leaves of a project's tables, as conditions that stand beside the project's in the stores' statements:
 * all of it to the platform (they are undefined), to a partner its webhooks and what hangs on them. The first wall;
 * the second, PostgreSQL's own, is `walls.ts`.
 */
import { eq, sql, type Column, type SQL } from 'drizzle-orm'
import type { Scope } from '../../domain/access/scope.ts'
import { deliveries, partners, webhooks } from '../schema/index.ts'

export interface TenantConditions {
  /** What no partner reaches: orders, sites, customers, keys. */
  readonly platformOnly: SQL | undefined
  readonly webhooks: SQL | undefined
  readonly partners: SQL | undefined
  /** What hangs on a webhook. */
  ofWebhook(webhookId: Column | SQL): SQL | undefined
  /** An event that a webhook is or was owed: what is SKIPPED was not. */
  owed(eventId: Column): SQL | undefined
}

const allOfProject: TenantConditions = {
  platformOnly: undefined,
  webhooks: undefined,
  partners: undefined,
  ofWebhook: () => undefined,
  owed: () => undefined,
}

export function tenantConditions({ projectId, partnerId }: Scope): TenantConditions {
  if (partnerId === null) return allOfProject
  // An array, so that it is read once a statement, and each table is then reached by its index on the webhook.
  const mine = sql`any(array(
    select own.id from ${webhooks} own where own.project_id = ${projectId} and own.partner_id = ${partnerId}
  ))`
  return {
    platformOnly: sql`false`,
    webhooks: eq(webhooks.partnerId, partnerId),
    partners: eq(partners.id, partnerId),
    ofWebhook: (webhookId) => sql`${webhookId} = ${mine}`,
    owed: (eventId) => sql`exists (
      select from ${deliveries} owed
      where owed.event_id = ${eventId} and owed.state <> 'SKIPPED' and owed.webhook_id = ${mine}
    )`,
  }
}
