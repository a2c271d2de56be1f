import { describe, expect, test } from 'vitest'
import { within } from '../../../src/runtime/within.ts'

describe('within', () => {
  test('settles like a promise that settles within the time limit', async () => {
    expect(await within(1_000, 'reading', Promise.resolve('done'))).toBe('done')
    const failed = within(1_000, 'reading', Promise.reject(new Error('broken')))
    await expect(failed).rejects.toThrow('broken')
  })

  test('rejects a promise that takes longer, with the name of the step and the limit', async () => {
    const never = new Promise(() => undefined)
    await expect(within(10, 'reading', never)).rejects.toThrow('reading: no answer within 10 ms')
  })
})
