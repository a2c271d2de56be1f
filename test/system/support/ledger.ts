/** Compares the accepted events with the deliveries that the API returns and with the requests that the receiver got. */
import { expect } from 'vitest'
import type { Tenant } from '../../support/server.ts'
import type { Received } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import type { Accepted } from './load.ts'

interface Delivery {
  readonly id: string
  readonly state: string
  readonly event: { readonly topic: string; readonly order: { readonly id: string } }
  readonly attempts: { readonly nodes: readonly { readonly number: number; readonly outcome: string }[] }
}

export interface Ledger {
  readonly deliveries: readonly Delivery[]
  /** The number of requests for a delivery that the receiver had seen before. */
  readonly duplicates: number
  /** The number of attempts by outcome. */
  readonly outcomes: Readonly<Record<string, number>>
}

const page = `query ($after: String, $webhookIds: [ID!]) {
  deliveries(filter: { webhookIds: $webhookIds }, first: 100, after: $after) {
    nodes { id state event { topic order { id } } attempts(first: 20) { nodes { number outcome } } }
    pageInfo { hasNextPage endCursor }
  }
}`
const pending = `query ($webhookIds: [ID!]) {
  deliveries(filter: { webhookIds: $webhookIds, states: [PENDING] }, first: 1) { nodes { id } }
}`

/** Waits until a webhook has no pending delivery. Repeats a query that fails, because the server may be starting. */
export async function allSettled(tenant: Tenant, webhookId: string, deadlineMs = 60_000): Promise<void> {
  const hasNoPending = async (): Promise<boolean> => {
    try {
      const answer = await tenant.gql<{ deliveries: { nodes: unknown[] } }>(pending, {
        webhookIds: [webhookId],
      })
      return answer.deliveries.nodes.length === 0
    } catch {
      return false
    }
  }
  await waitFor(hasNoPending, { deadlineMs, what: `${webhookId} to have no pending delivery` })
}

/**
 * Checks the guarantees after a crash: every accepted event has one delivery and is delivered, the receiver saw it
 * under the id of its delivery, and each request that the receiver saw is a recorded attempt.
 */
export async function checkLedger(
  tenant: Tenant,
  webhookId: string,
  accepted: readonly Accepted[],
  requests: readonly Received[],
): Promise<Ledger> {
  const deliveries = await deliveriesOf(tenant, webhookId)
  const byEvent = new Map(deliveries.map((one) => [`${one.event.order.id} ${one.event.topic}`, one]))
  expect(byEvent.size, 'one delivery for each event').toBe(deliveries.length)
  const seen = new Map<string, number>()
  for (const request of requests) {
    const id = String(request.headers['webhook-id'])
    seen.set(id, (seen.get(id) ?? 0) + 1)
  }

  const lost = accepted.filter(({ orderId, topic }) => {
    const delivery = byEvent.get(`${orderId} ${topic}`)
    return delivery?.state !== 'DELIVERED' || !seen.has(delivery.id)
  })
  expect(lost, 'accepted and not delivered').toEqual([])

  const known = new Set(deliveries.map(({ id }) => id))
  expect(
    [...seen.keys()].filter((id) => !known.has(id)),
    'received with an id that no delivery has',
  ).toEqual([])
  const unrecorded = deliveries.filter(({ id, attempts }) => (seen.get(id) ?? 0) > attempts.nodes.length)
  expect(unrecorded, 'received more often than there are attempts').toEqual([])
  for (const { id, attempts } of deliveries)
    expect(
      attempts.nodes.map(({ number }) => number),
      `attempts of ${id}`,
    ).toEqual(attempts.nodes.map((_, index) => index + 1))

  const outcomes: Record<string, number> = {}
  for (const { attempts } of deliveries)
    for (const { outcome } of attempts.nodes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
  return { deliveries, duplicates: requests.length - seen.size, outcomes }
}

async function deliveriesOf(tenant: Tenant, webhookId: string): Promise<readonly Delivery[]> {
  const deliveries: Delivery[] = []
  for (let after: string | null = null; ;) {
    const answer: {
      deliveries: { nodes: Delivery[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
    } = await tenant.gql(page, { after, webhookIds: [webhookId] })
    deliveries.push(...answer.deliveries.nodes)
    if (!answer.deliveries.pageInfo.hasNextPage) return deliveries
    after = answer.deliveries.pageInfo.endCursor
  }
}
