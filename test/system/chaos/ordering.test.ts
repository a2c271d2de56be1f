/** The server is killed while deliveries of webhooks with an ordering wait for earlier ones of their orders. */
import { afterAll, expect, it } from 'vitest'
import type { Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endAll } from '../support/process.ts'
import { startFixture } from '../support/fixture.ts'
import { allSettled, checkLedger } from '../support/ledger.ts'
import { startLoad } from '../support/load.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const kills = 2
/** Deliveries of one order that wait when the server is killed, with 50 ms for each request. */
const eventsPerKill = 60

afterAll(endAll)

it(
  'after kills under load a PER_ORDER webhook has got every order in sequence, repeats aside, and nothing is held',
  { timeout: 150_000 },
  async () => {
    const fixture = await startFixture()
    const { receiver, siteId, webhookId, project, environment } = fixture
    receiver.script(failingSometimes(50))
    await fixture
      .tenant()
      .gql(
        `mutation ($input: WebhookUpdateInput!) { webhookUpdate(input: $input) { userErrors { code } } }`,
        {
          input: {
            id: webhookId,
            ordering: 'PER_ORDER',
            policy: {
              retry: { waits: Array.from({ length: 12 }, () => ({ minMs: 1_000, maxMs: 1_000 })) },
              disable: [],
            },
          },
        },
      )
    const load = startLoad(fixture.tenant, siteId)
    for (let kill = 1; kill <= kills; kill += 1) {
      const before = receiver.requests.length
      await waitFor(() => receiver.requests.length >= before + eventsPerKill, {
        what: 'requests before the kill',
      })
      fixture.server().signal('SIGKILL')
      await fixture.server().ended
      await fixture.restart()
    }
    await load.stop()
    receiver.script((_, response) => void response.writeHead(200).end())
    await allSettled(fixture.tenant(), webhookId)

    const ledger = await checkLedger(fixture.tenant(), webhookId, load.accepted, receiver.requests)
    expect(ledger.deliveries.length).toBeGreaterThan(eventsPerKill)
    expect(ledger.deliveries.every(({ state }) => state === 'DELIVERED')).toBe(true)
    const latest = new Map<string, number>()
    for (const { body } of receiver.requests) {
      const { data } = JSON.parse(body) as { data: { id: string; sequence: number } }
      // A repeat has the sequence of the request before; an earlier event never follows a later one.
      expect(data.sequence).toBeGreaterThanOrEqual(latest.get(data.id) ?? 0)
      latest.set(data.id, data.sequence)
    }
    expect(await verifyDeliveries(environment, project)).toMatchObject({ consistent: true, pending: 0 })
    await fixture.close()
  },
)

/** Answers every fourth request with 503. */
function failingSometimes(afterMs: number): Script {
  let count = 0
  return (_, response) => {
    count += 1
    const status = count % 4 === 0 ? 503 : 200
    setTimeout(() => response.writeHead(status).end(), afterMs)
  }
}
