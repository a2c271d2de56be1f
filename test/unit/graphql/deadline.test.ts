import { describe, expect, test } from 'vitest'
import { makeDeadline } from '../../../src/graphql/execution/deadline.ts'

const atOnce = <T>(work: () => Promise<T>): Promise<T> => work()
const never = (): Promise<string> => new Promise(() => undefined)

describe('operation deadline', () => {
  test('a query whose time is over is refused while it waits for a read, and at its next read', async () => {
    const deadline = makeDeadline()
    const store = deadline.bound({ read: never }, atOnce)
    deadline.start(10)
    await expect(store.read()).rejects.toThrow('the query took too long')
    await expect(store.read()).rejects.toThrow('the query took too long')
  })

  test('each step of a mutation has its own time limit, so that a receiver may take long in between', async () => {
    const deadline = makeDeadline()
    const store = deadline.bound({ write: () => Promise.resolve('done') }, atOnce)
    deadline.startSteps(50)
    const first = await store.write()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([first, await store.write()]).toEqual(['done', 'done'])
  })

  test('a mutation step without an answer from PostgreSQL ends as a fault without an error code', async () => {
    const deadline = makeDeadline()
    const store = deadline.bound({ write: never }, atOnce)
    deadline.startSteps(10)
    const error = await store.write().catch((cause: unknown) => cause)
    expect(error).toMatchObject({ message: 'write: PostgreSQL did not answer within 10 ms' })
    expect(error).not.toHaveProperty('extensions')
  })

  test('a mutation step whose turn comes after its time limit does not begin', async () => {
    const deadline = makeDeadline()
    let begun = 0
    let letIn: () => void = () => undefined
    const turn = new Promise<void>((resolve) => (letIn = resolve))
    const write = (): Promise<void> => {
      begun += 1
      return Promise.resolve()
    }
    const store = deadline.bound({ write }, async (work) => {
      await turn
      return work()
    })
    deadline.startSteps(10)
    await expect(store.write()).rejects.toThrow('did not answer')
    letIn()
    await new Promise((resolve) => setImmediate(resolve))
    expect(begun).toBe(0)
  })
})
