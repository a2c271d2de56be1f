import { expect, test } from 'vitest'
import { sendTogether } from '../../../src/services/changes/send-together.ts'

test('statements that are sent together return their results in their order', async () => {
  const late = new Promise<string>((resolve) => setTimeout(() => resolve('first'), 5))
  expect(await sendTogether(late, Promise.resolve(2))).toEqual(['first', 2])
})

test('statements that are sent together fail with the first error, after all of them have ended', async () => {
  const ended: string[] = []
  const after = async (ms: number, name: string): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, ms))
    ended.push(name)
    throw new Error(name)
  }
  await expect(
    sendTogether(after(20, 'aborted'), after(1, 'cause'), after(10, 'aborted too')),
  ).rejects.toThrow('cause')
  expect(ended).toEqual(['cause', 'aborted too', 'aborted'])
})
