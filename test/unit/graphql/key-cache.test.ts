import { expect, test } from 'vitest'
import type { KnownKey } from '../../../src/db/installation/key-look-ups.ts'
import { keyKeptMs } from '../../../src/domain/access/key.ts'
import { makeKeyCache } from '../../../src/graphql/auth/key-cache.ts'
import { buildId, later, noon } from '../../support/samples.ts'

const id = buildId('key')
const known: KnownKey = {
  key: {
    id,
    projectId: buildId('project'),
    partnerId: null,
    role: 'PLATFORM',
    name: null,
    createdAt: noon,
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  },
  secretHash: 'hash',
  now: noon,
}

/** A cache over look-ups that the test answers, with a clock that the test sets. */
function makeLookUps() {
  const asked: { readonly id: string; readonly answer: (found: KnownKey | null) => void }[] = []
  const clock = { ms: 0 }
  const cache = makeKeyCache(
    (wanted) => new Promise((answer) => asked.push({ id: wanted, answer })),
    () => clock.ms,
  )
  return { cache, asked, clock }
}

test('a key is looked up once in a second, and its clock runs on meanwhile', async () => {
  const { cache, asked, clock } = makeLookUps()
  const first = cache.keyById(id)
  asked[0]?.answer(known)
  expect(await first).toEqual(known)
  clock.ms = keyKeptMs - 1
  expect(await cache.keyById(id)).toEqual({ ...known, now: later(keyKeptMs - 1) })
  expect(asked).toHaveLength(1)
  clock.ms = keyKeptMs
  void cache.keyById(id)
  expect(asked).toHaveLength(2)
})

test('simultaneous requests with one key share one look-up', async () => {
  const { cache, asked } = makeLookUps()
  const found = Promise.all([cache.keyById(id), cache.keyById(id), cache.keyById(id)])
  expect(asked).toHaveLength(1)
  asked[0]?.answer(known)
  expect(await found).toEqual([known, known, known])
})

test('a key that does not exist is looked up each time', async () => {
  const { cache, asked } = makeLookUps()
  for (const [index] of [0, 1].entries()) {
    const found = cache.keyById(id)
    asked[index]?.answer(null)
    expect(await found).toBeNull()
  }
  expect(asked).toHaveLength(2)
})

test('a look-up that fails is repeated by the next request', async () => {
  let isUp = false
  const cache = makeKeyCache(() => (isUp ? Promise.resolve(known) : Promise.reject(new Error('no database'))))
  await expect(cache.keyById(id)).rejects.toThrow('no database')
  isUp = true
  expect(await cache.keyById(id)).toEqual(known)
})

test.each([
  ['a revoked key', id],
  ['each key when notifications may have been lost', null],
])('%s is looked up again at once', async (_name, forgotten) => {
  const { cache, asked } = makeLookUps()
  const first = cache.keyById(id)
  asked[0]?.answer(known)
  await first
  cache.forget(forgotten)
  const second = cache.keyById(id)
  asked[1]?.answer(null)
  expect(await second).toBeNull()
})

test('a look-up that began before a revocation is not kept', async () => {
  const { cache, asked } = makeLookUps()
  const early = cache.keyById(id)
  cache.forget(id)
  const late = cache.keyById(id)
  expect(asked).toHaveLength(2)
  asked[1]?.answer(null)
  expect(await late).toBeNull()
  asked[0]?.answer(known)
  await early
  void cache.keyById(id)
  expect(asked).toHaveLength(3)
})
