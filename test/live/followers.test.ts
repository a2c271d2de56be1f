/** The feed by itself, over rows in memory: who is read for, and what becomes of a follower that is slow. */
import { describe, expect, test } from 'vitest'
import type { FedAttempt, FeedStore } from '../../src/flow/feed-ports.ts'
import { makeFeed } from '../../src/live/feed.ts'
import { quietLog } from '../support/quiet-log.ts'
import { until } from '../support/until.ts'

const all = { webhookIds: null, passes: () => true }

function attemptAt(position: number): FedAttempt {
  return {
    id: `att_${position}`,
    position,
    deliveryId: 'dlv_1',
    webhookId: 'whk_1',
    orderId: null,
    topic: 'order.created',
    number: 1,
    trigger: 'SCHEDULE',
    outcome: 'SUCCEEDED',
    detail: null,
    statusCode: 200,
    startedAt: new Date(position),
    phases: null,
    durationMs: 1,
    resolvedAddress: null,
    nextStep: 'NONE',
    nextStepReason: 'the receiver took it',
    nextAttemptAt: null,
    partnerId: null,
    preset: 'STANDARD',
  }
}

/** A feed whose rows a test writes, and that counts how often they are read. */
function aFeed() {
  const rows: FedAttempt[] = []
  let reads = 0
  let broken = false
  const store: FeedStore<FedAttempt> = {
    bounds: async () => ({ last: rows.length, expired: 0 }),
    after: async (_, position, limit) => {
      reads += 1
      await new Promise(setImmediate)
      if (broken) throw new Error('no connection')
      return rows.slice(position, position + limit)
    },
  }
  const feed = makeFeed(store, quietLog)
  /** As another process does whose word has not come yet. */
  const recordUnheard = (count: number): void => {
    for (let added = 0; added < count; added += 1) rows.push(attemptAt(rows.length + 1))
  }
  const record = (count: number): void => {
    recordUnheard(count)
    feed.look('prj_1')
  }
  return { feed, record, recordUnheard, reads: () => reads, break: (now: boolean) => (broken = now) }
}

async function take(follower: AsyncIterableIterator<FedAttempt>, count: number): Promise<(number | null)[]> {
  const positions: (number | null)[] = []
  while (positions.length < count) {
    const result: IteratorResult<FedAttempt, undefined> = await follower.next()
    if (result.done === true) throw new Error(`expected ${count} attempts, found ${positions.length}`)
    positions.push(result.value.position)
  }
  return positions
}

const upTo = (last: number, first = 1) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('followers', () => {
  test('of one project share one reading of what is new', async () => {
    const { feed, record, reads } = aFeed()
    const followers = Array.from({ length: 20 }, () => feed.follow('prj_1', null, all))
    const first = followers.map((one) => take(one, 3))
    await until(() => reads() > 0, { what: 'them to be live' })
    record(3)
    await Promise.all(first)
    const before = reads()
    const second = followers.map((one) => take(one, 10))
    record(10)

    expect(await Promise.all(second)).toEqual(followers.map(() => upTo(13, 4)))
    expect(reads() - before).toBeLessThanOrEqual(2)
    feed.close()
  })

  test('that have left are read for no more, also when they left while they waited', async () => {
    const { feed, record, reads } = aFeed()
    const followers = [feed.follow('prj_1', 0, all), feed.follow('prj_1', null, all)]
    const waiting = followers.map((one) => one.next())
    await until(() => reads() > 0, { what: 'the first look' })
    for (const one of followers) await one.return?.()

    for (const one of await Promise.all(waiting)) expect(one.done).toBe(true)
    const before = reads()
    record(5)
    feed.look(null)
    expect(reads()).toBe(before)
    feed.close()
  })

  test('that are slow fall behind, scan, and miss nothing', async () => {
    const { feed, record } = aFeed()
    const slow = feed.follow('prj_1', 0, all)
    record(1)
    expect(await take(slow, 1)).toEqual([1])
    // More than may wait for one follower, in batches while it does not take any.
    for (let batch = 0; batch < 7; batch += 1) {
      record(400)
      await new Promise(setImmediate)
      await new Promise(setImmediate)
    }
    const rest = take(slow, 2_800 + 5)
    record(5)

    expect(await rest).toEqual(upTo(2_806, 2))
    feed.close()
  })

  test('that scanned ahead of what the process knows are not brought it again', async () => {
    const { feed, record, recordUnheard } = aFeed()
    const steady = feed.follow('prj_1', 0, all)
    record(2)
    expect(await take(steady, 2)).toEqual([1, 2])
    recordUnheard(3)
    const ahead = feed.follow('prj_1', 0, all)
    expect(await take(ahead, 5)).toEqual([1, 2, 3, 4, 5])
    const next = take(ahead, 1)
    // It is live, and waits, before the word comes.
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    record(1)

    expect(await next).toEqual([6])
    expect(await take(steady, 4)).toEqual([3, 4, 5, 6])
    feed.close()
  })

  test('that ended by a fault are read for no more', async () => {
    const { feed, record, reads, break: breakStore } = aFeed()
    const follower = feed.follow('prj_1', 0, all)
    breakStore(true)
    await expect(follower.next()).rejects.toThrow()
    breakStore(false)
    const before = reads()
    record(1)
    await new Promise(setImmediate)

    expect(reads()).toBe(before)
    feed.close()
  })

  test('lose nothing to a read that failed: the next look reads from the same place', async () => {
    const { feed, record, break: breakStore } = aFeed()
    const follower = feed.follow('prj_1', 0, all)
    record(2)
    expect(await take(follower, 2)).toEqual([1, 2])
    const next = take(follower, 3)
    breakStore(true)
    record(2)
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    breakStore(false)
    record(1)

    expect(await next).toEqual([3, 4, 5])
    feed.close()
  })

  test('are ended when the feed closes', async () => {
    const { feed } = aFeed()
    const follower = feed.follow('prj_1', 0, all)
    const waiting = follower.next()
    feed.close()
    expect(await waiting).toEqual({ done: true, value: undefined })
  })
})
