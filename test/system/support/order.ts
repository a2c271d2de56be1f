/** Creates one order whose delivery a test follows. */
import { randomUUID } from 'node:crypto'
import type { Tenant } from '../../support/server.ts'

/** Returns the order's id. Throws when the server does not accept the order. */
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
