import { expect, test } from 'vitest'
import { makeShortWaits } from '../../../../src/dispatch/lanes/short-waits.ts'
import { makeClock } from '../fakes.ts'

function open() {
  const clock = makeClock()
  const started: string[] = []
  const waits = makeShortWaits({ pause: (ms) => clock.pause(ms), monotonicMs: () => clock.nowMs() }, (id) =>
    started.push(id),
  )
  return { clock, started, waits }
}

test('a waiting lane starts once, after its delay', async () => {
  const { clock, started, waits } = open()
  waits.add('whk_1', 100)
  waits.add('whk_2', 50)
  await clock.advance(99)
  expect(started).toEqual(['whk_2'])
  await clock.advance(1_000)
  expect(started).toEqual(['whk_2', 'whk_1'])
})

test('of two delays of a lane the shorter counts, whichever came first', async () => {
  const { clock, started, waits } = open()
  waits.add('whk_1', 100)
  waits.add('whk_1', 500)
  waits.add('whk_2', 500)
  waits.add('whk_2', 100)
  await clock.advance(100)
  expect(started).toEqual(['whk_1', 'whk_2'])
  await clock.advance(1_000)
  expect(started).toEqual(['whk_1', 'whk_2'])
})

test('a lane can wait again after its start', async () => {
  const { clock, started, waits } = open()
  waits.add('whk_1', 100)
  await clock.advance(100)
  waits.add('whk_1', 100)
  await clock.advance(100)
  expect(started).toEqual(['whk_1', 'whk_1'])
})

test('no lane starts after the stop', async () => {
  const { clock, started, waits } = open()
  waits.add('whk_1', 100)
  waits.stop()
  waits.add('whk_2', 100)
  await clock.advance(1_000)
  expect(started).toEqual([])
})
