/** A server stops while receivers are slow: running requests end, and the remaining deliveries wait for the next start. */
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { allSettled, checkLedger } from '../support/ledger.ts'
import { startLoad } from '../support/load.ts'
import { endAll, serverByNpm, startServer } from '../support/process.ts'
import { startFixture, type Fixture } from '../support/fixture.ts'
import { verifyDeliveries } from '../support/tenant.ts'
import { migratedDatabase } from '../../support/postgres.ts'
import { waitFor } from '../../support/wait-for.ts'

const deadlineMs = 60_000
const timeout = 6 * deadlineMs
/** A second signal within a second counts as a repetition of the first. */
const betweenSignalsMs = 1_100

afterAll(endAll)

/** Creates load until this many requests are in flight, then stops the load. */
async function requestsInFlight(fixture: Fixture, requests: number) {
  const load = startLoad(fixture.tenant, fixture.siteId)
  await waitFor(() => fixture.receiver.requests.length >= requests, {
    what: 'requests in flight',
    deadlineMs,
  })
  await load.stop()
  return load
}

describe.concurrent('shutdown', () => {
  it.each([{ by: 'SIGTERM' }, { by: 'SIGINT' }] as const)(
    '$by lets running requests finish, ends the process with 0, and the next start delivers the rest',
    { timeout },
    async ({ by }) => {
      const fixture = await startFixture({ timeoutMs: 15_000 })
      const { receiver, webhookId, tenant, environment, project } = fixture
      // The receiver answers only after the signal.
      let release: () => void = () => undefined
      const released = new Promise<void>((resolve) => (release = resolve))
      receiver.script((_request, response) => void released.then(() => response.writeHead(200).end()))
      const load = await requestsInFlight(fixture, 10)
      const seen = receiver.requests.length

      fixture.server().signal(by)
      await waitFor(() => fixture.server().log('stop.began').length > 0, { what: 'the stop', deadlineMs })
      release()
      const { code } = await fixture.server().ended

      expect(code).toBe(0)
      expect(seen).toBeGreaterThanOrEqual(10)
      expect(fixture.server().log('app.stopped')).toHaveLength(1)
      await fixture.restart()
      await allSettled(tenant(), webhookId, deadlineMs)
      const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
      expect(ledger.outcomes, 'no attempt was interrupted').toEqual({ SUCCEEDED: ledger.deliveries.length })
      expect(ledger.duplicates).toBe(0)
      expect(await verifyDeliveries(environment, project)).toMatchObject({ consistent: true, pending: 0 })
      await fixture.close()
    },
  )

  it(
    'SIGTERM while a receiver never answers ends the process with 0 after the grace and records INTERRUPTED attempts',
    {
      timeout,
    },
    async () => {
      const fixture = await startFixture({ timeoutMs: 30_000 })
      const { receiver, webhookId, tenant } = fixture
      receiver.script(() => undefined)
      const load = await requestsInFlight(fixture, 3)

      fixture.server().signal('SIGTERM')
      const { code } = await fixture.server().ended

      expect(code).toBe(0)
      receiver.script(200)
      await fixture.restart()
      await allSettled(tenant(), webhookId, deadlineMs)
      const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
      const { SUCCEEDED, INTERRUPTED, ...others } = ledger.outcomes
      expect(SUCCEEDED).toBe(ledger.deliveries.length)
      expect(INTERRUPTED).toBe(ledger.duplicates)
      expect(others, 'interrupted attempts are recorded as no failure of the receiver').toEqual({})
      await fixture.close()
    },
  )

  it(
    'a second SIGTERM while a receiver never answers ends the process at once with 1, and no delivery is lost',
    {
      timeout,
    },
    async () => {
      const fixture = await startFixture({ timeoutMs: 3_000 })
      const { receiver, webhookId, tenant } = fixture
      receiver.script(() => undefined)
      const load = await requestsInFlight(fixture, 3)
      const server = fixture.server()

      server.signal('SIGTERM')
      await waitFor(() => server.log('stop.began').length > 0, { what: 'the stop', deadlineMs })
      await new Promise((resolve) => setTimeout(resolve, betweenSignalsMs))
      server.signal('SIGTERM')
      const { code } = await server.ended

      expect(code).toBe(1)
      expect(server.log('stop.forced')).toHaveLength(1)
      receiver.script(200)
      await fixture.restart()
      await allSettled(tenant(), webhookId, deadlineMs)
      const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
      expect(ledger.outcomes['SUCCEEDED']).toBe(ledger.deliveries.length)
      expect(ledger.outcomes['INTERRUPTED']).toBeGreaterThan(0)
      await fixture.close()
    },
  )
})

// Not concurrent: `npm start` builds first, and the other tests keep both cores busy.
describe('shutdown of npm start', () => {
  it('npm passes SIGTERM on to the server, which stops normally', { timeout }, async () => {
    const database = await migratedDatabase()
    onTestFinished(() => database.drop())
    const SECRETS_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`
    const server = await startServer({ DATABASE_URL: database.url, SECRETS_KEYS }, serverByNpm)

    server.signal('SIGTERM')
    await server.ended

    expect(server.log('app.stopped')).toHaveLength(1)
    expect(server.log('stop.forced')).toHaveLength(0)
  })
})
