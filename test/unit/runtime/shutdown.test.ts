/** A server that is told to stop while receivers keep it waiting: what is under way ends, what is left waits for the next start. */
import { afterAll, describe, expect, it } from 'vitest'
import { allSettled, checkLedger } from '../../system/chaos/ledger.ts'
import { startLoad } from '../../system/chaos/load.ts'
import { endAll, serverByNpm } from '../../system/chaos/process.ts'
import { startFixture, type Fixture } from '../../system/chaos/fixture.ts'
import { verifyDeliveries } from '../../system/chaos/tenant.ts'
import { waitFor } from '../../support/wait-for.ts'

const deadlineMs = 60_000
const timeout = 6 * deadlineMs
/** A second wish to stop within a second is taken for the first, told twice. */
const notTheSameWishMs = 1_100

afterAll(endAll)

/** Until so many requests are under way, and stops asking for more. */
async function underWay(fixture: Fixture, requests: number) {
  const load = startLoad(fixture.tenant, fixture.siteId)
  await waitFor(() => fixture.receiver.requests.length >= requests, {
    what: 'requests under way',
    deadlineMs,
  })
  await load.stop()
  return load
}

describe.concurrent('told to stop', () => {
  it.each([{ by: 'SIGTERM' }, { by: 'SIGINT' }] as const)(
    'by $by while sends are slow, it lets them end, ends with 0, and the next start delivers the rest',
    { timeout },
    async ({ by }) => {
      const fixture = await startFixture({ timeoutMs: 15_000 })
      const { receiver, webhookId, tenant, environment, project } = fixture
      // One of ours answers in time, the others only after we were told.
      let release: () => void = () => undefined
      const released = new Promise<void>((resolve) => (release = resolve))
      receiver.script((_request, response) => void released.then(() => response.writeHead(200).end()))
      const load = await underWay(fixture, 10)
      const seen = receiver.requests.length

      fixture.server().signal(by)
      await waitFor(() => fixture.server().log('stop.began').length > 0, { what: 'the stop', deadlineMs })
      release()
      const { code } = await fixture.server().ended

      expect(code).toBe(0)
      expect(seen).toBeGreaterThanOrEqual(10)
      expect(fixture.server().log('app.stopped')).toHaveLength(1)
      await fixture.startAgain()
      await allSettled(tenant(), webhookId, deadlineMs)
      const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
      expect(ledger.outcomes, 'no attempt was cut off').toEqual({ SUCCEEDED: ledger.deliveries.length })
      expect(ledger.duplicates).toBe(0)
      expect(await verifyDeliveries(environment, project)).toMatchObject({ consistent: true, pending: 0 })
      await fixture.close()
    },
  )

  it(
    'while a receiver never answers, it gives up after its grace and records the attempts as interrupted',
    {
      timeout,
    },
    async () => {
      const fixture = await startFixture({ timeoutMs: 30_000 })
      const { receiver, webhookId, tenant } = fixture
      receiver.script(() => undefined)
      const load = await underWay(fixture, 3)

      fixture.server().signal('SIGTERM')
      const { code } = await fixture.server().ended

      expect(code).toBe(0)
      receiver.script(200)
      await fixture.startAgain()
      await allSettled(tenant(), webhookId, deadlineMs)
      const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
      const { SUCCEEDED, INTERRUPTED, ...others } = ledger.outcomes
      expect(SUCCEEDED).toBe(ledger.deliveries.length)
      expect(INTERRUPTED).toBe(ledger.duplicates)
      expect(others, 'what our stop cut off is no failure of the receiver').toEqual({})
      await fixture.close()
    },
  )

  it(
    'a second time while a receiver never answers, it ends at once, and nothing is lost',
    {
      timeout,
    },
    async () => {
      const fixture = await startFixture({ timeoutMs: 3_000 })
      const { receiver, webhookId, tenant } = fixture
      receiver.script(() => undefined)
      const load = await underWay(fixture, 3)
      const server = fixture.server()

      server.signal('SIGTERM')
      await waitFor(() => server.log('stop.began').length > 0, { what: 'the stop', deadlineMs })
      await new Promise((resolve) => setTimeout(resolve, notTheSameWishMs))
      server.signal('SIGTERM')
      const { code } = await server.ended

      expect(code).toBe(1)
      expect(server.log('stop.forced')).toHaveLength(1)
      receiver.script(200)
      await fixture.startAgain()
      await allSettled(tenant(), webhookId, deadlineMs)
      const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
      expect(ledger.outcomes['SUCCEEDED']).toBe(ledger.deliveries.length)
      expect(ledger.outcomes['INTERRUPTED']).toBeGreaterThan(0)
      await fixture.close()
    },
  )
})

// By itself: it builds first, and the others keep both cores busy.
describe('told to stop', () => {
  it('with npm, which passes it on, it ends with 0 as well', { timeout }, async () => {
    const fixture = await startFixture({ command: serverByNpm })

    fixture.server().signal('SIGTERM')
    await fixture.server().ended

    expect(fixture.server().log('app.stopped')).toHaveLength(1)
    expect(fixture.server().log('stop.forced')).toHaveLength(0)
    await fixture.close()
  })
})
