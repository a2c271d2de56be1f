/** How concurrent changes of a project are gathered into transactions. */
import { setImmediate as nextIteration } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { ok } from '../../../src/domain/shared/problem.ts'
import type { Change } from '../../../src/services/changes/change.ts'
import {
  expectInTime,
  makeChangeGroups,
  type ChangeGroupDeps,
} from '../../../src/services/changes/change-groups.ts'
import type { Outcome } from '../../../src/services/changes/commit-group.ts'

/** A transaction that a test ends. */
interface Running {
  readonly mutations: readonly string[]
  readonly waits: boolean
  /** Answers each change with its mutation's name, unless it has another outcome. */
  answer(outcomes?: Readonly<Record<string, Outcome>>): void
  fail(error: unknown): void
}

function makeGroups() {
  const running: Running[] = []
  const commit: ChangeGroupDeps['commit'] = (_projectId, members, waits) =>
    new Promise((resolve, reject) => {
      const mutations = members.map(({ change }) => change.request.mutation)
      const answerOf = (mutation: string): Outcome => ({
        kind: 'ANSWERED',
        result: ok({ value: mutation, repeated: false, event: null, due: 0 }),
      })
      running.push({
        mutations,
        waits,
        answer: (outcomes = {}) => resolve(mutations.map((name) => outcomes[name] ?? answerOf(name))),
        fail: reject,
      })
    })
  const isRolledBack = (error: unknown): boolean => error === 'rolled back'
  const groups = makeChangeGroups({ commit, isRolledBack })
  const submit = async (mutation: string, more: Partial<Change<string>> = {}, projectId = 'prj_1') => {
    const change: Change<string> = {
      request: { mutation, input: {}, idempotencyKey: null },
      reads: {},
      dataBytes: 10,
      decide: () => ok({ value: mutation, rows: null }),
      ...more,
    }
    const result = await groups(projectId, 'key_1', change)
    return result.ok ? result.value.value : result.problems
  }
  /** The mutations of the transactions that were started since the last call. */
  const started = async (): Promise<readonly (readonly string[])[]> => {
    await nextIteration()
    await nextIteration()
    return running.slice(seen, (seen = running.length)).map(({ mutations }) => mutations)
  }
  let seen = 0
  const last = (): Running => {
    const found = running.at(-1)
    if (found === undefined) throw new Error('expected a transaction')
    return found
  }
  return { submit, started, running, last }
}

const order = (orderId: string): Partial<Change<string>> => ({ reads: { orderId } })

test('a change that arrives alone is committed at once, without waiting for locks', async () => {
  const { submit, started, last } = makeGroups()
  const answer = submit('a')
  expect(await started()).toEqual([['a']])
  expect(last().waits).toBe(false)
  last().answer()
  await expect(answer).resolves.toBe('a')
})

test('changes that arrive during a transaction share the next one, and each gets its own answer', async () => {
  const { submit, started, last } = makeGroups()
  const first = submit('a')
  await started()
  const others = [submit('b'), submit('c'), submit('d')]
  expect(await started()).toEqual([])
  last().answer()
  expect(await started()).toEqual([['b', 'c', 'd']])
  last().answer({ c: { kind: 'FAILED', error: new Error('a fault of c') } })
  await expect(first).resolves.toBe('a')
  const ended = await Promise.allSettled(others)
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

test('a transaction has at most 64 changes and about 1 MB of data', async () => {
  const { submit, started, last } = makeGroups()
  for (let index = 0; index < 100; index += 1) void submit(`a${index}`)
  expect((await started())[0]).toHaveLength(64)
  last().answer()
  expect((await started())[0]).toHaveLength(36)
  last().answer()
  await started()
  for (const name of ['b', 'c', 'd']) void submit(name, { dataBytes: 600_000 })
  expect(await started()).toEqual([['b']])
})

test('two changes of one order, or with one idempotency key, never share a transaction and keep their order', async () => {
  const { submit, started, last } = makeGroups()
  const key = { request: { mutation: 'k', input: {}, idempotencyKey: 'same' } }
  void submit('a1', order('ord_1'))
  void submit('a2', order('ord_1'))
  void submit('a3', order('ord_1'))
  void submit('k', key)
  void submit('k', key)
  void submit('b', order('ord_2'))
  expect(await started()).toEqual([['a1', 'k', 'b']])
  last().answer()
  expect(await started()).toEqual([['a2', 'k']])
  last().answer()
  expect(await started()).toEqual([['a3']])
})

test('projects do not wait for each other', async () => {
  const { submit, started } = makeGroups()
  void submit('a', {}, 'prj_1')
  void submit('b', {}, 'prj_2')
  expect(await started()).toEqual([['a'], ['b']])
})

test('a change whose order is locked elsewhere is committed alone and waits, while further changes go on', async () => {
  const { submit, started, last, running } = makeGroups()
  const busy = submit('busy', order('ord_1'))
  const quick = submit('quick')
  await started()
  last().answer({ busy: { kind: 'BUSY' } })
  await expect(quick).resolves.toBe('quick')
  const again = submit('again', order('ord_1'))
  void submit('next')
  expect(await started()).toEqual([['busy'], ['next']])
  expect(running[1]?.waits).toBe(true)
  running[2]?.answer()
  // Of the same order, so after the change that waits.
  expect(await started()).toEqual([])
  running[1]?.answer()
  expect(await started()).toEqual([['again']])
  last().answer()
  await expect(Promise.all([busy, again])).resolves.toEqual(['busy', 'again'])
})

test('when PostgreSQL rolls a group back, each of its changes is committed alone and only the bad one fails', async () => {
  const { submit, started, last, running } = makeGroups()
  const good = submit('good')
  const bad = submit('bad')
  await started()
  last().fail('rolled back')
  expect(await started()).toEqual([['good'], ['bad']])
  running[1]?.answer()
  running[2]?.fail('rolled back')
  await expect(good).resolves.toBe('good')
  await expect(bad).rejects.toBe('rolled back')
})

test('when the connection is lost, no change of the group is repeated, because it may have been stored', async () => {
  const { submit, started, last } = makeGroups()
  const lost = [submit('a'), submit('b')]
  await started()
  last().fail('connection lost')
  const ended = await Promise.allSettled(lost)
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await started()).toEqual([])
})

test('a change that has waited 20 s for its transaction is not started', async () => {
  const { submit, started, last } = makeGroups()
  void submit('slow')
  await started()
  const late = submit('late')
  const rejected = expect(late).rejects.toThrow('not started within 20000 ms')
  const now = performance.now()
  vi.spyOn(performance, 'now').mockReturnValue(now + 20_001)
  last().answer()
  expect(await started()).toEqual([])
  await rejected
  vi.restoreAllMocks()
})

test('a transaction that waited for a connection is not started when one of its changes has waited 20 s', () => {
  const nowMs = 100_000
  vi.spyOn(performance, 'now').mockReturnValue(nowMs)
  expect(() => expectInTime([{ sinceMs: nowMs }, { sinceMs: nowMs - 20_000 }])).not.toThrow()
  expect(() => expectInTime([{ sinceMs: nowMs }, { sinceMs: nowMs - 20_001 }])).toThrow('within 20000 ms')
  vi.restoreAllMocks()
})
