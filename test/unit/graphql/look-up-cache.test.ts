import { expect, test } from 'vitest'
import type { KnownKey } from '../../../src/db/installation/key-look-ups.ts'
import { keyKeptMs } from '../../../src/domain/access/key.ts'
import { makeLookUpCache } from '../../../src/graphql/auth/look-up-cache.ts'
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
  const cache = makeLookUpCache<KnownKey>(
    (wanted) => new Promise((answer) => asked.push({ id: wanted, answer })),
    () => clock.ms,
  )
  return { cache, asked, clock }
}

test('a key is looked up once in a second, and its clock runs on meanwhile', async () => {
  const { cache, asked, clock } = makeLookUps()
  const first = cache.find(id)
  asked[0]?.answer(known)
  expect(await first).toEqual(known)
  clock.ms = keyKeptMs - 1
  expect(await cache.find(id)).toEqual({ ...known, now: later(keyKeptMs - 1) })
  expect(asked).toHaveLength(1)
  clock.ms = keyKeptMs
  void cache.find(id)
  expect(asked).toHaveLength(2)
})

test('simultaneous requests with one key share one look-up', async () => {
  const { cache, asked } = makeLookUps()
  const found = Promise.all([cache.find(id), cache.find(id), cache.find(id)])
  expect(asked).toHaveLength(1)
  asked[0]?.answer(known)
  expect(await found).toEqual([known, known, known])
})

test('a key that does not exist is looked up each time', async () => {
  const { cache, asked } = makeLookUps()
  for (const [index] of [0, 1].entries()) {
    const found = cache.find(id)
    asked[index]?.answer(null)
    expect(await found).toBeNull()
  }
  expect(asked).toHaveLength(2)
})

test('a look-up that fails is repeated by the next request', async () => {
  let isUp = false
  const cache = makeLookUpCache(() =>
    isUp ? Promise.resolve(known) : Promise.reject(new Error('no database')),
  )
  await expect(cache.find(id)).rejects.toThrow('no database')
  isUp = true
  expect(await cache.find(id)).toEqual(known)
})

test.each([
  ['a revoked key', id],
  ['each key when notifications may have been lost', null],
])('%s is looked up again at once', async (_name, forgotten) => {
  const { cache, asked } = makeLookUps()
  const first = cache.find(id)
  asked[0]?.answer(known)
  await first
  cache.forget(forgotten)
  const second = cache.find(id)
  asked[1]?.answer(null)
  expect(await second).toBeNull()
})

test('a look-up that began before a revocation is not kept', async () => {
  const { cache, asked } = makeLookUps()
  const early = cache.find(id)
  cache.forget(id)
  const late = cache.find(id)
  expect(asked).toHaveLength(2)
  asked[1]?.answer(null)
  expect(await late).toBeNull()
  asked[0]?.answer(known)
  await early
  void cache.find(id)
  expect(asked).toHaveLength(3)
})
