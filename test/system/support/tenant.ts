/** Creates a project with the commands, as an operator does, and its sites and webhooks with GraphQL, as partners do. */
import { tenantOf, type Tenant } from '../../support/server.ts'
import { runJsonCommand } from './command.ts'
import type { Environment, Server } from './process.ts'

export interface Project {
  readonly id: string
  readonly key: string
  /** An API client of the project at this server. */
  through(server: Server): Tenant
}

export interface DeliveryCounts {
  readonly events: number
  readonly deliveries: number
  readonly delivered: number
  readonly pending: number
  readonly consistent: boolean
}

export async function createProject(environment: Environment): Promise<Project> {
  const { id } = await runJsonCommand<{ id: string }>(environment, 'project', 'create', '--name', 'Acme')
  const options = ['--project', id, '--role', 'PLATFORM']
  const { key } = await runJsonCommand<{ key: string }>(environment, 'key', 'create', ...options)
  return { id, key, through: (server) => tenantOf(server.url, id, key) }
}

export function verifyDeliveries(environment: Environment, project: Project): Promise<DeliveryCounts> {
  return runJsonCommand<DeliveryCounts>(environment, 'verify-deliveries', '--project', project.id)
}

export async function createSite(tenant: Tenant): Promise<string> {
  const made = await tenant.gql<{ siteCreate: { site: { id: string } } }>(
    `mutation ($input: SiteCreateInput!) { siteCreate(input: $input) { site { id } userErrors { code message } } }`,
    { input: { name: 'Main Street', partnerIdentifier: 'S-43', idempotencyKey: 'site-1' } },
  )
  return made.siteCreate.site.id
}

/** Retries wait a second, so that they do not outlast the test. The time limit is short, because a lease lasts 10 s longer. */
export async function createWebhook(
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
