/** A project with one webhook and one order, whose delivery is PENDING or was just sent. */
import type { Receiver, Script } from '../../support/receiver.ts'
import type { Tenant, TestServer } from '../../support/server.ts'
import { createWebhook, createOrder, type Input, type WebhookAnswer } from './fixtures.ts'
import { newestDeliveryId } from './manual-retry.ts'
import { openReceiver } from './receivers.ts'

export interface StartedDelivery {
  readonly tenant: Tenant
  readonly receiver: Receiver
  readonly webhook: WebhookAnswer
  /** The id of the delivery. */
  readonly id: string
}

/** Creates the project, a webhook with this policy whose receiver gives these answers, and the order. */
export async function startDelivery(
  server: TestServer,
  policy: Input,
  ...answers: readonly Script[]
): Promise<StartedDelivery> {
  const tenant = await server.tenant()
  const receiver = await openReceiver(...answers)
  const webhook = await createWebhook(tenant, receiver, { policy })
  await createOrder(tenant)
  return { tenant, receiver, webhook, id: await newestDeliveryId(tenant) }
}
