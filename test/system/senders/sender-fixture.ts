/** A server for a test file, and projects with one webhook of a preset and a partner that receives its requests. */
import { afterAll, beforeAll } from 'vitest'
import type { Preset } from '../../../src/domain/webhooks/preset.ts'
import {
  mutateOrThrow,
  waitForSettled,
  type DeliveryNode,
  type Input,
  type WebhookAnswer,
} from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startPartner, type Answer, type Partner, type Credentials } from './partner.ts'

export interface RegisteredWebhook {
  readonly tenant: Tenant
  readonly partner: Partner
  readonly webhook: WebhookAnswer
  readonly credentials: Credentials
  readonly filter: Input
  readonly siteId: string
}

export interface WebhookOptions {
  readonly preset: Preset
  readonly policy?: Input
  readonly settings?: Input
  /** The partner's answers once the webhook is saved. */
  readonly answers?: readonly Answer[]
  readonly tls?: boolean
}

/** One attempt for each delivery and no rule that disables, for tests of single attempts. */
export const singleAttempt: Input = { retry: { waits: [] }, disable: [] }

/** Allows plain http: of the documents only that of Fast Events requires https. */
export function plainHttp(policy: Input = {}): Input {
  return { ...policy, httpsOnly: false }
}

/** Starts a server before the tests of a file and closes it with its partners after them. */
export function useSenderFixture(environment: Readonly<Record<string, string>> = {}) {
  let server: TestServer
  const partners: Partner[] = []
  beforeAll(async () => {
    server = await startTestServer(environment)
  })
  afterAll(async () => {
    await Promise.all(partners.map((partner) => partner.close()))
    await server.close()
  })
  return {
    server: () => server,
    /** Starts a partner without a webhook. */
    partner: async (tls = false): Promise<Partner> => {
      const partner = await startPartner({ tls })
      partners.push(partner)
      return partner
    },
    registerWebhook: async ({
      preset,
      policy,
      settings,
      answers = [200],
      tls = false,
    }: WebhookOptions): Promise<RegisteredWebhook> => {
      const tenant = await server.tenant()
      const partner = await startPartner({ tls })
      partners.push(partner)
      const { webhook, secret, token } = await mutateOrThrow<Credentials & { webhook: WebhookAnswer }>(
        tenant,
        'WebhookCreate',
        {
          ...{ name: 'POS', url: partner.url, topics: ['order.*'], preset },
          ...{ policy: tls ? policy : plainHttp(policy), ...settings },
        },
      )
      partner.script(...answers)
      const { site } = await mutateOrThrow<{ site: { id: string } }>(tenant, 'SiteCreate', {
        name: 'Main Street',
      })
      const filter = { webhookIds: [webhook.id] }
      return { tenant, partner, webhook, credentials: { secret, token }, filter, siteId: site.id }
    },
  }
}

/** Creates an order, whose event every dialect sends, and returns its id. */
export async function createOrder({ tenant, siteId }: RegisteredWebhook): Promise<string> {
  const { order } = await mutateOrThrow<{ order: { id: string } }>(tenant, 'OrderCreate', { siteId })
  return order.id
}

/** Creates orders at the same time and waits until their deliveries are settled. Returns the deliveries. */
export async function deliverOrders(
  registered: RegisteredWebhook,
  times: number,
): Promise<readonly DeliveryNode[]> {
  const orderIds = await Promise.all(Array.from({ length: times }, () => createOrder(registered)))
  return waitForSettled(registered.tenant, { ...registered.filter, orderIds }, times)
}

/** The state of the webhook as its partner sees it. */
export async function stateOf({ tenant, webhook }: RegisteredWebhook) {
  const data = await tenant.gql<{ webhook: WebhookState }>(
    `query ($id: ID!) { webhook(id: $id) { enabled consecutiveFailures disabled { reason message at } } }`,
    { id: webhook.id },
  )
  return data.webhook
}

export interface WebhookState {
  readonly enabled: boolean
  readonly consecutiveFailures: number
  readonly disabled: { readonly reason: string; readonly message: string; readonly at: string } | null
}
