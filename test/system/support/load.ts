/**
 * Clients that create orders and accept them, with a short pause after each answer, so that a test that waits under load
 * leaves CPU to others. A client without an answer repeats the request with the same idempotency key, as a client
 * should. Only answered requests count as accepted.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Tenant } from '../../support/server.ts'

/** An event that the server accepted: the order and the topic. */
export interface Accepted {
  readonly orderId: string
  readonly topic: 'order.created' | 'order.state_changed'
}

export interface Load {
  readonly accepted: readonly Accepted[]
  /** The number of requests that got no answer or a system error. */
  unanswered(): number
  /** Waits until every client has finished its current request. A request that still gets no answer is not accepted. */
  stop(): Promise<void>
}

const createOrder = `mutation ($input: OrderCreateInput!) {
  orderCreate(input: $input) { order { id } userErrors { code message } }
}`
const changeState = `mutation ($input: OrderStateChangeInput!) {
  orderStateChange(input: $input) { order { id } event { topic } userErrors { code message } }
}`
const repeatAfterMs = 50
const pauseMs = 50
const answerWithinMs = 10_000

interface Answer {
  readonly order: { readonly id: string } | null
  readonly userErrors: readonly unknown[]
}

/** `tenant` is called for each request, so that the load follows a server that restarted at another address. */
export function startLoad(tenant: () => Tenant, siteId: string, clients = 6): Load {
  const accepted: Accepted[] = []
  let unanswered = 0
  let stopping = false

  async function requestUntilAnswered(query: string, input: object): Promise<string | null> {
    for (;;) {
      try {
        const request = tenant().gql<Record<string, Answer>>(query, { input })
        const late = pause(answerWithinMs, undefined, { ref: false }).then(() => {
          throw new Error('no answer')
        })
        const [answer] = Object.values(await Promise.race([request, late]))
        if (answer?.order == null) throw new Refusal(JSON.stringify(answer?.userErrors))
        return answer.order.id
      } catch (error) {
        if (error instanceof Refusal) throw error
        unanswered += 1
        if (stopping) return null
        await pause(repeatAfterMs)
      }
    }
  }

  async function client(): Promise<void> {
    while (!stopping) {
      const idempotencyKey = randomUUID()
      const orderId = await requestUntilAnswered(createOrder, { siteId, idempotencyKey })
      if (orderId === null) return
      accepted.push({ orderId, topic: 'order.created' })
      await pause(pauseMs)
      const change = { orderId, state: 'ACCEPTED', idempotencyKey: `${idempotencyKey}-accept` }
      if ((await requestUntilAnswered(changeState, change)) === null) return
      accepted.push({ orderId, topic: 'order.state_changed' })
      await pause(pauseMs)
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

/** The server refused a request of the load: the test is wrong, not the server. */
class Refusal extends Error {}
