/** The server is killed during manual retries; the receiver continues to run. */
import { afterAll, expect, it } from 'vitest'
import type { Tenant } from '../../support/server.ts'
import type { Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endAll } from '../support/process.ts'
import { startFixture } from '../support/fixture.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const patienceMs = 120_000

afterAll(endAll)

it(
  'a manual attempt that a kill interrupts is recorded as INTERRUPTED and sent again as a manual attempt',
  { timeout: patienceMs },
  async () => {
    const fixture = await startFixture()
    const { receiver, siteId } = fixture
    const mutateDelivery = (name: string, id: string) =>
      fixture.tenant().gql(
        `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) {
        ${name}(input: $input) { userErrors { code } } }`,
        { input: { id } },
      )
    receiver.script(200)
    const sent = await createDelivery(fixture.tenant(), siteId)
    await waitFor(async () => (await readDelivery(fixture.tenant(), sent)).state === 'DELIVERED', {
      what: 'a delivery',
    })
    receiver.script(500)
    const cancelled = await createDelivery(fixture.tenant(), siteId)
    await waitFor(async () => (await readDelivery(fixture.tenant(), cancelled)).attempts.nodes.length > 0, {
      what: 'a failure',
    })
    await mutateDelivery('deliveryCancel', cancelled)

    // Both are retried manually, and the receiver does not answer.
    const noAnswer: Script = () => undefined
    receiver.script(noAnswer)
    const before = receiver.requests.length
    await mutateDelivery('deliveryRetry', sent)
    await mutateDelivery('deliveryRetry', cancelled)
    await waitFor(() => receiver.requests.length >= before + 2, {
      what: 'the requests of the manual retries',
    })
    fixture.server().signal('SIGKILL')
    await fixture.server().ended
    receiver.script((request, response) => {
      response.writeHead(request.headers['webhook-id'] === cancelled ? 200 : 500).end()
    })
    await fixture.restart()
    const isFinished = async (id: string) => (await readDelivery(fixture.tenant(), id)).state !== 'PENDING'
    await waitFor(async () => (await isFinished(sent)) && (await isFinished(cancelled)), {
      what: 'both deliveries to be finished',
      deadlineMs: 60_000,
    })

    expect(await readDelivery(fixture.tenant(), sent)).toMatchObject({
      // The delivery had succeeded before, and a failed manual attempt does not change that.
      state: 'DELIVERED',
      attempts: {
        nodes: [succeeded, interrupted(2), { trigger: 'MANUAL', number: 3, outcome: 'HTTP_ERROR' }],
      },
    })
    const { state, attempts } = await readDelivery(fixture.tenant(), cancelled)
    expect(state).toBe('DELIVERED')
    expect(attempts.nodes.slice(-2)).toMatchObject([
      interrupted(attempts.nodes.length - 1),
      { trigger: 'MANUAL', outcome: 'SUCCEEDED' },
    ])
    expect(await verifyDeliveries(fixture.environment, fixture.project)).toMatchObject({
      consistent: true,
      pending: 0,
      delivered: 2,
    })
    await fixture.close()
  },
)

const succeeded = { trigger: 'SCHEDULE', number: 1, outcome: 'SUCCEEDED' }
const interrupted = (number: number) => ({
  trigger: 'MANUAL',
  number,
  outcome: 'INTERRUPTED',
  nextStep: 'RETRY',
})

/** Creates an order and returns the id of its delivery. */
async function createDelivery(tenant: Tenant, siteId: string): Promise<string> {
  const made = await tenant.gql<{ orderCreate: { order: { deliveries: { nodes: { id: string }[] } } } }>(
    `mutation ($input: OrderCreateInput!) { orderCreate(input: $input) {
      order { deliveries { nodes { id } } } userErrors { code } } }`,
    { input: { siteId } },
  )
  const [delivery] = made.orderCreate.order.deliveries.nodes
  if (delivery === undefined) throw new Error('expected a delivery')
  return delivery.id
}

interface DeliveryView {
  readonly state: string
  readonly attempts: { readonly nodes: readonly { readonly trigger: string }[] }
}

async function readDelivery(tenant: Tenant, id: string): Promise<DeliveryView> {
  const { delivery } = await tenant.gql<{ delivery: DeliveryView }>(
    `query ($id: ID!) { delivery(id: $id) { state attempts { nodes { number trigger outcome nextStep } } } }`,
    { id },
  )
  return delivery
}
