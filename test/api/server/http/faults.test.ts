/** What clients receive when the server fails: a test renames a table while the server runs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { writeCursor } from '../../../../src/domain/lists/cursor.ts'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { startReceiver } from '../../../support/receiver.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { openAuthenticated, openRaw } from '../../../feed/support/raw-socket.ts'
import {
  createOrder,
  createSite,
  createWebhook,
  documents,
  makeRecordingLog,
} from '../../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let log: ReturnType<typeof makeRecordingLog>

beforeEach(async () => {
  log = makeRecordingLog()
  server = await startTestServer({}, log)
  acme = await server.tenant()
})
afterEach(() => server.close())

const hide = (table: string) => server.connections.sql.unsafe(`alter table ${table} rename to ${table}_lost`)
/** A well-formed cursor that no response contained. The feed is read from its start. */
function fromTheBeginning(): string {
  const filter = { webhookIds: [], orderIds: [], topics: [], outcomes: [] }
  return writeCursor({ list: 'feed', projectId: acme.projectId, filter }, '0')
}
const requestIdIn = (text: string) => /"requestId":"([^"]+)"/.exec(text)?.[1]
// Words that would reveal the implementation.
const internals = /select|insert|relation|postgres|drizzle|_lost|does not exist|node_modules|\.ts\b|at async/i

function expectMasked(text: string): void {
  expect(text).not.toMatch(internals)
  const requestId = requestIdIn(text)
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
  const line = log.lines.find(
    ({ step, fields }) => step === 'request.failed' && fields['requestId'] === requestId,
  )
  expect(line?.level).toBe('error')
  expect(String((line?.fields['cause'] as Error | undefined)?.message)).toMatch(/fail|exist/i)
}

describe('faults', () => {
  test.each([
    ['mutation', 'sites', documents.SiteCreate, { input: { name: 'Main Street' } }],
    ['list query', 'deliveries', documents.Log, {}],
    ['nested field', 'projects', documents.Who, {}],
  ])(
    'a fault in a %s is answered INTERNAL_SERVER_ERROR without details, and its request id is in the log',
    async (_, table, query, variables) => {
      await hide(table)
      const { status, body } = await acme.post({ query, variables })

      expect([200, 500]).toContain(status)
      expect(body.errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
      expectMasked(JSON.stringify(body))
    },
  )

  test('a fault inside orderCreate leaves no order, no customer and no idempotency key', async () => {
    const siteId = await createSite(acme)
    await hide('events')
    const variables = { input: { siteId, customer: { name: 'Ann' }, idempotencyKey: 'once' } }
    const { body } = await acme.post({ query: documents.OrderCreate, variables })

    expectMasked(JSON.stringify(body))
    const [row] = await server.connections.sql`
      select (select count(*) from orders)::int + (select count(*) from customers)::int
        + (select count(*) from idempotency_keys)::int as rows`
    expect(row).toEqual({ rows: 0 })
  })

  test('a fault while the key of a request is looked up is answered 500 without details', async () => {
    await hide('keys')
    const { status, body } = await acme.post({ query: documents.Who })

    expect(status).toBe(500)
    expectMasked(JSON.stringify(body))
  })

  test('a fault while the key of a WebSocket is looked up closes it with 4500 and no details, and is logged', async () => {
    await hide('keys')
    const raw = await openRaw(server.url)
    raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } })

    expect(await raw.end()).toBe(4500)
    expect(raw.closed()?.reason).toBe('Internal server error')
    expect(log.lines.some(({ level, step }) => level === 'error' && step === 'request.failed')).toBe(true)
  })

  test('a fault at the start of a subscription is masked, and the WebSocket stays open', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    await hide('feeds')
    // A well-formed cursor, so that the server looks up its position in the feed.
    const after = fromTheBeginning()
    raw.send({ type: 'subscribe', id: '1', payload: { query: documents.Live, variables: { after } } })
    const messages = await raw.received(2)

    expect(raw.closed()).toBeUndefined()
    expectMasked(JSON.stringify(messages[1]))
    raw.close()
  })

  test('a subscription whose read fails stays open, logs the failure once, and sends the event when the table is back', async () => {
    const receiver = await startReceiver()
    await createWebhook(acme, receiver)
    const raw = await openAuthenticated(server.url, acme.key)
    const after = fromTheBeginning()
    await hide('attempts')
    raw.send({ type: 'subscribe', id: '1', payload: { query: documents.Live, variables: { after } } })
    const failedReads = () => log.lines.filter(({ step }) => step === 'feed.read-failed')
    await waitFor(() => failedReads().length > 0, { what: 'a failed read' })
    await server.connections.sql.unsafe('alter table attempts_lost rename to attempts')
    await createOrder(acme)
    const messages = await raw.received(2)

    expect(messages[1]).toMatchObject({ id: '1', type: 'next', payload: { data: { deliveryAttempts: {} } } })
    expect(failedReads()).toHaveLength(1)
    expect(raw.closed()).toBeUndefined()
    raw.close()
    await receiver.close()
  })

  test('a mutation succeeds after a fault, when the table is back', async () => {
    await hide('sites')
    await acme.post({ query: documents.SiteCreate, variables: { input: { name: 'x' } } })
    await server.connections.sql.unsafe('alter table sites_lost rename to sites')

    expect(await createSite(acme)).toMatch(/^sit_/)
  })
})
