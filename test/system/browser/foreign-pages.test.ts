/** What a page of another origin can do in a browser that is signed in: nothing. The pages are on one host, so they are of the same site, and the browser sends the cookie with their requests. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documents } from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { chromiumAvailable, visit, warnSkipped, type Visitor } from './chromium.ts'

warnSkipped('pages of other origins in a signed-in browser')

interface Fetched {
  readonly type: string
  readonly status: number
  readonly text: string
}

describe.skipIf(!chromiumAvailable)('a page of another origin', { timeout: 60_000 }, () => {
  let server: TestServer
  let acme: Tenant
  let foreign: Server
  let visitor: Visitor
  /** The cookies that the foreign server received. */
  const cookies: string[] = []

  beforeAll(async () => {
    server = await startTestServer()
    acme = await server.tenant()
    foreign = createServer(({ url, headers }, response) => {
      cookies.push(headers.cookie ?? '')
      const frame = url === '/frame' ? `<iframe src="${new URL('/', server.url).href}"></iframe>` : ''
      response.setHeader('content-type', 'text/html').end(`<!doctype html><title>foreign</title>${frame}`)
    })
    await new Promise<void>((resolve) => foreign.listen(0, '127.0.0.1', resolve))
    visitor = await visit(server.url)
    // Signs in as the console does.
    const status = await visitor.page.evaluate(
      async (key) =>
        (await fetch('/console/session', { method: 'POST', headers: { authorization: `Bearer ${key}` } }))
          .status,
      acme.key,
    )
    expect(status).toBe(204)
    expect(await queryFrom(server.url)).toMatchObject({ type: 'basic', status: 200 })
    const { port } = foreign.address() as AddressInfo
    await visitor.page.unrouteAll()
    await visitor.page.goto(`http://127.0.0.1:${port}/`)
  })
  afterAll(async () => {
    await visitor.close()
    foreign.close()
    await server.close()
  })

  const change = JSON.stringify({ query: documents.SiteCreate, variables: { input: { name: 'Not theirs' } } })

  function queryFrom(url: string, mode?: 'no-cors', type = 'application/json'): Promise<Fetched> {
    return visitor.page.evaluate(
      async ({ to, body, ...options }) => {
        try {
          const answer = await fetch(to, {
            ...{ method: 'POST', body, credentials: 'include' as const },
            headers: { 'content-type': options.type },
            ...(options.mode !== undefined && { mode: options.mode }),
          })
          return { type: answer.type, status: answer.status, text: await answer.text() }
        } catch (error) {
          return { type: 'failed', status: 0, text: String(error) }
        }
      },
      {
        to: url,
        body: url === server.url && mode === undefined ? '{"query":"{ __typename }"}' : change,
        mode,
        type,
      },
    )
  }

  test('cannot read a response with the cookie', async () => {
    expect(await queryFrom(server.url)).toMatchObject({ type: 'failed', status: 0 })
  })

  test.each(['text/plain', 'application/x-www-form-urlencoded'])(
    'cannot change anything by a request without preflight, of the type %s',
    async (type) => {
      const answer = await queryFrom(server.url, 'no-cors', type)
      expect([answer.type, answer.text]).toEqual(['opaque', ''])
      expect(await acme.gql('{ sites { nodes { id } } }')).toEqual({ sites: { nodes: [] } })
      // Browsers do not distinguish ports here: this one would send the cookie. What refuses the request is its origin.
      expect(cookies.join()).toContain('orderbell-session=')
    },
  )

  test('cannot open a socket', async () => {
    const ended = await visitor.page.evaluate(
      (url) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(url, 'graphql-transport-ws')
          socket.onopen = () => resolve('open')
          socket.onclose = () => resolve('refused')
        }),
      server.url.replace(/^http/, 'ws'),
    )
    expect(ended).toBe('refused')
  })

  test('cannot show a page of the server in a frame', async () => {
    const { page } = visitor
    await page.goto(new URL('/frame', page.url()).href)
    await page.waitForTimeout(500)
    const texts = await Promise.all(
      page.frames().map((frame) =>
        frame
          .locator('body')
          .innerText()
          .catch(() => ''),
      ),
    )
    expect(texts.join('')).not.toContain('Orderbell')
  })
})
