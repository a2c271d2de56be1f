/** Events that are answered concurrently and returned in their order. */
import { describe, expect, test } from 'vitest'
import { mapInOrder } from '../../../src/graphql/websocket/ordered-concurrency.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A stream whose events and answers the test releases. */
function makeStream(most: number) {
  const pulls: ((result: IteratorResult<number, undefined>) => void)[] = []
  const breaks: ((error: Error) => void)[] = []
  const answering = new Map<number, { give: () => void; refuse: (error: Error) => void }>()
  const answers = mapInOrder<number, string>(
    () =>
      new Promise((resolve, reject) => {
        pulls.push(resolve)
        breaks.push(reject)
      }),
    (event) =>
      new Promise((resolve, reject) => {
        answering.set(event, { give: () => resolve(`answer ${event}`), refuse: reject })
      }),
    most,
  )
  const come = async (result: IteratorResult<number, undefined>): Promise<void> => {
    await waitFor(() => pulls.length > 0, { what: 'a pull' })
    breaks.shift()
    pulls.shift()?.(result)
  }
  return {
    answers,
    event: async (event: number) => {
      await come({ done: false, value: event })
      await waitFor(() => answering.has(event), { what: 'the event to be answered' })
    },
    end: () => come({ done: true, value: undefined }),
    breakPull: async () => {
      await waitFor(() => breaks.length > 0, { what: 'a pull' })
      breaks.shift()?.(new Error('the source failed'))
    },
    isPulled: () => pulls.length > 0,
    give: (event: number) => answering.get(event)?.give(),
    refuse: (event: number) => answering.get(event)?.refuse(new Error(`no answer to ${event}`)),
  }
}

const valueOf = (event: number) => ({ done: false, value: `answer ${event}` })

describe('ordered concurrency', () => {
  test('three events are answered concurrently and returned in their order', async () => {
    const stream = makeStream(3)
    const first = stream.answers.next()
    for (const event of [1, 2, 3]) await stream.event(event)
    stream.give(2)
    stream.give(3)
    stream.give(1)

    expect(await first).toEqual(valueOf(1))
    expect(await stream.answers.next()).toEqual(valueOf(2))
    expect(await stream.answers.next()).toEqual(valueOf(3))
  })

  test('no event is pulled while 2 answers wait and the limit is 2', async () => {
    const stream = makeStream(2)
    const first = stream.answers.next()
    await stream.event(1)
    await stream.event(2)
    stream.give(1)
    await stream.event(3)
    expect(await first).toEqual(valueOf(1))

    await new Promise(setImmediate)
    expect(stream.isPulled()).toBe(false)
  })

  test('the stream ends after the last answer was returned', async () => {
    const stream = makeStream(3)
    const first = stream.answers.next()
    await stream.event(1)
    await stream.end()
    stream.give(1)

    expect(await first).toEqual(valueOf(1))
    expect(await stream.answers.next()).toEqual({ done: true, value: undefined })
    expect(await stream.answers.next()).toEqual({ done: true, value: undefined })
  })

  test('the stream ends while its consumer waits for the first event', async () => {
    const stream = makeStream(3)
    const first = stream.answers.next()
    await stream.end()
    expect(await first).toEqual({ done: true, value: undefined })
  })

  test('a failed answer and a failed pull are thrown in their order, after the answers before them', async () => {
    const stream = makeStream(3)
    const first = stream.answers.next()
    await stream.event(1)
    await stream.event(2)
    await stream.breakPull()
    stream.refuse(2)
    stream.give(1)

    expect(await first).toEqual(valueOf(1))
    await expect(stream.answers.next()).rejects.toThrow('no answer to 2')
    await expect(stream.answers.next()).rejects.toThrow('the source failed')
  })
})
