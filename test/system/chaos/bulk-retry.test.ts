/** The server is killed in the middle of a bulk retry of 10,000 deliveries; the receiver continues to run. */
import postgres from 'postgres'
import { afterAll, expect, it } from 'vitest'
import { migratedDatabase } from '../../support/postgres.ts'
import type { Script } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { endAll } from '../support/process.ts'
import { startFixture } from '../support/fixture.ts'
import { verifyDeliveries } from '../support/tenant.ts'

const deliveries = 10_000

afterAll(endAll)

it(
  'after a kill in the middle of a bulk retry of 10,000, each delivery is delivered, counted once, and requested twice only where an attempt was INTERRUPTED',
  { timeout: 180_000 },
  async () => {
    const database = await migratedDatabase()
    const fixture = await startFixture({ settings: { DATABASE_URL: database.url }, timeoutMs: 1_000 })
    const sql = postgres(database.url, { max: 1, onnotice: () => undefined })
    const { receiver, webhookId, project, environment } = fixture
    const quick: Script = (_, response) => void setTimeout(() => response.writeHead(200).end(), 20)
    receiver.script(quick)
    await insertExhausted(sql, project.id, webhookId)

    const started = await fixture
      .tenant()
      .gql<{ deliveriesRetry: { bulkRetry: { id: string; total: number } } }>(
        `mutation ($input: DeliveriesRetryInput!) { deliveriesRetry(input: $input) {
        bulkRetry { id total } userErrors { code field message } } }`,
        { input: { filter: { webhookIds: [webhookId] }, ratePerSecond: 1_000 } },
      )
    const { id, total } = started.deliveriesRetry.bulkRetry
    expect(total).toBe(deliveries)
    await waitFor(() => receiver.requests.length > deliveries / 4, { what: 'a quarter of the retries' })
    fixture.server().signal('SIGKILL')
    await fixture.server().ended
    expect(receiver.requests.length).toBeLessThan(deliveries)
    await fixture.restart()

    const read = async () =>
      (
        await fixture
          .tenant()
          .gql<{ bulkRetry: Readonly<Record<string, unknown>> }>(
            'query ($id: ID!) { bulkRetry(id: $id) { state total done delivered failed leftAlone } }',
            { id },
          )
      ).bulkRetry
    await waitFor(async () => (await read())['state'] === 'DONE', {
      what: 'the end of the bulk retry',
      deadlineMs: 120_000,
    })
    expect(await read()).toEqual({
      ...{ state: 'DONE', total: deliveries, done: deliveries },
      ...{ delivered: deliveries, failed: 0, leftAlone: 0 },
    })
    const attempts = await sql<{ id: string; recorded: number; interrupted: number }[]>`
      select delivery_id as id, count(*)::int as recorded,
        count(*) filter (where outcome = 'INTERRUPTED')::int as interrupted
      from attempts where webhook_id = ${webhookId} and trigger = 'MANUAL' group by delivery_id`
    expect(attempts).toHaveLength(deliveries)
    expect(attempts.filter(({ recorded, interrupted }) => recorded !== interrupted + 1)).toEqual([])
    const seen = new Map<string, number>()
    for (const { headers } of receiver.requests) {
      const delivery = String(headers['webhook-id'])
      seen.set(delivery, (seen.get(delivery) ?? 0) + 1)
    }
    expect(seen.size).toBe(deliveries)
    expect(attempts.filter((one) => (seen.get(one.id) ?? 0) > one.recorded)).toEqual([])
    expect(await verifyDeliveries(environment, project)).toMatchObject({
      ...{ consistent: true, deliveries, delivered: deliveries, pending: 0 },
    })
    expect(await sql`select from bulk_retry_pages union all select from bulk_retry_in_progress`).toHaveLength(
      0,
    )
    await sql.end()
    await fixture.close()
    await database.drop()
  },
)

/** Deliveries whose first attempt failed, without the attempts. */
async function insertExhausted(sql: postgres.Sql, projectId: string, webhookId: string): Promise<void> {
  await sql`
    insert into events (id, project_id, topic, data, delivery_count, created_at)
    select 'evt_01kjd3s5x0' || to_char(n, 'FM0000000000000000'), ${projectId}, 'menu.updated', '{}', 1, now()
    from generate_series(1, ${deliveries}::int) n`
  await sql`
    insert into deliveries (id, project_id, webhook_id, event_id, topic, state, attempt_count, failures, created_at, finished_at)
    select 'dlv_01kjd3s5x0' || to_char(n, 'FM0000000000000000'), ${projectId}, ${webhookId},
      'evt_01kjd3s5x0' || to_char(n, 'FM0000000000000000'), 'menu.updated', 'EXHAUSTED', 1, 1, now(), now()
    from generate_series(1, ${deliveries}::int) n`
}
