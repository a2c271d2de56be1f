/** The front page, opened in a real browser that has no network but Orderbell. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { chromiumAvailable, graphiqlOf, warnSkipped, visit, type Visitor } from './chromium.ts'

/** What is read of an element of the page. */
interface Element {
  getBoundingClientRect(): { readonly width: number }
}

warnSkipped('the front page in a browser')

// Chromium starts slowly on a busy machine.
describe.skipIf(!chromiumAvailable)('front page in a browser', { timeout: 60_000 }, () => {
  let server: TestServer
  let visitor: Visitor

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(() => server.close())
  beforeEach(async () => {
    visitor = await visit(new URL('/', server.url).href)
  })
  afterEach(() => visitor.close())

  test('is styled, complains of nothing, and requests nothing from other servers', async () => {
    const { page } = visitor
    expect(await page.title()).toMatch(/^Orderbell \d+\.\d+\.\d+$/)
    const width = await page.locator('main').evaluate((main: Element) => main.getBoundingClientRect().width)
    // 40 rem and the padding of 1.5 rem on both sides: the policy has not blocked the style.
    expect(width).toBe(688)
    expect(visitor.complaints).toEqual([])
    expect(visitor.foreign).toEqual([])
  })

  test('leads to GraphiQL', async () => {
    await visitor.page.getByRole('link', { name: 'GraphiQL' }).click()
    await graphiqlOf(visitor).waitForGreeting()
    expect(visitor.page.url()).toBe(server.url)
  })

  test('leads to the documentation', async () => {
    await visitor.page.getByRole('link', { name: 'Getting started' }).click()
    await visitor.page.getByText('# Getting started').waitFor()
  })
})
