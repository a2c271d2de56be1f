/** graphql-ws alone, as the README connects it. */
import { createClient } from 'graphql-ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import { until } from '../support/until.ts'
import { orderbellSocket } from './connect/socket.ts'
import { cutTwice, liveSubscription, openStage, type News, type Stage } from './stage.ts'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

test('hears every attempt once, in order, though its line is cut', async () => {
  const socket = orderbellSocket(stage.line.url, stage.acme.key)
  const heard: string[] = []
  const ends: unknown[] = []
  socket.subscribe<News>(
    { query: liveSubscription },
    {
      next: ({ data }) => {
        if (data != null) heard.push(data.deliveryAttempts.attempt.id)
      },
      error: (error) => ends.push(error),
      complete: () => ends.push('complete'),
    },
  )
  const owed = await cutTwice(stage, heard)
  expect(heard).toEqual(owed)
  expect(owed.length).toBeGreaterThanOrEqual(7)
  expect(ends).toEqual([])
  await socket.dispose()
})

test('without the last cursor, a cut line loses what was made meanwhile', async () => {
  const forgetful = createClient({
    url: stage.line.url.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${stage.acme.key}` },
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
  await until(() => stage.ring(1).then(() => heard.length > 0), { what: 'an attempt to be heard' })
  stage.line.cut()
  await stage.ring(3)
  const missed = (await stage.recorded()).slice(-3)
  const count = heard.length
  await until(() => stage.ring(1).then(() => heard.length > count), {
    what: 'an attempt to be heard again',
    deadlineMs: 20_000,
  })
  expect(heard).toEqual(expect.not.arrayContaining(missed))
  await forgetful.dispose()
})

test('is refused with 4403 when its key is missing or wrong, and does not try again', async () => {
  for (const key of ['', 'none']) {
    const socket = orderbellSocket(stage.line.url, key)
    let tries = 0
    socket.on('connecting', () => (tries += 1))
    const refusal = await new Promise((resolve) =>
      socket.subscribe(
        { query: liveSubscription },
        { next: resolve, error: resolve, complete: () => resolve('') },
      ),
    )
    expect(refusal).toMatchObject({ code: 4403, reason: expect.stringMatching(/^no key/) as string })
    expect(tries).toBe(1)
    await socket.dispose()
  }
})
