/** A project as its operator makes it, by the commands, and its webhooks as its partners do, by GraphQL. */
import { tenantOf, type Tenant } from '../../support/server.ts'
import { ask, type Environment, type Server } from './process.ts'

export interface Project {
  readonly id: string
  readonly key: string
  /** Its clients' view, through whichever server serves now. */
  through(server: Server): Tenant
}

export interface DeliveryCounts {
  readonly events: number
  readonly deliveries: number
  readonly delivered: number
  readonly pending: number
  readonly consistent: boolean
}

export async function makeProject(environment: Environment): Promise<Project> {
  const { id } = await ask<{ id: string }>(environment, 'project', 'create', '--name', 'Acme')
  const wish = ['--project', id, '--role', 'PLATFORM']
  const { key } = await ask<{ key: string }>(environment, 'key', 'create', ...wish)
  return { id, key, through: (server) => tenantOf(server.url, id, key) }
}

export function verifyDeliveries(environment: Environment, project: Project): Promise<DeliveryCounts> {
  return ask<DeliveryCounts>(environment, 'verify-deliveries', '--project', project.id)
}

export async function makeSite(tenant: Tenant): Promise<string> {
  const made = await tenant.gql<{ siteCreate: { site: { id: string } } }>(
    `mutation ($input: SiteCreateInput!) { siteCreate(input: $input) { site { id } userErrors { code message } } }`,
    { input: { name: 'Main Street', partnerIdentifier: 'S-43', idempotencyKey: 'site-1' } },
  )
  return made.siteCreate.site.id
}

/** Waits of a second, so that a retry does not outlast the test; a short time limit, since a lease lasts 10 s longer. */
export async function makeWebhook(
  tenant: Tenant,
  url: string,
  { timeoutMs = 3_000, waitMs = 1_000 } = {},
): Promise<string> {
  const waits = Array.from({ length: 20 }, () => ({ minMs: waitMs, maxMs: waitMs }))
  const input = { name: 'POS', url, topics: ['order.*'], policy: { timeoutMs, retry: { waits } } }
  const made = await tenant.gql<{
    webhookCreate: { webhook: { id: string } | null; secret: string; userErrors: unknown }
  }>(
    `mutation ($input: WebhookCreateInput!) {
      webhookCreate(input: $input) { webhook { id } secret userErrors { code field message } }
    }`,
    { input },
  )
  const { webhook, userErrors } = made.webhookCreate
  if (webhook === null) throw new Error(`the webhook was refused: ${JSON.stringify(userErrors)}`)
  return webhook.id
}
