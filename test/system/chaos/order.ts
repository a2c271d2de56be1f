/** One order, where a test follows what becomes of it. */
import { randomUUID } from 'node:crypto'
import type { Tenant } from '../../support/server.ts'

/** Throws when it is not accepted. */
export async function createOrder(tenant: Tenant, siteId: string): Promise<string> {
  const made = await tenant.gql<{ orderCreate: { order: { id: string } | null; userErrors: unknown } }>(
    `mutation ($input: OrderCreateInput!) {
      orderCreate(input: $input) { order { id } userErrors { code message } }
    }`,
    { input: { siteId, partnerIdentifier: randomUUID(), idempotencyKey: randomUUID() } },
  )
  const { order, userErrors } = made.orderCreate
  if (order === null) throw new Error(`the order was refused: ${JSON.stringify(userErrors)}`)
  return order.id
}
