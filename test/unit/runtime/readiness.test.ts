import { describe, expect, test } from 'vitest'
import { makeReadiness, type Part } from '../../../src/runtime/server/readiness.ts'
import { nullLog } from '../../support/null-log.ts'

const works = (isRequired: boolean): Part => ({ isRequired, check: () => Promise.resolve('ok') })
const fails = (isRequired: boolean): Part => ({
  isRequired,
  check: () => Promise.reject(new Error('the password is hunter2')),
})

/** A started readiness check with these parts. */
const watching = (parts: Readonly<Record<string, Part>>, nowMs?: () => number) => {
  const watch = makeReadiness(Object.keys(parts), nullLog, nowMs)
  watch.begin(parts)
  return watch
}

describe('readiness', () => {
  test.each([
    ['ready while every part works', { postgres: works(true), queue: works(false) }, 'ready'],
    ['degraded while an optional part fails', { postgres: works(true), queue: fails(false) }, 'degraded'],
    [
      'unavailable while a required part fails',
      { postgres: fails(true), queue: works(false) },
      'unavailable',
    ],
    [
      'degraded while a part reports it',
      {
        postgres: works(true),
        queue: { isRequired: false, check: () => Promise.resolve('degraded' as const) },
      },
      'degraded',
    ],
  ])('readiness is %s', async (_, parts, status) => {
    expect((await watching(parts).current()).status).toBe(status)
  })

  test('readiness shows the state of each part without the cause', async () => {
    const readiness = await watching({ postgres: fails(true), queue: works(false) }).current()
    expect(readiness).toEqual({ status: 'unavailable', parts: { postgres: 'unavailable', queue: 'ok' } })
  })

  test('readiness is unavailable before the process serves and while it stops', async () => {
    const watch = makeReadiness(['postgres'], nullLog)
    const starting = await watch.current()
    watch.begin({ postgres: works(true) })
    const serving = await watch.current()
    watch.stop()
    const stopping = await watch.current()
    expect([starting.status, serving.status, stopping.status]).toEqual([
      'unavailable',
      'ready',
      'unavailable',
    ])
  })

  test('1,000 concurrent readiness requests share one check, and a request after a second makes another', async () => {
    let checks = 0
    let now = 0
    const check = () => {
      checks += 1
      return Promise.resolve('ok' as const)
    }
    const watch = watching({ postgres: { isRequired: true, check } }, () => now)
    await Promise.all(Array.from({ length: 1_000 }, () => watch.current()))
    await watch.current()
    const before = checks
    now = 1_000
    await watch.current()
    expect([before, checks]).toEqual([1, 2])
  })
})
