/** The number of SQL statements of a page and of a subscription event, as postgres.js reports them. */
import { wholeProject } from '../../../../src/domain/access/scope.ts'
import { execute, graphql, parse } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeProjectStore } from '../../../../src/db/tenant/tenant-store.ts'
import { contextsOfBatch, type ProjectContext } from '../../../../src/graphql/core/context.ts'
import { makeEventBatching } from '../../../../src/graphql/execution/event-batching.ts'
import { makeLoaders } from '../../../../src/graphql/core/loaders.ts'
import { makeByteBudget } from '../../../../src/graphql/core/read-bytes.ts'
import { executableSchema } from '../../../../src/graphql/schema.ts'
import { system } from '../../../../src/runtime/system.ts'
import { loggedDatabase } from '../../../support/database/logged-database.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { startReceiver, type Receiver } from '../../../support/receiver.ts'
import {
  createSite,
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  changeOrderState,
  waitForSettled,
} from '../../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
let siteId: string

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  await createWebhook(acme, receiver)
  await createWebhook(acme, receiver)
  siteId = await createSite(acme)
  const orders = await Promise.all(
    Array.from({ length: 25 }, (_, index) =>
      createOrder(acme, { siteId, customer: { name: `Customer ${index}` } }),
    ),
  )
  await Promise.all(orders.slice(0, 10).map(({ id }) => changeOrderState(acme, id, 'READY')))
  for (let count = 0; count < 18; count += 1)
    await createWebhook(acme, receiver, { topics: ['order.deleted'] })
  await mutateOrThrow(acme, 'OrderDelete', { orderId: orders[24]?.id })
  await waitForSettled(acme, {}, 90)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

type TestContext = Pick<
  ProjectContext,
  'key' | 'scope' | 'projectId' | 'store' | 'loaders' | 'bytes' | 'feedPositions' | 'deps' | 'sendAllowHttp'
>

/** Runs with a new context, and returns the statements that this took. */
async function counted<T>(run: (context: TestContext, statements: readonly string[]) => T | Promise<T>) {
  const statements: string[] = []
  const db = loggedDatabase(server.config.databaseUrl ?? '', (text) => {
    // Sets the tenant scope before each statement.
    if (!text.includes('set_config')) statements.push(text)
  })
  const { projectId } = acme
  const store = makeProjectStore(db, wholeProject(projectId))
  const key = { role: 'PLATFORM' } as ProjectContext['key']
  const scope = wholeProject(projectId)
  const context = {
    key,
    scope,
    projectId,
    store,
    loaders: makeLoaders(store),
    bytes: makeByteBudget(),
    feedPositions: new Map<object, Promise<number>>(),
    // The resolvers of the pages read the clock.
    deps: { system } as ProjectContext['deps'],
    sendAllowHttp: true,
  }
  const result = await run(context, statements)
  await db.$client.end()
  return { statements, result }
}

async function statementsOf(source: string, first?: number) {
  const { statements, result } = await counted((contextValue) =>
    graphql({ schema: executableSchema(), source, variableValues: { first }, contextValue }),
  )
  expect(result.errors).toBeUndefined()
  return { statements, text: JSON.stringify(result.data) }
}

const anAttempt = 'id number outcome statusCode durationMs startedAt nextAttemptAt phases { totalMs }'
const aDelivery = `id state webhook { id name } event { id topic order { id number } } attempts(first: 20) { nodes { ${anAttempt} } }`

/**
 * Each page: its query, the prefix of the ids that are counted, their number on a full page, and the maximum of
 * statements.
 */
const pages: readonly (readonly [string, string, string, number, number])[] = [
  ['deliveries with the document Log', documents.Log, 'dlv', 50, 5],
  [
    'deliveries with webhook, event, order and attempts',
    `query ($first: Int) { deliveries(first: $first) { nodes { ${aDelivery} } } }`,
    'dlv',
    50,
    5,
  ],
  [
    'deliveries with all nested objects',
    `query ($first: Int) { deliveries(first: $first) { nodes { id
      event { id data order { id number site { id } customer { id } } } webhook { id policy { timeoutMs } }
      attempts(first: 20) { nodes { id request { body headers { name } } response { body } webhook { id } } } } } }`,
    'dlv',
    50,
    10,
  ],
  [
    'orders with their events and the deliveries of these',
    `query ($first: Int) { orders(first: $first) { nodes { id site { id name } customer { id name }
      events(first: 20) { nodes { id topic data deliveries(first: 20) { nodes { ${aDelivery} } } } } } } }`,
    'ord',
    20,
    10,
  ],
  [
    'orders with their deliveries',
    `query ($first: Int) { orders(first: $first) { nodes { id deliveries(last: 20) { nodes { ${aDelivery} } } } } }`,
    'ord',
    20,
    6,
  ],
  [
    'events with their deliveries',
    `query ($first: Int) { events(first: $first) { nodes { id order { id } deliveries(first: 20) { nodes { ${aDelivery} } } } } }`,
    'evt',
    30,
    6,
  ],
  [
    'webhooks with their deliveries',
    `query ($first: Int) { webhooks(first: $first) { nodes { id consecutiveFailures deliveries(first: 5) { nodes { ${aDelivery} } } } } }`,
    'whk',
    20,
    6,
  ],
  [
    'webhooks with their health',
    `query ($first: Int) { webhooks(first: $first) { nodes { id pendingCount nextDueAt stats { attempts successShare }
      month: stats(window: D30) { failed } latestAttempt { id outcome response { body } } } } }`,
    'whk',
    20,
    5,
  ],
  [
    'attempts with their deliveries',
    `query ($first: Int) { deliveryAttempts(first: $first) { nodes { ${anAttempt} response { body } delivery { ${aDelivery} } } } }`,
    'att',
    50,
    7,
  ],
]

test.each(pages)(
  'a full page of %s takes as many statements as a page of one',
  async (_, source, prefix, count, most) => {
    const one = await statementsOf(source, 1)
    const full = await statementsOf(source, count)

    expect(new Set(full.text.match(new RegExp(`${prefix}_\\w+`, 'g'))).size).toBeGreaterThanOrEqual(count)
    expect(full.statements).toHaveLength(one.statements.length)
    expect(one.statements.length).toBeLessThanOrEqual(most)
  },
)

test('a page reads the large columns only if the query selects them', async () => {
  for (const source of [
    '{ events(first: 50) { nodes { id topic } } }',
    '{ deliveries(first: 50) { nodes { event { id } attempts { nodes { id } } } } }',
    '{ orders(first: 20) { nodes { events { nodes { id } } } } }',
    '{ topics { name } auditLog { nodes { operation } } }',
  ]) {
    const { statements } = await statementsOf(source)
    const read = statements.join(' ').replace(/octet_length\([^)]*\)/g, '')
    expect(read).not.toMatch(/"(data|schema|example|before|after|request_body|response_body)"/)
  }
})

test('nodes takes one statement per type, whatever the number of ids', async () => {
  const { deliveries } = await acme.gql<{
    deliveries: {
      nodes: { id: string; event: { id: string; order: { id: string } }; webhook: { id: string } }[]
    }
  }>('{ deliveries(first: 20) { nodes { id event { id order { id } } webhook { id } } } }')
  const ids = deliveries.nodes.flatMap(({ id, event, webhook }) => [id, event.id, event.order.id, webhook.id])
  const source = `{ nodes(ids: ${JSON.stringify(ids)}) { id } project { id } }`
  const { statements } = await statementsOf(source)

  expect(statements).toHaveLength(5)
})

test('each event of a subscription has new loaders and takes the same number of statements, at most 6', async () => {
  const document =
    parse(`subscription { deliveryAttempts { cursor attempt { ${anAttempt} webhook { id } response { body } }
    delivery { ${aDelivery} } } }`)
  const attempts = await makeProjectStore(server.connections.db, wholeProject(acme.projectId)).attemptsByIds(
    await attemptIds(10),
  )
  const { statements, result } = await counted(async (context, sent) => {
    const costs: number[] = []
    for (const attempt of attempts) {
      // As the WebSocket transport does for each event of a subscription.
      const contextValue = contextsOfBatch()(context as ProjectContext)
      const before = sent.length
      const rootValue = { cursor: '', attempt }
      const { errors } = await execute({ schema: executableSchema(), document, rootValue, contextValue })
      expect(errors).toBeUndefined()
      costs.push(sent.length - before)
    }
    return costs
  })

  expect(result).toHaveLength(10)
  expect(new Set(result).size).toBe(1)
  expect(statements.length / 10).toBeLessThanOrEqual(6)
})

test('simultaneous events of several subscriptions share 4 statements', async () => {
  const document = parse(documents.Live)
  const runFairly = makeEventBatching()(acme.projectId)
  const store = makeProjectStore(server.connections.db, wholeProject(acme.projectId))
  const attempts = await store.attemptsByIds(await attemptIds(10))
  const { statements, result } = await counted((context) =>
    Promise.all(
      // Each attempt twice, as for two subscribers.
      [...attempts, ...attempts].map((attempt) =>
        runFairly(async (contextOf) =>
          execute({
            schema: executableSchema(),
            document,
            rootValue: { cursor: attempt.id, attempt },
            contextValue: contextOf(context as ProjectContext),
          }),
        ),
      ),
    ),
  )

  expect(result).toHaveLength(20)
  for (const [index, { data, errors }] of result.entries()) {
    expect(errors).toBeUndefined()
    const attempt = [...attempts, ...attempts][index]
    expect(data).toMatchObject({
      deliveryAttempts: {
        attempt: { id: attempt?.id },
        delivery: { id: attempt?.deliveryId, webhook: { id: attempt?.webhookId } },
      },
    })
  }
  // Deliveries, events, orders, webhooks.
  expect(statements).toHaveLength(4)
})

test('an event shows an object as it is when the event is executed, not as an earlier event read it', async () => {
  const store = makeProjectStore(server.connections.db, wholeProject(acme.projectId))
  const [attempt] = await store.attemptsByIds(await attemptIds(1))
  const webhookId = attempt?.webhookId ?? ''
  const rename = (name: string) =>
    server.connections.sql`update webhooks set name = ${name} where id = ${webhookId}`
  const { result } = await counted(async (context) => {
    const runFairly = makeEventBatching()(acme.projectId)
    const shown = (): Promise<string | undefined> =>
      runFairly(
        async (contextOf) =>
          (await contextOf(context as ProjectContext).loaders.webhooks.load(webhookId))?.name,
      )
    const before = await shown()
    // Still running at the change. The event after the change must not share the read of this event.
    const during = shown()
    await rename('Renamed')
    const after = await shown()
    await during
    await rename(before ?? '')
    return { before, after }
  })

  expect(result.before).not.toBe('Renamed')
  expect(result.after).toBe('Renamed')
})

test('a slow event does not delay the events of other subscriptions', async () => {
  const runFairly = makeEventBatching()(acme.projectId)
  let end: () => void = () => undefined
  const slow = runFairly(() => new Promise<void>((resolve) => (end = resolve)))
  await expect(runFairly(() => Promise.resolve('answered'))).resolves.toBe('answered')
  end()
  await slow
})

test('an event that fails does not fail the others', async () => {
  const runFairly = makeEventBatching()(acme.projectId)
  const failed = runFairly(() => Promise.reject(new Error('no')))
  const answered = runFairly(() => Promise.resolve('answered'))
  await expect(failed).rejects.toThrow('no')
  await expect(answered).resolves.toBe('answered')
})

async function attemptIds(first: number): Promise<readonly string[]> {
  const { deliveryAttempts } = await acme.gql<{ deliveryAttempts: { nodes: { id: string }[] } }>(
    'query ($first: Int) { deliveryAttempts(first: $first) { nodes { id } } }',
    { first },
  )
  return deliveryAttempts.nodes.map(({ id }) => id)
}
