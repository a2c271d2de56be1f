/** The server is killed in the middle of a probe of a disabled webhook; the receiver continues to run. */
import postgres from 'postgres'
import { afterAll, expect, it } from 'vitest'
import { migratedDatabase } from '../../support/postgres.ts'
import type { Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endAll } from '../support/process.ts'
import { startFixture } from '../support/fixture.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const skipped = 20

afterAll(endAll)

it(
  'after a kill in the middle of a probe it is recorded as INTERRUPTED, and the next probe enables the webhook and sends what was skipped once each',
  { timeout: 120_000 },
  async () => {
    const database = await migratedDatabase()
    const fixture = await startFixture({ settings: { DATABASE_URL: database.url }, timeoutMs: 1_000 })
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
    const { receiver, webhookId, siteId, project, environment } = fixture
    await sql`
      update webhooks set disabled_reason = 'FAILING_FOR', disabled_message = '', disabled_at = now() where id = ${webhookId}`
    for (let count = 0; count < skipped; count += 1)
      await fixture
        .tenant()
        .gql('mutation ($input: OrderCreateInput!) { orderCreate(input: $input) { userErrors { code } } }', {
          input: { siteId },
        })
    const noAnswer: Script = () => undefined
    receiver.script(noAnswer)
    const probeNow = () =>
      sql`update webhook_health set probe_due_at = now() - interval '1 second' where webhook_id = ${webhookId}`
    await probeNow()
    await waitFor(() => receiver.requests.length === 1, { what: 'the probe' })
    fixture.server().signal('SIGKILL')
    await fixture.server().ended
    receiver.script(200)
    await fixture.restart()

    const interrupted = () => sql`select delivery_id, trigger from attempts where outcome = 'INTERRUPTED'`
    await waitFor(async () => (await interrupted()).length === 1, {
      what: 'the interrupted probe',
      deadlineMs: 60_000,
    })
    const [probed] = await interrupted()
    expect(probed).toMatchObject({ trigger: 'MANUAL' })
    expect(receiver.requests).toHaveLength(1)
    await probeNow()
    await waitFor(() => receiver.requests.length === skipped + 1, {
      what: 'the requests',
      deadlineMs: 60_000,
    })
    const delivered = async () =>
      (await verifyDeliveries(environment, project)) as unknown as Readonly<Record<string, unknown>>
    await waitFor(async () => (await delivered())['delivered'] === skipped, { what: 'all to be DELIVERED' })
    expect(await delivered()).toMatchObject({ consistent: true, pending: 0 })
    const sent = receiver.requests.map(({ headers }) => String(headers['webhook-id']))
    expect(sent.slice(0, 2)).toEqual([probed?.['delivery_id'], probed?.['delivery_id']])
    expect(new Set(sent).size).toBe(skipped)
    await sql.end()
    await fixture.close()
    await database.drop()
  },
)
