import { describe, expect, test } from 'vitest'
import { errorCode } from '../../../../src/domain/shared/error-code.ts'
import { retryOn } from '../../../../src/domain/shared/retry-on.ts'

class Deadlock extends Error {}

/** Work that fails with these errors, one after the other, and then returns the number of its calls. */
function failing(...errors: readonly Error[]): () => Promise<number> {
  let calls = 0
  return async () => {
    const error = errors[calls]
    calls += 1
    if (error !== undefined) throw error
    return calls
  }
}

const isRetryable = (error: unknown) => error instanceof Deadlock

describe('retryOn', () => {
  test('returns the result of the first try that succeeds', async () => {
    expect(await retryOn({ tries: 3, isRetryable }, failing())).toBe(1)
    expect(await retryOn({ tries: 3, isRetryable }, failing(new Deadlock(), new Deadlock()))).toBe(3)
  })

  test('throws the error of the last try', async () => {
    const work = failing(new Deadlock('1'), new Deadlock('2'), new Deadlock('3'))
    await expect(retryOn({ tries: 2, isRetryable }, work)).rejects.toThrow('2')
  })

  test('throws an error that is not retryable at once', async () => {
    const work = failing(new Deadlock('1'), new Error('2'))
    await expect(retryOn({ tries: 3, isRetryable }, work)).rejects.toThrow('2')
  })

  test('calls beforeRetry with the error and the number of failed tries, but not after the last try', async () => {
    const seen: unknown[] = []
    const beforeRetry = async (error: unknown, failedTries: number) =>
      void seen.push([String(error), failedTries])
    const work = failing(new Deadlock('a'), new Deadlock('b'), new Deadlock('c'))
    await expect(retryOn({ tries: 3, isRetryable, beforeRetry }, work)).rejects.toThrow('c')
    expect(seen).toEqual([
      ['Error: a', 1],
      ['Error: b', 2],
    ])
  })
})

describe('errorCode', () => {
  test.each([
    [Object.assign(new Error(), { code: 'ENOENT' }), 'ENOENT'],
    [Object.assign(new Error(), { code: 1 }), ''],
    [new Error('ENOENT'), ''],
    [{ code: 'ENOENT' }, ''],
    [undefined, ''],
  ])('of %o is %o', (error, code) => {
    expect(errorCode(error)).toBe(code)
  })
})
