/** The server is killed when a pause ends, while the deliveries that waited are being sent. */
import { afterAll, expect, it } from 'vitest'
import type { Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endAll } from '../support/process.ts'
import { startFixture } from '../support/fixture.ts'
import { allSettled, checkLedger } from '../support/ledger.ts'
import type { Accepted } from '../support/load.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const orders = 40
const pauseMs = 4_000

afterAll(endAll)

it(
  'after a kill at the end of a pause every delivery that waited is delivered, and each request is a recorded attempt',
  { timeout: 120_000 },
  async () => {
    const fixture = await startFixture()
    const { receiver, siteId, webhookId, project, environment } = fixture
    const quick: Script = (_, response) => void setTimeout(() => response.writeHead(200).end(), 20)
    const slow: Script = (_, response) => void setTimeout(() => response.writeHead(200).end(), 1_000)
    receiver.script(slow)
    const until = new Date(Date.now() + pauseMs).toISOString()
    await fixture
      .tenant()
      .gql(`mutation ($input: WebhookPauseInput!) { webhookPause(input: $input) { userErrors { code } } }`, {
        input: { id: webhookId, until },
      })
    const accepted: Accepted[] = []
    for (let count = 0; count < orders; count += 1) {
      const made = await fixture
        .tenant()
        .gql<{ orderCreate: { order: { id: string } } }>(
          `mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { order { id } userErrors { code } } }`,
          { input: { siteId } },
        )
      accepted.push({ orderId: made.orderCreate.order.id, topic: 'order.created' })
    }
    expect(Date.now()).toBeLessThan(Date.parse(until))
    expect(receiver.requests).toHaveLength(0)
    await waitFor(() => receiver.requests.length > 0, { what: 'the end of the pause' })
    fixture.server().signal('SIGKILL')
    await fixture.server().ended
    receiver.script(quick)
    await fixture.restart()

    await allSettled(fixture.tenant(), webhookId)
    const ledger = await checkLedger(fixture.tenant(), webhookId, accepted, receiver.requests)
    expect(ledger.outcomes['SUCCEEDED']).toBe(orders)
    expect(ledger.outcomes['INTERRUPTED'] ?? 0).toBeGreaterThanOrEqual(ledger.duplicates)
    expect(await verifyDeliveries(environment, project)).toMatchObject({
      consistent: true,
      delivered: orders,
      pending: 0,
    })
    const { webhook } = await fixture
      .tenant()
      .gql<{ webhook: { paused: unknown } }>('query ($id: ID!) { webhook(id: $id) { paused { since } } }', {
        id: webhookId,
      })
    expect(webhook.paused).toBeNull()
    await fixture.close()
  },
)
