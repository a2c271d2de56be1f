/** The feed alone, over rows in memory: which reads it makes for its subscribers, and how it treats slow ones. */
import { describe, expect, test } from 'vitest'
import { PositionExpired } from '../../src/domain/feed/feed.ts'
import type { AttemptFeedItem } from '../../src/ports/feed-store.ts'
import type { Log } from '../../src/ports/log.ts'
import { nullLog } from '../support/null-log.ts'
import { waitFor } from '../support/wait-for.ts'
import { openInMemoryFeed, all, take, upTo } from './support/in-memory-feed.ts'

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate)
}

describe('feed subscribers', () => {
  test('20 live subscribers of one project share the reads of new events', async () => {
    const { feed, record, reads } = openInMemoryFeed()
    const followers = Array.from({ length: 20 }, () => feed.follow('prj_1', null, all))
    const first = followers.map((one) => take(one, 3))
    await waitFor(() => reads() > 0, { what: 'the subscribers to be live' })
    await turns(5)
    record(3)
    await Promise.all(first)
    const before = reads()
    const second = followers.map((one) => take(one, 10))
    record(10)

    expect(await Promise.all(second)).toEqual(followers.map(() => upTo(13, 4)))
    expect(reads() - before).toBeLessThanOrEqual(2)
    feed.close()
  })

  test('300 subscribers that resume at different positions share pages: less than 30 reads', async () => {
    const { feed, recordWithoutNotice, reads } = openInMemoryFeed()
    recordWithoutNotice(400)
    const followers = upTo(300).map((after) => ({ after, one: feed.follow('prj_1', after, all) }))
    const taken = await Promise.all(followers.map(({ after, one }) => take(one, 400 - after)))

    expect(taken).toEqual(followers.map(({ after }) => upTo(400, after + 1)))
    // A read for each subscriber would be 300.
    expect(reads()).toBeLessThan(30)
    feed.close()
  })

  test('events of one webhook do not evaluate the filters of 1,000 subscribers of other webhooks', async () => {
    const { feed, record, recordWithoutNotice, reads } = openInMemoryFeed()
    recordWithoutNotice(1)
    let evaluations = 0
    const count = () => (evaluations += 1) > 0
    const followers = upTo(1_000).map((number) =>
      feed.follow('prj_1', 1, { subjectIds: [`whk_${number}`, 'whk_none'], passes: count }),
    )
    const waiting = followers.map((one) => take(one, 2))
    await waitFor(() => reads() > 1, { what: 'the subscribers to be live' })
    await turns(20)
    record(300, 'whk_elsewhere')
    for (const number of upTo(1_000)) record(1, `whk_${number}`)
    record(300, 'whk_elsewhere')
    for (const number of upTo(1_000)) record(1, `whk_${number}`)

    expect(await Promise.all(waiting)).toEqual(upTo(1_000).map((number) => [301 + number, 1_601 + number]))
    expect(evaluations).toBe(2_000)
    feed.close()
  })

  test('subscribers that left cause no more reads, also when they left while they waited', async () => {
    const { feed, record, reads } = openInMemoryFeed()
    const followers = [feed.follow('prj_1', 0, all), feed.follow('prj_1', null, all)]
    const waiting = followers.map((one) => one.next())
    await waitFor(() => reads() > 0, { what: 'the first read' })
    for (const one of followers) await one.return?.()

    for (const one of await Promise.all(waiting)) expect(one.done).toBe(true)
    await turns(5)
    const before = reads()
    record(5)
    feed.readNew(null)
    await turns(5)
    expect(reads()).toBe(before)
    feed.close()
  })

  test('a slow subscriber falls behind, reads from the table, and misses no event', async () => {
    const { feed, record } = openInMemoryFeed()
    const slow = feed.follow('prj_1', 0, all)
    record(1)
    expect(await take(slow, 1)).toEqual([1])
    // More events than the buffer of one subscriber holds, in batches while the slow one takes none.
    const quick = feed.follow('prj_1', null, all)
    for (let batch = 0; batch < 7; batch += 1) {
      record(400)
      expect(await take(quick, 400)).toHaveLength(400)
    }
    const rest = take(slow, 2_800 + 5)
    record(5)

    expect(await rest).toEqual(upTo(2_806, 2))
    feed.close()
  })

  test('50 stuck subscribers cause no reads, another receives 8,000 events meanwhile, and the stuck ones resume without a gap', async () => {
    const { feed, record, reads, last } = openInMemoryFeed()
    const stuck = Array.from({ length: 50 }, () => feed.follow('prj_1', 0, all))
    const quick = feed.follow('prj_1', 0, all)
    record(1)
    for (const one of [...stuck, quick]) expect(await take(one, 1)).toEqual([1])
    for (let batch = 0; batch < 5; batch += 1) {
      record(400)
      await take(quick, 400)
    }
    const before = reads()
    const seen = new Set<AttemptFeedItem>()
    for (let batch = 0; batch < 20; batch += 1) {
      record(400)
      for (let taken = 0; taken < 400; taken += 1) seen.add((await quick.next()).value as AttemptFeedItem)
    }

    // No reads for the fifty while they are stuck: one or two reads for each batch, for the quick subscriber.
    expect(reads() - before).toBeLessThanOrEqual(3 * 20)
    expect(seen.size).toBe(8_000)
    expect(await Promise.all(stuck.map((one) => take(one, last() - 1)))).toEqual(
      stuck.map(() => upTo(last(), 2)),
    )
    feed.close()
  })

  test('a subscriber of one webhook that falls behind resumes at the first event it missed, and not at its last position', async () => {
    const { feed, record, last, reads } = openInMemoryFeed()
    const slow = feed.follow('prj_1', 0, { subjectIds: ['whk_2'], passes: () => true })
    const quick = feed.follow('prj_1', 0, all)
    record(1, 'whk_2')
    expect(await take(slow, 1)).toEqual([1])
    await take(quick, 1)
    // The next event for the slow subscriber is far from its last one: it does not read the events of other webhooks in between.
    for (let batch = 0; batch < 20; batch += 1) {
      record(500, 'whk_1')
      await take(quick, 500)
    }
    const first = last() + 1
    for (let batch = 0; batch < 4; batch += 1) {
      record(400, 'whk_2')
      await take(quick, 400)
    }
    const before = reads()

    expect(await take(slow, 1_600)).toEqual(upTo(last(), first))
    // Four pages and the end of the feed, without the twenty pages before.
    expect(reads() - before).toBeLessThan(10)
    feed.close()
  })

  test('a subscriber that read events before the process was notified of them does not receive them twice', async () => {
    const { feed, record, recordWithoutNotice } = openInMemoryFeed()
    const steady = feed.follow('prj_1', 0, all)
    record(2)
    expect(await take(steady, 2)).toEqual([1, 2])
    recordWithoutNotice(3)
    const ahead = feed.follow('prj_1', 0, all)
    expect(await take(ahead, 5)).toEqual([1, 2, 3, 4, 5])
    const next = take(ahead, 1)
    // The subscriber is live and waits before the notification arrives.
    await turns(2)
    record(1)

    expect(await next).toEqual([6])
    expect(await take(steady, 4)).toEqual([3, 4, 5, 6])
    feed.close()
  })

  test('60 subscribers that join while a busy project is read miss no event at the handover from table to live events', async () => {
    const { feed, record, last } = openInMemoryFeed()
    const steady = feed.follow('prj_1', 0, all)
    const received: Promise<readonly number[]>[] = []
    for (let round = 0; round < 60; round += 1) {
      record(1 + ((round * 37) % 90))
      const after = Math.floor((last() * ((round * 7) % 10)) / 10)
      const one = feed.follow('prj_1', after, all)
      received.push(take(one, 500).then((positions) => positions.map((position) => position - after)))
      await turns(round % 5)
    }
    record(600)

    for (const positions of received) expect(await positions).toEqual(upTo(500))
    expect(await take(steady, last())).toEqual(upTo(last()))
    feed.close()
  })

  test('closing the feed ends its subscribers', async () => {
    const { feed } = openInMemoryFeed()
    const followers = [feed.follow('prj_1', 0, all), feed.follow('prj_1', null, all)]
    const waiting = followers.map((one) => one.next())
    feed.close()
    for (const one of await Promise.all(waiting)) expect(one).toEqual({ done: true, value: undefined })
  })
})

describe('failing feed store', () => {
  const linesOf = () => {
    const lines: string[] = []
    const write = (_: object, step: string) => void lines.push(step)
    return { lines, log: { ...nullLog, warn: write, info: write } satisfies Log }
  }

  test('a failing store ends no subscriber: live, reading and new ones continue when it recovers, and it is logged once', async () => {
    const { lines, log } = linesOf()
    const { feed, record, recordWithoutNotice, break: breakStore } = openInMemoryFeed(log)
    const live = feed.follow('prj_1', 0, all)
    record(2)
    expect(await take(live, 2)).toEqual([1, 2])
    const next = take(live, 3)
    breakStore(true)
    record(2)
    const scanning = take(feed.follow('prj_1', 1, all), 4)
    const elsewhere = take(feed.follow('prj_2', null, all), 1)
    for (let look = 0; look < 20; look += 1) {
      feed.readNew(null)
      await turns(3)
    }
    breakStore(false)
    recordWithoutNotice(1)

    expect(await next).toEqual([3, 4, 5])
    expect(await scanning).toEqual([2, 3, 4, 5])
    await waitFor(() => lines.length === 2, { what: 'the outage to be over' })
    record(1)
    expect(await elsewhere).toEqual([6])
    expect(lines).toEqual(['feed.read-failed', 'feed.read-recovered'])
    feed.close()
  })

  test('a subscriber can leave while the store fails', async () => {
    const { feed, break: breakStore } = openInMemoryFeed()
    breakStore(true)
    const followers = [feed.follow('prj_1', 0, all), feed.follow('prj_1', null, all)]
    const waiting = followers.map((one) => one.next())
    await turns(5)
    for (const one of followers) await one.return?.()
    for (const one of await Promise.all(waiting)) expect(one.done).toBe(true)
    feed.close()
  })
})

describe('notifications during a read', () => {
  test('500 notifications during a running read lead to at most two more reads', async () => {
    const { feed, record, reads, underWay, hold } = openInMemoryFeed()
    const follower = feed.follow('prj_1', 0, all)
    record(1)
    await take(follower, 1)
    let answer: () => void = () => undefined
    hold(new Promise((resolve) => (answer = resolve)))
    record(1)
    await waitFor(() => underWay() === 1, { what: 'a running read' })
    await turns(5)
    const before = reads()
    for (let word = 0; word < 500; word += 1) record(1)
    await turns(5)
    expect(reads()).toBe(before)
    hold(Promise.resolve())
    answer()

    expect(await take(follower, 501)).toEqual(upTo(502, 2))
    // One read for the events that the first did not see, and one more where that page was full.
    expect(reads() - before).toBeLessThanOrEqual(2)
    feed.close()
  })
})

describe('replay with a filter that matches nothing', () => {
  test('five replays of 200,000 attempts each yield to other work, delay no short subscription, and run at most five reads at once', async () => {
    const { feed, recordWithoutNotice, reads, mostUnderWay, last } = openInMemoryFeed()
    recordWithoutNotice(200_000)
    const nothing = { subjectIds: null, passes: ({ position }: AttemptFeedItem) => position === 200_000 }
    const replays = ['prj_1', 'prj_2', 'prj_3', 'prj_4', 'prj_5'].map((id) => feed.follow(id, 0, nothing))
    const found = replays.map((one) => take(one, 1))
    let turnsOfOthers = 0
    let isOver = false
    const others = () => {
      turnsOfOthers += 1
      if (!isOver) setImmediate(others)
    }
    setImmediate(others)
    // A short replay does not wait for the long ones.
    const short = await take(feed.follow('prj_6', last() - 3, all), 3)
    const longAtThatTime = reads('prj_1')
    expect(await Promise.all(found)).toEqual(replays.map(() => [200_000]))
    isOver = true

    expect(short).toEqual(upTo(200_000, 199_998))
    expect(longAtThatTime).toBeLessThan(50)
    // A page has 500 rows, and there are five replays.
    expect(turnsOfOthers).toBeGreaterThan(1_000)
    expect(mostUnderWay()).toBeLessThanOrEqual(5)
    feed.close()
  }, 60_000)
})

describe('removed events', () => {
  test('a subscriber whose next events were removed ends with PositionExpired; subscribers that have read them continue', async () => {
    const { feed, record, recordWithoutNotice, expire, last } = openInMemoryFeed()
    record(1_400)
    const behind = feed.follow('prj_1', 0, all)
    const live = feed.follow('prj_1', 0, all)
    await take(live, 1_400)
    await take(behind, 1)
    recordWithoutNotice(10)
    const ahead = feed.follow('prj_1', 1_390, all)
    expect(await take(ahead, 20)).toEqual(upTo(1_410, 1_391))
    // The process receives no notification for so long that the events it has not read are removed.
    expire(1_410)
    record(1)

    await expect(take(live, 1)).rejects.toThrow(PositionExpired)
    expect(await take(ahead, 1)).toEqual([1_411])
    // These events were read before they were removed; the following ones were not.
    expect(await take(behind, 499)).toEqual(upTo(500, 2))
    await expect(take(behind, 1)).rejects.toThrow(PositionExpired)
    expect(await take(feed.follow('prj_1', 1_410, all), 1)).toEqual([last()])
    feed.close()
  })

  test('events that were buffered for a subscriber before their removal are still delivered', async () => {
    const { feed, record, recordWithoutNotice, expire } = openInMemoryFeed()
    const live = feed.follow('prj_1', 0, all)
    const other = feed.follow('prj_1', 0, all)
    record(1)
    expect([await take(live, 1), await take(other, 1)]).toEqual([[1], [1]])
    record(4)
    await take(other, 4)
    recordWithoutNotice(2)
    expire(7)
    record(1)
    await expect(take(other, 1)).rejects.toThrow(PositionExpired)

    expect(await take(live, 4)).toEqual([2, 3, 4, 5])
    await expect(take(live, 1)).rejects.toThrow(PositionExpired)
    feed.close()
  })
})
