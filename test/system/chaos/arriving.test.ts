/** The server is killed while events `order.arriving` are due, and its clock jumps: each order has one event. */
import { afterAll, expect, it } from 'vitest'
import { shiftedClock } from '../../support/shifted-clock.ts'
import { waitFor } from '../../support/wait-for.ts'
import { startFixture, type Fixture } from '../support/fixture.ts'
import { endAll } from '../support/process.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const orders = 150
const hourMs = 3_600_000

afterAll(endAll)

/** Creates orders that are due at once when the project gets its minutes. */
async function createOrders({ tenant, siteId }: Fixture, count: number): Promise<readonly string[]> {
  const etaAt = new Date(Date.now() + 5 * 60_000).toISOString()
  const made = await Promise.all(
    Array.from({ length: count }, () =>
      tenant().gql<{ orderCreate: { order: { id: string } } }>(
        `mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { code } } }`,
        { input: { siteId, etaAt } },
      ),
    ),
  )
  return made.map(({ orderCreate }) => orderCreate.order.id)
}

async function setMinutes({ tenant }: Fixture): Promise<void> {
  await tenant().gql(`mutation { projectUpdate(input: { arrivingMinutes: [10] }) { userErrors { code } } }`)
}

/** The orders of all events `order.arriving`. */
async function arrivals({ tenant }: Fixture): Promise<readonly string[]> {
  const ids: string[] = []
  for (let after: string | null = null; ;) {
    const { events }: { events: Page } = await tenant().gql<{ events: Page }>(
      `query ($after: String) { events(filter: { topics: ["order.arriving"] }, first: 100, after: $after) {
        nodes { order { id } } pageInfo { hasNextPage endCursor } } }`,
      { after },
    )
    ids.push(...events.nodes.map(({ order }) => order.id))
    if (!events.pageInfo.hasNextPage) return ids
    after = events.pageInfo.endCursor
  }
}

interface Page {
  readonly nodes: readonly { readonly order: { readonly id: string } }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

it(
  `after a kill in the middle of ${orders} due times each order has one event order.arriving`,
  { timeout: 120_000 },
  async () => {
    const fixture = await startFixture()
    fixture.receiver.script((_request, response) => void response.writeHead(200).end())
    const ids = await createOrders(fixture, orders)
    await setMinutes(fixture)
    await waitFor(async () => (await arrivals(fixture)).length > 0, { what: 'the first event' })
    fixture.server().signal('SIGKILL')
    await fixture.server().ended
    await fixture.restart()
    await waitFor(async () => (await arrivals(fixture)).length >= orders, { what: 'all events' })
    expect((await arrivals(fixture)).toSorted()).toEqual([...ids].toSorted())
    const expected = { consistent: true, events: 2 * orders, pending: 0, delivered: 2 * orders }
    await waitFor(
      async () => (await verifyDeliveries(fixture.environment, fixture.project)).delivered === 2 * orders,
      { what: 'all deliveries' },
    )
    expect(await verifyDeliveries(fixture.environment, fixture.project)).toMatchObject(expected)
    await fixture.close()
  },
)

it.concurrent.each([hourMs, -hourMs])(
  'a server whose clock jumps by %i ms creates order.arriving once, and only when it is due',
  { timeout: 120_000 },
  async (shiftMs) => {
    const fixture = await startFixture({ settings: shiftedClock(shiftMs) })
    await setMinutes(fixture)
    const late = await fixture
      .tenant()
      .gql<{ orderCreate: { order: { id: string } } }>(
        `mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { code } } }`,
        { input: { siteId: fixture.siteId, etaAt: new Date(Date.now() + 65 * 60_000).toISOString() } },
      )
    fixture.server().signal('SIGUSR2')
    const ids = await createOrders(fixture, 3)
    await waitFor(async () => (await arrivals(fixture)).length === 3, { what: 'the events' })
    // Two sweeps more.
    await new Promise((resolve) => setTimeout(resolve, 11_000))
    const found = await arrivals(fixture)
    expect(found.toSorted()).toEqual([...ids].toSorted())
    expect(found).not.toContain(late.orderCreate.order.id)
    await fixture.close()
  },
)
