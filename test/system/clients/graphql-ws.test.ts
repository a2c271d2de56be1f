/** The client graphql-ws. Resuming after a lost connection is tested in readme.test.ts. */
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { waitFor } from '../../support/wait-for.ts'
import { orderbellSocket } from './connect/socket.ts'
import { liveSubscription, startFixture, type LiveEvent, type Fixture } from './client-fixture.ts'

let fixture: Fixture

beforeAll(async () => {
  fixture = await startFixture()
})
afterAll(() => fixture.close())

test('a graphql-ws client that reconnects without a cursor misses the attempts during the disconnect', async () => {
  const client = createClient({
    url: fixture.proxy.url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${fixture.acme.key}` },
  })
  const received: string[] = []
  const nothing = (): undefined => undefined
  client.subscribe<LiveEvent>(
    { query: liveSubscription },
    {
      next: ({ data }) => {
        if (data != null) received.push(data.deliveryAttempts.attempt.id)
      },
      error: nothing,
      complete: nothing,
    },
  )
  await waitFor(() => fixture.createEvents(1).then(() => received.length > 0), {
    what: 'an attempt to arrive',
  })
  fixture.proxy.cut()
  await fixture.createEvents(3)
  const missed = (await fixture.recorded()).slice(-3)
  const count = received.length
  await waitFor(() => fixture.createEvents(1).then(() => received.length > count), {
    what: 'an attempt after the disconnect to arrive',
    deadlineMs: 20_000,
  })
  expect(received).toEqual(expect.not.arrayContaining(missed))
  await client.dispose()
})

test('a graphql-ws client with a missing or wrong key is closed with 4403 and does not reconnect', async () => {
  for (const [key, reason] of [
    ['', /^no key/],
    ['none', /^the key does not belong/],
  ] as const) {
    const socket = orderbellSocket(fixture.proxy.url, key)
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
