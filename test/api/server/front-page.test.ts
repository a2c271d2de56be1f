/** The front page: what a browser and what another client receives at `/`, and the documents that it links to. */
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documents, frontPage } from '../../../src/runtime/server/front-page.ts'
import { version } from '../../../src/runtime/version.ts'
import { manualFile } from '../../support/manual.ts'
import { sharedTestServer, type TestServer } from '../../support/server.ts'

const browserAccepts = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

let server: TestServer

beforeAll(async () => {
  server = await sharedTestServer()
})
afterAll(() => server.close())

const get = (path: string, accept: string, method = 'GET') =>
  fetch(new URL(path, server.url), { method, headers: { accept } })

describe('front page', () => {
  test('a browser without a key receives a page with the version and links that lead somewhere', async () => {
    const response = await get('/', browserAccepts)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const page = await response.text()
    expect(page).toContain(`Version ${version}.`)

    const links = [...page.matchAll(/href="([^":]*)"/g)].map(([, link = '']) => link)
    expect(links).toEqual(
      expect.arrayContaining(['graphql', 'healthz', 'readyz', 'docs/getting-started.md', 'docs/cli.md']),
    )
    const answers = await Promise.all(links.map((link) => get(`/${link}`, browserAccepts)))
    expect(answers.map(({ status }) => status)).toEqual(links.map(() => 200))
  })

  test.each(['*/*', 'application/json', 'text/plain, */*'])(
    'a client that accepts %s receives JSON',
    async (accept) => {
      const response = await get('/', accept)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      expect(response.headers.get('vary')).toContain('Accept')
      expect(await response.json()).toEqual({
        name: 'Orderbell',
        version,
        graphql: '/graphql',
        health: ['/healthz', '/readyz'],
        documentation: Object.keys(documents).map((name) => `/docs/${name}`),
      })
    },
  )

  test('HEAD receives the headers alone, and POST is refused with 404', async () => {
    const head = await get('/', browserAccepts, 'HEAD')
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect((await get('/', browserAccepts, 'POST')).status).toBe(404)
  })

  test('the policy of the page forbids scripts and frames, and allows its one style by its hash', async () => {
    const response = await get('/', browserAccepts)
    const page = await response.text()
    const [, style = ''] = /<style>([^]*?)<\/style>/.exec(page) ?? []
    const hash = createHash('sha256').update(style).digest('base64')
    const policy = response.headers.get('content-security-policy')?.split('; ')
    expect(policy).toEqual([
      "default-src 'none'",
      `style-src 'sha256-${hash}'`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ])
    expect(page).not.toMatch(/<script| style=| on\w+=/)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('documents', () => {
  test('every document of the manual is listed under its own title', () => {
    const files = readdirSync(new URL('../../../docs/', import.meta.url)).filter((name) =>
      name.endsWith('.md'),
    )
    expect(Object.keys(documents).toSorted()).toEqual(files.toSorted())
    for (const [name, title] of Object.entries(documents))
      expect(manualFile(`docs/${name}`)).toMatch(new RegExp(`^# ${title}\n`))
  })

  test('a document is served as plain text', async () => {
    const response = await get('/docs/api.md', browserAccepts)
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await response.text()).toBe(manualFile('docs/api.md'))
  })

  test.each([
    '/docs',
    '/docs/',
    '/docs/decisions/README.md',
    '/docs/..%2fpackage.json',
    '/docs/../package.json',
  ])('%s is not served', async (path) => {
    expect((await get(path, browserAccepts)).status).toBe(404)
  })

  test('an installation without the folder of documents has a page without links to documents', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'orderbell-docs-'))
    const web = express()
      .use(frontPage('/graphql', `${empty}/`))
      .listen(0, '127.0.0.1')
    await once(web, 'listening')
    const { port } = web.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: browserAccepts } })
    const page = await response.text()
    web.close()
    await rm(empty, { recursive: true, force: true })

    expect(page).not.toContain('href="docs/')
    expect(page).toContain('folder <code>docs</code>')
  })
})
