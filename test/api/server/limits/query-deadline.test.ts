/**
 * Deadlines: a query that takes too long is refused with QUERY_TOO_COMPLEX. Mutations and verify-deliveries have no
 * query deadline.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, connectionsOfOneProject } from '../../../../src/db/connection/connect.ts'
import { statementMs } from '../../../../src/postgres/dead-connections.ts'
import { verifyDeliveries } from '../../../../src/services/installation/installation.ts'
import { maxQueryMs } from '../../../../src/graphql/execution/deadline.ts'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { nullLog } from '../../../support/null-log.ts'
import { startReceiver } from '../../../support/receiver.ts'
import { waitFor } from '../../../support/wait-for.ts'
import {
  createWebhook,
  createOrder,
  documents,
  makeRecordingLog,
  mutate,
  waitForSettled,
} from '../../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let log: ReturnType<typeof makeRecordingLog>

beforeAll(async () => {
  log = makeRecordingLog()
  server = await startTestServer({}, log)
  acme = await server.tenant()
})
afterAll(() => server.close())

/** Locks a table against all access, and returns a function that releases the lock. */
async function lockTable(table: string): Promise<() => Promise<void>> {
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => (release = resolve))
  let held = false
  const done = server.connections.sql.begin(async (sql) => {
    await sql`set local idle_in_transaction_session_timeout = 0`
    await sql.unsafe(`lock table ${table} in access exclusive mode`)
    held = true
    await released
  })
  await waitFor(() => held, { what: `the lock of ${table}` })
  return async () => {
    release()
    await done
  }
}

/** Waits until `count` statements of the API wait for a lock. */
const waitForLockWaits = (count: number, what: string) =>
  waitFor(
    async () => {
      const [row] = await server.connections.sql<{ count: number }[]>`
        select count(*)::int as count from pg_stat_activity
        where datname = current_database() and application_name = 'orderbell-api' and wait_event_type = 'Lock'`
      return (row?.count ?? 0) >= count
    },
    { what, deadlineMs: statementMs },
  )

const tooSlow = {
  data: null,
  errors: [
    {
      message: expect.stringMatching(/took too long/) as string,
      extensions: { code: 'QUERY_TOO_COMPLEX' },
    },
  ],
  extensions: { cost: { maximum: 1_000 } },
}
const timed = async <T>(work: Promise<T>) => {
  const beganMs = performance.now()
  const result = await work
  return { result, ms: performance.now() - beganMs }
}

describe('query deadline', () => {
  test('a query whose first statement takes five seconds is refused, while another query and verify-deliveries succeed', async () => {
    const release = await lockTable('deliveries')
    const query = timed(acme.post({ query: documents.Log, variables: {} }, { 'x-request-id': 'slow-one' }))
    const counts = verifyDeliveries(server.admin, acme.projectId)
    expect((await acme.post({ query: documents.Who })).body).toHaveProperty('data.viewer')
    const { result, ms } = await query
    // The verification has waited longer than a statement of the API may take.
    await release()

    expect(result).toMatchObject({ status: 200, body: tooSlow })
    expect(ms).toBeGreaterThan(statementMs - 500)
    expect(ms).toBeLessThan(maxQueryMs)
    expect(JSON.stringify(result.body)).not.toMatch(/canceling|statement_timeout|deliveries|select/)
    expect(log.lines.filter(({ fields }) => fields['requestId'] === 'slow-one')).toMatchObject([
      { level: 'warn', step: 'request.too-slow' },
    ])
    expect(await counts).toMatchObject({ ok: true, value: { consistent: true } })
  }, 20_000)

  test('a query that takes ten seconds in several statements is refused, though no statement takes five', async () => {
    const receiver = await startReceiver()
    await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitForSettled(acme, {})
    const release = [
      await lockTable('deliveries'),
      await lockTable('events'),
      await lockTable('sites'),
    ] as const
    const fields = 'deliveries { nodes { event { order { site { id } } } } }'
    const query = timed(acme.post({ query: `{ ${fields} }` }))
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    // There is no condition to wait for: the test needs the time to pass.
    await pause(4_000)
    await release[0]()
    await pause(4_000)
    await release[1]()
    await waitForLockWaits(1, 'the query to wait for the sites')
    const { result, ms } = await query
    await release[2]()
    await receiver.close()

    expect(result).toMatchObject({ status: 200, body: tooSlow })
    expect(ms).toBeGreaterThan(maxQueryMs - 500)
    expect(ms).toBeLessThan(maxQueryMs + 2_000)
  }, 30_000)
})

describe('work without a query deadline', () => {
  test('a mutation that waits for a lock longer than a statement may take fails with INTERNAL_SERVER_ERROR and writes nothing', async () => {
    const release = await lockTable('sites')
    const { body } = await acme.post({ query: documents.SiteCreate, variables: { input: { name: 'Late' } } })
    await release()
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] })
    const rows = await server.connections.sql`select 1 from sites where name = 'Late'`
    expect(rows).toHaveLength(0)
  }, 20_000)

  test('webhookTest waits for a receiver that responds after the query deadline', async () => {
    const receiver = await startReceiver()
    receiver.script((_request, response) => setTimeout(() => response.writeHead(200).end(), maxQueryMs + 500))
    const { id } = await createWebhook(acme, receiver, { policy: { timeoutMs: 20_000 } })
    const { attempt } = await mutate<{ attempt: { outcome: string; durationMs: number } }>(
      acme,
      'WebhookTest',
      { id },
    )
    expect(attempt.outcome).toBe('SUCCEEDED')
    expect(attempt.durationMs).toBeGreaterThan(maxQueryMs)
    await receiver.close()
  }, 30_000)

  test('webhookDelete does not block orderCreate while it cancels pending deliveries', async () => {
    const receiver = await startReceiver()
    receiver.script(500)
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitFor(() => receiver.requests.length > 0, { what: 'a failed attempt' })
    const holder = await server.connections.sql.reserve()
    await holder`select pg_advisory_lock(hashtext('linger'))`
    await server.connections.sql.unsafe(`
      create function linger() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(hashtext('linger')); return new; end $$;
      create trigger linger before update on deliveries for each row
        when (new.state = 'CANCELLED') execute function linger();`)
    const deletion = mutate<{ deletedId: string }>(acme, 'WebhookDelete', { id })
    // The deletion cancels, or a sweep that came first. The deletion skips rows that the sweep has locked.
    const isCancelling = async () =>
      (
        await server.connections
          .sql`select 1 from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`
      ).length > 0
    await waitFor(isCancelling, { what: 'the cancellation of the pending delivery' })
    await createOrder(acme)
    expect(await isCancelling()).toBe(true)
    await holder`select pg_advisory_unlock(hashtext('linger'))`
    holder.release()
    const answer = await deletion
    await server.connections.sql.unsafe('drop trigger linger on deliveries')

    expect(answer).toMatchObject({ deletedId: id, userErrors: [] })
    expect(await waitForSettled(acme, { webhookIds: [id] })).toMatchObject([{ state: 'CANCELLED' }])
    await receiver.close()
  }, 30_000)

  test('the sweep cancels the pending deliveries of a webhook whose deletion was interrupted', async () => {
    const receiver = await startReceiver()
    receiver.script(500)
    const { id } = await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitFor(() => receiver.requests.length > 0, { what: 'a failed attempt' })
    // As if the process had died during the deletion.
    await server.connections.sql`update webhooks set deleted_at = now() where id = ${id}`
    expect(await waitForSettled(acme, { webhookIds: [id] })).toMatchObject([{ state: 'CANCELLED' }])
    await receiver.close()
  }, 30_000)

  test('PostgreSQL limits the statements of the pool to statementMs, and maintenance statements to 1 minute', async () => {
    const connections = connect(server.config.databaseUrl ?? '', nullLog)
    const limit = async (rows: PromiseLike<readonly Record<string, unknown>[]>) =>
      (await rows)[0]?.['statement_timeout']
    expect(await limit(connections.sql`show statement_timeout`)).toBe(`${statementMs / 1_000}s`)
    expect(await limit(connections.db.execute('show statement_timeout'))).toBe(`${statementMs / 1_000}s`)
    const upkeep = connections.openUpkeep(() => undefined)
    expect(await limit(upkeep`show statement_timeout`)).toBe('1min')
    await upkeep.end({ timeout: 1 })
    await connections.close()
  })
})

describe('connections of one project', () => {
  test('a project that uses all its connections does not delay the authentication and queries of another project', async () => {
    const other = await server.tenant('Other')
    const release = await lockTable('events')
    const slow = Array.from({ length: 20 }, () => acme.post({ query: '{ events { nodes { id } } }' }))
    await waitForLockWaits(connectionsOfOneProject, 'the connections of one project to be taken')
    const { result, ms } = await timed(other.post({ query: '{ project { id } sites { nodes { id } } }' }))
    await release()

    expect(result.body).toHaveProperty('data.project.id', other.projectId)
    expect(ms).toBeLessThan(statementMs / 2)
    for (const { body } of await Promise.all(slow)) expect(body).toHaveProperty('data')
  }, 20_000)
})
