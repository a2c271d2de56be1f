import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { untilAborted } from '../../../src/runtime/until-aborted.ts'

const never = () => new Promise<string>(() => undefined)

describe('untilAborted', () => {
  test('settles like a promise that settles before the signal is aborted', async () => {
    const { signal } = new AbortController()
    expect(await untilAborted(Promise.resolve('done'), signal)).toBe('done')
    await expect(untilAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken')
  })

  test('rejects with the reason of the signal when the signal is aborted first', async () => {
    const controller = new AbortController()
    const waited = untilAborted(never(), controller.signal)
    controller.abort(new Error('too late'))
    await expect(waited).rejects.toThrow('too late')
    await expect(untilAborted(never(), controller.signal)).rejects.toThrow('too late')
    await expect(untilAborted(never(), AbortSignal.timeout(1))).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  test('leaves no listener on a signal that outlives the promise', async () => {
    const { signal } = new AbortController()
    await Promise.all(Array.from({ length: 100 }, () => untilAborted(Promise.resolve(), signal)))
    await new Promise((resolve) => setImmediate(resolve))
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('does not report a rejection that follows the abort as unhandled', async () => {
    let fail: (error: Error) => void = () => undefined
    const late = new Promise<string>((_, reject) => (fail = reject))
    await expect(untilAborted(late, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
    fail(new Error('later'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})
