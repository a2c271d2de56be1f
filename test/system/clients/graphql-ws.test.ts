/** graphql-ws alone. How it goes on after its line was cut is in readme.test.ts. */
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { waitFor } from '../../support/wait-for.ts'
import { orderbellSocket } from './connect/socket.ts'
import { liveSubscription, startFixture, type News, type Fixture } from './stage.ts'

let fixture: Fixture

beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.close())

test('without the last cursor, a cut line loses what was made meanwhile', async () => {
  const forgetful = createClient({
    url: fixture.line.url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${fixture.acme.key}` },
  })
  const heard: string[] = []
  const nothing = (): undefined => undefined
  forgetful.subscribe<News>(
    { query: liveSubscription },
    {
      next: ({ data }) => {
        if (data != null) heard.push(data.deliveryAttempts.attempt.id)
      },
      error: nothing,
      complete: nothing,
    },
  )
  await waitFor(() => fixture.ring(1).then(() => heard.length > 0), { what: 'an attempt to be heard' })
  fixture.line.cut()
  await fixture.ring(3)
  const missed = (await fixture.recorded()).slice(-3)
  const count = heard.length
  await waitFor(() => fixture.ring(1).then(() => heard.length > count), {
    what: 'an attempt to be heard again',
    deadlineMs: 20_000,
  })
  expect(heard).toEqual(expect.not.arrayContaining(missed))
  await forgetful.dispose()
})

test('is refused with 4403 when its key is missing or wrong, and does not try again', async () => {
  for (const [key, reason] of [
    ['', /^no key/],
    ['none', /^the key is not one/],
  ] as const) {
    const socket = orderbellSocket(fixture.line.url, key)
    let tries = 0
    socket.on('connecting', () => (tries += 1))
    const refusal = await new Promise((resolve) =>
      socket.subscribe(
        { query: liveSubscription },
        { next: resolve, error: resolve, complete: () => resolve('') },
      ),
    )
    expect(refusal).toMatchObject({ code: 4403, reason: expect.stringMatching(reason) as string })
    expect(tries).toBe(1)
    await socket.dispose()
  }
})
