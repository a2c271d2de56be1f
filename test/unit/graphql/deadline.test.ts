import { describe, expect, test } from 'vitest'
import { makeDeadline, type ConcurrencyLimit } from '../../../src/graphql/execution/deadline.ts'
import { makeKeyedLimit } from '../../../src/runtime/keyed-limit.ts'

const unlimited: ConcurrencyLimit = (transaction) => transaction()
const never = (): Promise<string> => new Promise(() => undefined)
const after = (ms: number) => (): Promise<string> =>
  new Promise((resolve) => setTimeout(() => resolve('rows'), ms))

describe('operation deadline', () => {
  test('a deadline does not limit a transaction before the deadline is started', async () => {
    const deadline = makeDeadline()
    expect(await deadline.run('read', after(20), unlimited)).toBe('rows')
    expect(deadline.passed()).toBe(false)
  })

  test('a transaction of a query that ends in time returns its result', async () => {
    const deadline = makeDeadline()
    deadline.startQuery(5_000)
    expect(await deadline.run('read', after(1), unlimited)).toBe('rows')
    expect(deadline.passed()).toBe(false)
  })

  test('a query whose time is over is refused at its running transaction and at each later one, which does not start', async () => {
    const deadline = makeDeadline()
    let started = 0
    const read = (): Promise<string> => {
      started += 1
      return never()
    }
    deadline.startQuery(10)
    const tooSlow = { message: expect.stringMatching(/^the query took too long/) as string }
    await expect(deadline.run('read', read, unlimited)).rejects.toMatchObject(tooSlow)
    await expect(deadline.run('read', read, unlimited)).rejects.toMatchObject({
      ...tooSlow,
      extensions: { code: 'QUERY_TOO_COMPLEX' },
    })
    expect([started, deadline.passed()]).toEqual([1, true])
  })

  test('a transaction that fails in time rejects with its own error', async () => {
    const deadline = makeDeadline()
    deadline.startQuery(5_000)
    const failing = () => Promise.reject(new Error('broken'))
    await expect(deadline.run('read', failing, unlimited)).rejects.toThrow('broken')
  })

  test('a transaction of a query that the concurrency limit admits too late does not start', async () => {
    const deadline = makeDeadline()
    let started = 0
    const limit = makeKeyedLimit(1)
    // Another request of the project, without a deadline, uses the whole limit.
    const other = limit('prj_1', after(200))
    const ofProject: ConcurrencyLimit = (transaction) => limit('prj_1', transaction)
    deadline.startQuery(20)
    const read = (): Promise<string> => {
      started += 1
      return after(1)()
    }
    await expect(deadline.run('read', read, ofProject)).rejects.toMatchObject({
      extensions: { code: 'QUERY_TOO_COMPLEX' },
    })
    await other
    await limit('prj_1', () => Promise.resolve())
    expect(started).toBe(0)
  })

  test('each transaction of a mutation has its own time limit, so that a receiver may take long in between', async () => {
    const deadline = makeDeadline()
    deadline.startMutation(50)
    const first = await deadline.run('write', after(1), unlimited)
    await after(100)()
    expect([first, await deadline.run('write', after(1), unlimited)]).toEqual(['rows', 'rows'])
  })

  test('a transaction of a mutation without an answer from PostgreSQL ends as a fault without an error code', async () => {
    const deadline = makeDeadline()
    deadline.startMutation(10)
    const error = await deadline.run('write', never, unlimited).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ message: 'write: PostgreSQL did not answer within 10 ms' })
    expect(error).not.toHaveProperty('extensions')
  })

  test('a transaction of a mutation that the concurrency limit admits too late does not start', async () => {
    const deadline = makeDeadline()
    let started = 0
    let admit: () => void = () => undefined
    const admitted = new Promise<void>((resolve) => (admit = resolve))
    const write = (): Promise<void> => {
      started += 1
      return Promise.resolve()
    }
    const limit: ConcurrencyLimit = async (transaction) => {
      await admitted
      return transaction()
    }
    deadline.startMutation(10)
    await expect(deadline.run('write', write, limit)).rejects.toThrow('did not answer')
    admit()
    await new Promise((resolve) => setImmediate(resolve))
    expect(started).toBe(0)
  })
})
