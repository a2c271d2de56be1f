/**
 * Clients that create orders and accept them, as fast as they are answered. One that gets no
 * answer asks again under the same idempotency key, as a client should; only what was answered
 * counts as accepted.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Tenant } from '../../support/server.ts'

/** What a server answered for: an order's event of this topic. */
export interface Accepted {
  readonly orderId: string
  readonly topic: 'order.created' | 'order.state_changed'
}

export interface Load {
  readonly accepted: readonly Accepted[]
  /** Requests that got no answer, or a system failure for one. */
  unanswered(): number
  /** Lets every client finish what it is at; what still gets no answer counts as not accepted. */
  stop(): Promise<void>
}

const createOrder = `mutation ($input: OrderCreateInput!) {
  orderCreate(input: $input) { order { id } userErrors { code message } }
}`
const changeState = `mutation ($input: OrderStateChangeInput!) {
  orderStateChange(input: $input) { order { id } event { topic } userErrors { code message } }
}`
const againAfterMs = 50
const answerWithinMs = 10_000

interface Answer {
  readonly order: { readonly id: string } | null
  readonly userErrors: readonly unknown[]
}

/** `tenant` is asked for each request, so that the load follows a server that came back elsewhere. */
export function startLoad(tenant: () => Tenant, siteId: string, clients = 6): Load {
  const accepted: Accepted[] = []
  let unanswered = 0
  let stopping = false

  async function askUntilAnswered(query: string, input: object): Promise<string | null> {
    for (;;) {
      try {
        const asking = tenant().gql<Record<string, Answer>>(query, { input })
        const late = pause(answerWithinMs, undefined, { ref: false }).then(() => {
          throw new Error('no answer')
        })
        const [answer] = Object.values(await Promise.race([asking, late]))
        if (answer?.order == null) throw new Refusal(JSON.stringify(answer?.userErrors))
        return answer.order.id
      } catch (error) {
        if (error instanceof Refusal) throw error
        unanswered += 1
        if (stopping) return null
        await pause(againAfterMs)
      }
    }
  }

  async function client(): Promise<void> {
    while (!stopping) {
      const idempotencyKey = randomUUID()
      const orderId = await askUntilAnswered(createOrder, { siteId, idempotencyKey })
      if (orderId === null) return
      accepted.push({ orderId, topic: 'order.created' })
      const change = { orderId, state: 'ACCEPTED', idempotencyKey: `${idempotencyKey}-accept` }
      if ((await askUntilAnswered(changeState, change)) === null) return
      accepted.push({ orderId, topic: 'order.state_changed' })
    }
  }

  const running = Promise.all(Array.from({ length: clients }, client))
  running.catch(() => undefined)
  return {
    accepted,
    unanswered: () => unanswered,
    stop: async () => {
      stopping = true
      await running
    },
  }
}

/** The load asked for something wrong: the test is, not the server. */
class Refusal extends Error {}
