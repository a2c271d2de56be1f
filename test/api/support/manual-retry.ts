/**
 * Shared by the tests of manual retries, cancellations and replays: reads deliveries and waits for their attempts.
 */
import { makeApp, type App } from '../../../src/app.ts'
import type { TestServer, Tenant } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'
import { listDeliveries, type Input } from './fixtures.ts'

/** A retry schedule with one wait that is longer than any test. */
export const longWait: Input = { retry: { waits: [{ minMs: 600_000, maxMs: 600_000 }] } }

export interface DeliveryDetails {
  readonly state: string
  readonly skipReason: string | null
  readonly attemptCount: number
  readonly nextAttemptAt: string | null
  readonly finishedAt: string | null
  readonly attempts: {
    readonly nodes: readonly {
      readonly number: number
      readonly trigger: string
      readonly outcome: string
      readonly nextStep: string
      readonly nextStepReason: string
      readonly nextAttemptAt: string | null
    }[]
  }
}

export async function readDelivery(tenant: Tenant, id: string): Promise<DeliveryDetails> {
  const { delivery } = await tenant.gql<{ delivery: DeliveryDetails }>(
    `query ($id: ID!) { delivery(id: $id) { state skipReason attemptCount nextAttemptAt finishedAt
      attempts { nodes { number trigger outcome nextStep nextStepReason nextAttemptAt } } } }`,
    { id },
  )
  return delivery
}

/** Waits until `count` attempts of the delivery are recorded. */
export async function waitForAttempts(tenant: Tenant, id: string, count: number): Promise<DeliveryDetails> {
  let found = await readDelivery(tenant, id)
  await waitFor(
    async () => {
      found = await readDelivery(tenant, id)
      return found.attemptCount >= count
    },
    { what: `attempt ${count} of ${id}` },
  )
  return found
}

/** The id of the newest delivery. */
export async function newestDeliveryId(tenant: Tenant, filter: Input = {}): Promise<string> {
  const [delivery] = await listDeliveries(tenant, filter)
  if (delivery === undefined) throw new Error('expected a delivery, found none')
  return delivery.id
}

/** Starts another dispatcher on the database of the server, as a second process would. */
export function startDispatcher(server: TestServer): Promise<App> {
  return makeApp({ ...server.config, roles: ['dispatcher'] }, nullLog)
}
