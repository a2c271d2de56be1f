/** What callers are told when we fail: a table is taken away under a running house. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeCursor } from '../../../src/domain/lists/cursor.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openKnown, openRaw } from '../../feed/support/raw-socket.ts'
import { anOrder, aSite, aWebhook, documents, keptLog } from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let log: ReturnType<typeof keptLog>

beforeEach(async () => {
  log = keptLog()
  server = await startTestServer({}, log)
  acme = await server.tenant()
})
afterEach(() => server.close())

const lost = (table: string) => server.connections.sql.unsafe(`alter table ${table} rename to ${table}_lost`)
/** A cursor that was never given out but has the right form, so that the feed is read from its start. */
function fromTheBeginning(): string {
  const filter = { webhookIds: [], orderIds: [], topics: [], outcomes: [] }
  return writeCursor({ list: 'feed', projectId: acme.projectId, filter }, '0')
}
const requestIdIn = (text: string) => /"requestId":"([^"]+)"/.exec(text)?.[1]
// What would tell a stranger how we are built.
const ours = /select|insert|relation|postgres|drizzle|_lost|does not exist|node_modules|\.ts\b|at async/i

function expectMasked(text: string): void {
  expect(text).not.toMatch(ours)
  const requestId = requestIdIn(text)
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
  const line = log.lines.find(
    ({ step, fields }) => step === 'request.failed' && fields['requestId'] === requestId,
  )
  expect(line?.level).toBe('error')
  expect(String((line?.fields['cause'] as Error | undefined)?.message)).toMatch(/fail|exist/i)
}

describe('a fault of ours is masked, and found in the log by its request id', () => {
  test.each([
    ['a mutation', 'sites', documents.SiteCreate, { input: { name: 'Main Street' } }],
    ['a list', 'deliveries', documents.Log, {}],
    ['a field', 'projects', documents.Who, {}],
  ])('in %s', async (_, table, query, variables) => {
    await lost(table)
    const { status, body } = await acme.post({ query, variables })

    expect([200, 500]).toContain(status)
    expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
    expectMasked(JSON.stringify(body))
  })

  test('leaves nothing half-written', async () => {
    const siteId = await aSite(acme)
    await lost('events')
    const variables = { input: { siteId, customer: { name: 'Ann' }, idempotencyKey: 'once' } }
    const { body } = await acme.post({ query: documents.OrderCreate, variables })

    expectMasked(JSON.stringify(body))
    const [row] = await server.connections.sql`
      select (select count(*) from orders)::int + (select count(*) from customers)::int
        + (select count(*) from idempotency_keys)::int as rows`
    expect(row).toEqual({ rows: 0 })
  })

  test('while the key is looked up', async () => {
    await lost('keys')
    const { status, body } = await acme.post({ query: documents.Who })

    expect(status).toBe(500)
    expectMasked(JSON.stringify(body))
  })

  test('while the key of a socket is looked up: closed without a reason that tells', async () => {
    await lost('keys')
    const raw = await openRaw(server.url)
    raw.say({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } })

    expect(await raw.end()).toBe(4500)
    expect(raw.closed()?.reason).toBe('Internal server error')
    expect(log.lines.some(({ level, step }) => level === 'error' && step === 'request.failed')).toBe(true)
  })

  test('as a subscription begins, and the socket stays open', async () => {
    const raw = await openKnown(server.url, acme.key)
    await lost('feeds')
    // A cursor of the right form, so that its place in the feed is looked up.
    const after = fromTheBeginning()
    raw.say({ type: 'subscribe', id: '1', payload: { query: documents.Live, variables: { after } } })
    const messages = await raw.heard(2)

    expect(raw.closed()).toBeUndefined()
    expectMasked(JSON.stringify(messages[1]))
    raw.close()
  })

  test('in the midst of a subscription is waited for, and nothing is said of it', async () => {
    const receiver = await startReceiver()
    await aWebhook(acme, receiver)
    const raw = await openKnown(server.url, acme.key)
    const after = fromTheBeginning()
    await lost('attempts')
    raw.say({ type: 'subscribe', id: '1', payload: { query: documents.Live, variables: { after } } })
    const notRead = () => log.lines.filter(({ step }) => step === 'feed.read-failed')
    await waitFor(() => notRead().length > 0, { what: 'a read that breaks' })
    await server.connections.sql.unsafe('alter table attempts_lost rename to attempts')
    await anOrder(acme)
    const messages = await raw.heard(2)

    expect(messages[1]).toMatchObject({ id: '1', type: 'next', payload: { data: { deliveryAttempts: {} } } })
    expect(notRead()).toHaveLength(1)
    expect(raw.closed()).toBeUndefined()
    raw.close()
    await receiver.close()
  })

  test('and the next request is served as ever', async () => {
    await lost('sites')
    await acme.post({ query: documents.SiteCreate, variables: { input: { name: 'x' } } })
    await server.connections.sql.unsafe('alter table sites_lost rename to sites')

    expect(await aSite(acme)).toMatch(/^sit_/)
  })
})
