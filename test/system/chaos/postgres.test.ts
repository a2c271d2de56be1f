/** Only PostgreSQL is killed; the server process continues to run. */
import { afterAll, expect, it } from 'vitest'
import { depth } from '../../support/depth.ts'
import { waitFor } from '../../support/wait-for.ts'
import { allSettled, checkLedger } from '../support/ledger.ts'
import { startLoad } from '../support/load.ts'
import { endAll } from '../support/process.ts'
import { startFixture } from '../support/fixture.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const enough = depth(300)
const deadlineMs = 60_000

afterAll(endAll)

it(
  'a server whose PostgreSQL is killed with SIGKILL twice under load keeps running and delivers every accepted event',
  { timeout: 2 * deadlineMs },
  async () => {
    const fixture = await startFixture()
    const server = fixture.server()
    const load = startLoad(fixture.tenant, fixture.siteId)
    const recoveries: number[] = []

    for (const deaths of [1, 2]) {
      const before = load.accepted.length
      await waitFor(() => load.accepted.length >= before + enough, { what: 'load', deadlineMs })
      const starts = [...server.log('postgres.started'), ...server.log('postgres.restarted')]
      process.kill(Number(starts.at(-1)?.['postgresPid']), 'SIGKILL')
      const killedAt = performance.now()
      await waitFor(() => server.isOver() || server.log('postgres.restarted').length === deaths, {
        what: 'PostgreSQL',
        deadlineMs,
      })
      expect(server.isOver(), `the server is running; ${server.stderr().slice(-500)}`).toBe(false)
      const acceptedBefore = load.accepted.length
      await waitFor(() => load.accepted.length > acceptedBefore, { what: 'an accepted order', deadlineMs })
      recoveries.push(Math.round(performance.now() - killedAt))
    }
    const before = load.accepted.length
    await waitFor(() => load.accepted.length >= before + enough, { what: 'load', deadlineMs })
    await load.stop()
    await allSettled(fixture.tenant(), fixture.webhookId, deadlineMs)

    const { tenant, webhookId, receiver, environment, project } = fixture
    expect(server.isOver(), 'the server is running').toBe(false)
    expect(server.log('postgres.died')).toHaveLength(2)
    const ledger = await checkLedger(tenant(), webhookId, load.accepted, receiver.requests)
    const { SUCCEEDED = 0, INTERRUPTED = 0, ...others } = ledger.outcomes
    expect(SUCCEEDED).toBe(ledger.deliveries.length)
    expect(others, 'an outage of PostgreSQL is recorded as no failure of the receiver').toEqual({})
    expect(ledger.duplicates).toBeLessThanOrEqual(INTERRUPTED)
    expect(await verifyDeliveries(environment, project)).toMatchObject({ consistent: true, pending: 0 })
    const ready = await fetch(new URL('/readyz', server.url))
    expect(ready.status).toBe(200)
    console.info(
      `killed PostgreSQL twice: ${load.accepted.length} accepted, accepting again after ${recoveries.join(' and ')} ms, ` +
        `${ledger.duplicates} duplicates, ${INTERRUPTED} interrupted`,
    )
    await fixture.close()
  },
)
