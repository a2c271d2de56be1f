/**
 * The server is killed under load, as by the kernel when memory runs out; the receiver continues to run. The kill comes
 * while mutations commit and requests are in flight, at no particular statement.
 */
import { afterAll, expect, it } from 'vitest'
import { depth } from '../../support/depth.ts'
import { waitFor } from '../../support/wait-for.ts'
import { allSettled, checkLedger } from '../support/ledger.ts'
import { startLoad } from '../support/load.ts'
import { endAll, serverByNode, serverByNpm } from '../support/process.ts'
import { startFixture } from '../support/fixture.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const enough = depth(300)
const patienceMs = 120_000
/** Long enough that requests are in flight when the server is killed, also on a slow machine. */
const inFlightMs = 500

afterAll(endAll)

it.concurrent.each([
  { what: 'the server', command: serverByNode },
  { what: 'the npm process that started the server', command: serverByNpm },
])(
  'after SIGKILL of $what under load, the next start on its data folder delivers every accepted event',
  { timeout: patienceMs },
  async ({ what, command }) => {
    const fixture = await startFixture({ command })
    fixture.receiver.script((_request, response) => {
      setTimeout(() => response.writeHead(200).end(), inFlightMs)
    })
    const load = startLoad(fixture.tenant, fixture.siteId)
    await waitFor(() => load.accepted.length >= enough && fixture.receiver.requests.length >= enough / 2, {
      what: 'load',
      deadlineMs: patienceMs,
    })

    const killed = fixture.server()
    killed.signal('SIGKILL')
    const killedAt = performance.now()
    await killed.ended
    const acceptedBefore = load.accepted.length
    // By node, because `npm start` would build again.
    await fixture.restart()
    const upAfterMs = performance.now() - killedAt
    await waitFor(() => load.accepted.length >= acceptedBefore + enough, {
      what: 'load after the start',
      deadlineMs: patienceMs,
    })
    await load.stop()
    await allSettled(fixture.tenant(), fixture.webhookId)
    const settledAfterMs = performance.now() - killedAt

    const { tenant, webhookId, receiver, environment, project } = fixture
    const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
    const { SUCCEEDED = 0, INTERRUPTED = 0, ...others } = ledger.outcomes
    expect(SUCCEEDED).toBe(ledger.deliveries.length)
    expect(INTERRUPTED, 'requests were in flight when the server was killed').toBeGreaterThan(0)
    expect(others, 'only the kill caused failed attempts').toEqual({})
    expect(ledger.duplicates).toBeLessThanOrEqual(INTERRUPTED)
    expect(load.unanswered(), 'clients had failed requests').toBeGreaterThan(0)
    expect(await verifyDeliveries(environment, project)).toMatchObject({
      consistent: true,
      pending: 0,
      delivered: ledger.deliveries.length,
    })
    console.info(
      `killed ${what}: ${load.accepted.length} accepted, up after ${Math.round(upAfterMs)} ms, all delivered after ` +
        `${Math.round(settledAfterMs)} ms, ${ledger.duplicates} duplicates, ${INTERRUPTED} interrupted`,
    )
    await fixture.close()
  },
)
