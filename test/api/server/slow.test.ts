/** What takes too long: a query is ended with a code that says so; changes and verifications have the time that they need. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, connectionsOfOneProject } from '../../../src/db/connection/connect.ts'
import { statementMs } from '../../../src/postgres/silence.ts'
import { verifyDeliveries } from '../../../src/services/installation/installation.ts'
import { makeDeadline, maxQueryMs } from '../../../src/graphql/execution/deadline.ts'
import { makeProjectConcurrency } from '../../../src/graphql/execution/project-concurrency.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { startReceiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { aWebhook, anOrder, documents, keptLog, mutate, settled } from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let log: ReturnType<typeof keptLog>

beforeAll(async () => {
  log = keptLog()
  server = await startTestServer({}, log)
  acme = await server.tenant()
})
afterAll(() => server.close())

/** Keeps everybody from a table until it is told to let go. */
async function hold(table: string): Promise<() => Promise<void>> {
  let letGo: () => void = () => undefined
  const told = new Promise<void>((resolve) => (letGo = resolve))
  let held = false
  const done = server.connections.sql.begin(async (sql) => {
    await sql`set local idle_in_transaction_session_timeout = 0`
    await sql.unsafe(`lock table ${table} in access exclusive mode`)
    held = true
    await told
  })
  await waitFor(() => held, { what: `the lock of ${table}` })
  return async () => {
    letGo()
    await done
  }
}

/** Waits until so many statements of the API stand before a lock. */
const waiting = (count: number, what: string) =>
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

describe('a query that takes too long', () => {
  test('is ended with its first statement of five seconds, while a neighbour is served and the deliveries are verified', async () => {
    const letGo = await hold('deliveries')
    const query = timed(acme.post({ query: documents.Log, variables: {} }, { 'x-request-id': 'slow-one' }))
    const counts = verifyDeliveries(server.admin, acme.projectId)
    expect((await acme.post({ query: documents.Who })).body).toHaveProperty('data.viewer')
    const { result, ms } = await query
    // Longer than a statement may take: the verification waits on.
    await letGo()

    expect(result).toMatchObject({ status: 200, body: tooSlow })
    expect(ms).toBeGreaterThan(statementMs - 500)
    expect(ms).toBeLessThan(maxQueryMs)
    expect(JSON.stringify(result.body)).not.toMatch(/canceling|statement_timeout|deliveries|select/)
    expect(log.lines.filter(({ fields }) => fields['requestId'] === 'slow-one')).toMatchObject([
      { level: 'warn', step: 'request.too-slow' },
    ])
    expect(await counts).toMatchObject({ ok: true, value: { consistent: true } })
  }, 20_000)

  test('is ended after ten, though each of its statements is quick enough, and asks for no more', async () => {
    const receiver = await startReceiver()
    await aWebhook(acme, receiver)
    await anOrder(acme)
    await settled(acme, {})
    const letGo = [await hold('deliveries'), await hold('events'), await hold('sites')] as const
    const fields = 'deliveries { nodes { event { order { site { id } } } } }'
    const query = timed(acme.post({ query: `{ ${fields} }` }))
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    // Nothing to wait for: it is time itself that is tested.
    await pause(4_000)
    await letGo[0]()
    await pause(4_000)
    await letGo[1]()
    await waiting(1, 'the query to wait for the sites')
    const { result, ms } = await query
    await letGo[2]()
    await receiver.close()

    expect(result).toMatchObject({ status: 200, body: tooSlow })
    expect(ms).toBeGreaterThan(maxQueryMs - 500)
    expect(ms).toBeLessThan(maxQueryMs + 2_000)
  }, 30_000)
})

describe('what may take its time', () => {
  test('a change that is kept from its rows for longer than a statement may take is a fault of ours, and nothing of it is kept', async () => {
    const letGo = await hold('sites')
    const { body } = await acme.post({ query: documents.SiteCreate, variables: { input: { name: 'Late' } } })
    await letGo()
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }] })
    const rows = await server.connections.sql`select 1 from sites where name = 'Late'`
    expect(rows).toHaveLength(0)
  }, 20_000)

  test('a receiver that thinks for longer than a query may take is waited for', async () => {
    const receiver = await startReceiver()
    receiver.script((_request, response) => setTimeout(() => response.writeHead(200).end(), maxQueryMs + 500))
    const { id } = await aWebhook(acme, receiver, { policy: { timeoutMs: 20_000 } })
    const { attempt } = await mutate<{ attempt: { outcome: string; durationMs: number } }>(
      acme,
      'WebhookTest',
      { id },
    )
    expect(attempt.outcome).toBe('SUCCEEDED')
    expect(attempt.durationMs).toBeGreaterThan(maxQueryMs)
    await receiver.close()
  }, 30_000)

  test('deleting a webhook keeps nobody waiting while what it was owed is called off', async () => {
    const receiver = await startReceiver()
    receiver.script(500)
    const { id } = await aWebhook(acme, receiver)
    await anOrder(acme)
    await waitFor(() => receiver.requests.length > 0, { what: 'a failed attempt' })
    const holder = await server.connections.sql.reserve()
    await holder`select pg_advisory_lock(hashtext('linger'))`
    await server.connections.sql.unsafe(`
      create function linger() returns trigger language plpgsql as $$
        begin perform pg_advisory_xact_lock(hashtext('linger')); return new; end $$;
      create trigger linger before update on deliveries for each row
        when (new.state = 'CANCELLED') execute function linger();`)
    const deletion = mutate<{ deletedId: string }>(acme, 'WebhookDelete', { id })
    // By the deletion, or by a sweep that came before it: then the deletion leaves it the rows that it holds.
    const isCallingOff = async () =>
      (
        await server.connections
          .sql`select 1 from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`
      ).length > 0
    await waitFor(isCallingOff, { what: 'what was owed to be called off' })
    await anOrder(acme)
    expect(await isCallingOff()).toBe(true)
    await holder`select pg_advisory_unlock(hashtext('linger'))`
    holder.release()
    const answer = await deletion
    await server.connections.sql.unsafe('drop trigger linger on deliveries')

    expect(answer).toMatchObject({ deletedId: id, userErrors: [] })
    expect(await settled(acme, { webhookIds: [id] })).toMatchObject([{ state: 'CANCELLED' }])
    await receiver.close()
  }, 30_000)

  test('what a deletion could not call off is called off by the sweep', async () => {
    const receiver = await startReceiver()
    receiver.script(500)
    const { id } = await aWebhook(acme, receiver)
    await anOrder(acme)
    await waitFor(() => receiver.requests.length > 0, { what: 'a failed attempt' })
    // As if the process had died over it.
    await server.connections.sql`update webhooks set deleted_at = now() where id = ${id}`
    expect(await settled(acme, { webhookIds: [id] })).toMatchObject([{ state: 'CANCELLED' }])
    await receiver.close()
  }, 30_000)

  test('every statement of a pool is ended by PostgreSQL, and one that is upkeep has more time', async () => {
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

describe('a project that asks for more than its share', () => {
  test('does not keep its neighbour, or the door, waiting', async () => {
    const neighbour = await server.tenant('Neighbour')
    const letGo = await hold('events')
    const slow = Array.from({ length: 20 }, () => acme.post({ query: '{ events { nodes { id } } }' }))
    await waiting(connectionsOfOneProject, 'the connections of one project to be taken')
    const { result, ms } = await timed(neighbour.post({ query: '{ project { id } sites { nodes { id } } }' }))
    await letGo()

    expect(result.body).toHaveProperty('data.project.id', neighbour.projectId)
    expect(ms).toBeLessThan(statementMs / 2)
    for (const { body } of await Promise.all(slow)) expect(body).toHaveProperty('data')
  }, 20_000)
})

describe('the deadline', () => {
  const atOnce = <T>(work: () => Promise<T>) => work()
  const rows = {
    read: (ms: number) => new Promise<string>((resolve) => setTimeout(() => resolve('rows'), ms)),
    name: 'rows',
  }

  test('leaves alone what is in time, and what has no deadline', async () => {
    const deadline = makeDeadline()
    const bound = deadline.bound(rows, atOnce)
    expect([await bound.read(20), bound.name, deadline.passed()]).toEqual(['rows', 'rows', false])
    deadline.start(5_000)
    expect(await bound.read(1)).toBe('rows')
    deadline.end()
  })

  test('refuses what is under way, and begins nothing afterwards', async () => {
    const deadline = makeDeadline()
    let begun = 0
    const bound = deadline.bound({ read: () => ((begun += 1), rows.read(60_000)) }, atOnce)
    deadline.start(20)
    await expect(bound.read()).rejects.toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX' } })
    await expect(bound.read()).rejects.toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX' } })
    expect([begun, deadline.passed()]).toEqual([1, true])
  })

  test('does not begin what has its turn too late', async () => {
    const deadline = makeDeadline()
    let begun = 0
    const rows = { read: (ms: number) => ((begun += 1), new Promise((resolve) => setTimeout(resolve, ms))) }
    const turns = makeProjectConcurrency(1)
    // Another request of the project, without a deadline, has the only turn.
    const other = turns('prj_1')(() => rows.read(200))
    const bound = deadline.bound(rows, turns('prj_1'))
    deadline.start(20)
    await expect(bound.read(1)).rejects.toMatchObject({ extensions: { code: 'QUERY_TOO_COMPLEX' } })
    await other
    await turns('prj_1')(() => Promise.resolve())
    expect(begun).toBe(1)
  })
})
