/** GraphiQL in a real browser that can reach only Orderbell. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createWebhook, createOrder, mutateOrThrow, listDeliveries } from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { chromiumAvailable, graphiqlOf, warnSkipped, visit, type Visitor } from './chromium.ts'

warnSkipped('GraphiQL in a browser')

// Chromium starts slowly on a busy machine.
const patient = { timeout: 60_000 }

describe.skipIf(!chromiumAvailable)('GraphiQL in a browser', patient, () => {
  let server: TestServer
  let acme: Tenant
  let receiver: Receiver
  let visitor: Visitor

  beforeAll(async () => {
    server = await startTestServer()
    acme = await server.tenant()
    receiver = await startReceiver()
    await createWebhook(acme, receiver)
  })
  afterAll(async () => {
    await receiver.close()
    await server.close()
  })
  beforeEach(async () => {
    visitor = await visit(server.url)
  })
  afterEach(() => visitor.close())

  test('GraphiQL accepts a key, shows the result of a query and the documentation, and shows an attempt live, without foreign requests', async () => {
    const graphiql = graphiqlOf(visitor)
    const sockets: { url: string; closed: boolean }[] = []
    visitor.page.on('websocket', (socket) => {
      const seen = { url: socket.url(), closed: false }
      sockets.push(seen)
      socket.on('close', () => (seen.closed = true))
    })
    await graphiql.waitForGreeting()
    await graphiql.putHeaders({ Authorization: `Bearer ${acme.key}` })

    await graphiql.run('Who')
    await graphiql.shows(`"id": "${acme.projectId}"`)
    expect(await graphiql.shown()).toContain('"role":"PLATFORM"')

    // The first answer made the schema available, too.
    await visitor.page.getByLabel('Show Documentation Explorer').click()
    await visitor.page.getByText('A GraphQL schema provides a root type').waitFor()
    await visitor.page.getByLabel('Hide Documentation Explorer').click()

    await graphiql.run('Live')
    const order = await createOrder(acme)
    let change = 0
    // The subscription sends attempts from its start, and the page does not show when it has started.
    await waitFor(
      async () => {
        change += 1
        await mutateOrThrow(acme, 'OrderUpdate', { orderId: order.id, areaName: `Bay ${change}` })
        return graphiql.shows('"outcome": "SUCCEEDED"', 1_000).then(
          () => true,
          () => false,
        )
      },
      { what: 'the attempt to appear in the page' },
    )
    const text = await graphiql.shown()
    const known = (await listDeliveries(acme)).map(({ id }) => id)
    expect(known).toContain(/"id":"(dlv_\w+)"/.exec(text)?.[1])
    expect(text).toMatch(/"topic":"order\.(created|updated)"/)
    expect(sockets).toEqual([{ url: server.url.replace(/^http/, 'ws'), closed: false }])

    await graphiql.stop()
    await waitFor(() => sockets[0]?.closed === true, { what: 'the socket to be closed' })
    expect(visitor.foreign).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test('GraphiQL without a key shows UNAUTHENTICATED for a query and the refused socket for a subscription', async () => {
    const graphiql = graphiqlOf(visitor)
    await graphiql.waitForGreeting()
    await graphiql.run('Who')
    await graphiql.shows('"code": "UNAUTHENTICATED"')
    await graphiql.run('Live')
    await graphiql.shows('The socket was refused: the key under')

    expect(visitor.foreign).toEqual([])
    // Only the browser's own line for the 401.
    expect(visitor.complaints).toEqual([expect.stringContaining('401 (Unauthorized)')])
  })

  test('GraphiQL stores the key neither in the address nor in localStorage, and a reload forgets it', async () => {
    const graphiql = graphiqlOf(visitor)
    await graphiql.waitForGreeting()
    await graphiql.putHeaders({ Authorization: `Bearer ${acme.key}` })
    await graphiql.run('Latest')
    await graphiql.shows('"hasNextPage"')
    // GraphiQL writes to localStorage after half a second, the selected operation included.
    const stored = () => visitor.page.evaluate<string>('JSON.stringify(Object.entries(localStorage))')
    await waitFor(async () => (await stored()).includes('Latest'), { what: 'the query to be stored' })

    expect(visitor.page.url()).toBe(server.url)
    expect(await stored()).not.toContain(acme.key)
    await visitor.page.reload()
    await graphiql.shows('The schema requires a key')
    expect(visitor.complaints).toEqual([])
  })
})
