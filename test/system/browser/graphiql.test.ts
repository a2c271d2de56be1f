/** GraphiQL, used in a real browser that has no network but Orderbell. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aWebhook, anOrder, done, log } from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { chromiumAvailable, graphiqlOf, sayWhatIsSkipped, visit, type Visitor } from './chromium.ts'

sayWhatIsSkipped('GraphiQL in a browser')

// Chromium takes its time to start where others work too.
const patient = { timeout: 60_000 }

describe.skipIf(!chromiumAvailable)('GraphiQL, in a browser without any other network', patient, () => {
  let server: TestServer
  let acme: Tenant
  let receiver: Receiver
  let visitor: Visitor

  beforeAll(async () => {
    server = await startTestServer()
    acme = await server.tenant()
    receiver = await startReceiver()
    await aWebhook(acme, receiver)
  })
  afterAll(async () => {
    await receiver.close()
    await server.close()
  })
  beforeEach(async () => {
    visitor = await visit(server.url)
  })
  afterEach(() => visitor.close())

  test('takes a key, answers a query, and shows an attempt the moment it is made', async () => {
    const graphiql = graphiqlOf(visitor)
    const sockets: { url: string; closed: boolean }[] = []
    visitor.page.on('websocket', (socket) => {
      const seen = { url: socket.url(), closed: false }
      sockets.push(seen)
      socket.on('close', () => (seen.closed = true))
    })
    await graphiql.greets()
    await graphiql.putHeaders({ Authorization: `Bearer ${acme.key}` })

    await graphiql.run('Who')
    await graphiql.shows(`"id": "${acme.projectId}"`)
    expect(await graphiql.shown()).toContain('"role":"PLATFORM"')

    // The first answer brought the schema too.
    await visitor.page.getByLabel('Show Documentation Explorer').click()
    await visitor.page.getByText('A GraphQL schema provides a root type').waitFor()
    await visitor.page.getByLabel('Hide Documentation Explorer').click()

    await graphiql.run('Live')
    const order = await anOrder(acme)
    let change = 0
    // It brings what happens once it is heard, and the page does not say when that is.
    await waitFor(
      async () => {
        change += 1
        await done(acme, 'OrderUpdate', { orderId: order.id, areaName: `Bay ${change}` })
        return graphiql.shows('"outcome": "SUCCEEDED"', 1_000).then(
          () => true,
          () => false,
        )
      },
      { what: 'the attempt to appear in the page' },
    )
    const text = await graphiql.shown()
    const known = (await log(acme)).map(({ id }) => id)
    expect(known).toContain(/"id":"(dlv_\w+)"/.exec(text)?.[1])
    expect(text).toMatch(/"topic":"order\.(created|updated)"/)
    expect(sockets).toEqual([{ url: server.url.replace(/^http/, 'ws'), closed: false }])

    await graphiql.stop()
    await waitFor(() => sockets[0]?.closed === true, { what: 'the socket to be closed' })
    expect(visitor.foreign).toEqual([])
    expect(visitor.complaints).toEqual([])
  })

  test('tells whoever has no key what is missing, by both roads', async () => {
    const graphiql = graphiqlOf(visitor)
    await graphiql.greets()
    await graphiql.run('Who')
    await graphiql.shows('"code": "UNAUTHENTICATED"')
    await graphiql.run('Live')
    await graphiql.shows('The socket was refused: the key under')

    expect(visitor.foreign).toEqual([])
    // The browser's own line for the 401, and nothing else.
    expect(visitor.complaints).toEqual([expect.stringContaining('401 (Unauthorized)')])
  })

  test('keeps neither the key nor the query in the address, and forgets the key with the page', async () => {
    const graphiql = graphiqlOf(visitor)
    await graphiql.greets()
    await graphiql.putHeaders({ Authorization: `Bearer ${acme.key}` })
    await graphiql.run('Latest')
    await graphiql.shows('"hasNextPage"')
    // What is kept is written half a second late, the chosen operation among it.
    const kept = () => visitor.page.evaluate<string>('JSON.stringify(Object.entries(localStorage))')
    await waitFor(async () => (await kept()).includes('Latest'), { what: 'the query to be kept' })

    expect(visitor.page.url()).toBe(server.url)
    expect(await kept()).not.toContain(acme.key)
    await visitor.page.reload()
    await graphiql.shows('The schema is shown to those who have a key')
    expect(visitor.complaints).toEqual([])
  })
})
