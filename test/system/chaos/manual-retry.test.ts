/** The server is killed while it sends what a person asked for; its receiver lives on. */
import { afterAll, expect, it } from 'vitest'
import type { Tenant } from '../../support/server.ts'
import type { Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endAll } from './process.ts'
import { startFixture } from './fixture.ts'
import { verifyDeliveries } from './tenant.ts'

const patienceMs = 120_000

afterAll(endAll)

it(
  "a person's attempt that a kill interrupts is recorded so, and sent again as a person's",
  { timeout: patienceMs },
  async () => {
    const fixture = await startFixture()
    const { receiver, siteId } = fixture
    const ask = (name: string, id: string) =>
      fixture.tenant().gql(
        `mutation ($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) {
        ${name}(input: $input) { userErrors { code } } }`,
        { input: { id } },
      )
    receiver.script(200)
    const sent = await owe(fixture.tenant(), siteId)
    await waitFor(async () => (await look(fixture.tenant(), sent)).state === 'DELIVERED', {
      what: 'a delivery',
    })
    receiver.script(500)
    const cancelled = await owe(fixture.tenant(), siteId)
    await waitFor(async () => (await look(fixture.tenant(), cancelled)).attempts.nodes.length > 0, {
      what: 'a failure',
    })
    await ask('deliveryCancel', cancelled)

    // Both are asked for again, and their receiver takes its time.
    const never: Script = () => undefined
    receiver.script(never)
    const heard = receiver.requests.length
    await ask('deliveryRetry', sent)
    await ask('deliveryRetry', cancelled)
    await waitFor(() => receiver.requests.length >= heard + 2, { what: "the person's requests" })
    fixture.server().signal('SIGKILL')
    await fixture.server().ended
    receiver.script((request, response) => {
      response.writeHead(request.headers['webhook-id'] === cancelled ? 200 : 500).end()
    })
    await fixture.startAgain()
    const isOver = async (id: string) => (await look(fixture.tenant(), id)).state !== 'PENDING'
    await waitFor(async () => (await isOver(sent)) && (await isOver(cancelled)), {
      what: 'both to be over',
      deadlineMs: 60_000,
    })

    expect(await look(fixture.tenant(), sent)).toMatchObject({
      // It had been taken before, and a failure does not undo that.
      state: 'DELIVERED',
      attempts: { nodes: [taken, interrupted(2), { trigger: 'PERSON', number: 3, outcome: 'HTTP_ERROR' }] },
    })
    const { state, attempts } = await look(fixture.tenant(), cancelled)
    expect(state).toBe('DELIVERED')
    expect(attempts.nodes.slice(-2)).toMatchObject([
      interrupted(attempts.nodes.length - 1),
      { trigger: 'PERSON', outcome: 'SUCCEEDED' },
    ])
    expect(await verifyDeliveries(fixture.environment, fixture.project)).toMatchObject({
      consistent: true,
      pending: 0,
      delivered: 2,
    })
    await fixture.close()
  },
)

const taken = { trigger: 'SCHEDULE', number: 1, outcome: 'SUCCEEDED' }
const interrupted = (number: number) => ({
  trigger: 'PERSON',
  number,
  outcome: 'INTERRUPTED',
  nextStep: 'RETRY',
})

/** An order's delivery. */
async function owe(tenant: Tenant, siteId: string): Promise<string> {
  const made = await tenant.gql<{ orderCreate: { order: { deliveries: { nodes: { id: string }[] } } } }>(
    `mutation ($input: OrderCreateInput!) { orderCreate(input: $input) {
      order { deliveries { nodes { id } } } userErrors { code } } }`,
    { input: { siteId } },
  )
  const [delivery] = made.orderCreate.order.deliveries.nodes
  if (delivery === undefined) throw new Error('expected a delivery')
  return delivery.id
}

interface Looked {
  readonly state: string
  readonly attempts: { readonly nodes: readonly { readonly trigger: string }[] }
}

async function look(tenant: Tenant, id: string): Promise<Looked> {
  const { delivery } = await tenant.gql<{ delivery: Looked }>(
    `query ($id: ID!) { delivery(id: $id) { state attempts { nodes { number trigger outcome nextStep } } } }`,
    { id },
  )
  return delivery
}
