/** A feed over rows in memory: a test writes rows, makes the store fail, and counts the reads. */
import { PositionExpired } from '../../../src/domain/feed/feed.ts'
import type { AttemptFeedItem, FeedStore } from '../../../src/ports/feed-store.ts'
import type { Log } from '../../../src/ports/log.ts'
import { makeFeed } from '../../../src/feed/feed.ts'
import { nullLog } from '../../support/null-log.ts'

export const all = { subjectIds: null, passes: () => true }

export function attemptAt(position: number, webhookId = 'whk_1'): AttemptFeedItem {
  return {
    id: `att_${position}`,
    projectId: 'prj_1',
    position,
    deliveryId: 'dlv_1',
    webhookId,
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
    resentOnNewConnection: false,
    nextStep: 'NONE',
    nextStepReason: 'the receiver accepted the request',
    nextAttemptAt: null,
    partnerId: null,
    preset: 'STANDARD',
  }
}

/** Every project has the same `rows`; the position of a row is its index plus one. */
export function openInMemoryFeed(log: Log = nullLog) {
  const rows: AttemptFeedItem[] = []
  const readOf = new Map<string, number>()
  let reads = 0
  let underWay = 0
  let mostUnderWay = 0
  let broken = false
  let expired = 0
  /** A read waits for this promise before it returns. */
  let answering: Promise<void> = Promise.resolve()

  const reading = async <R>(projectId: string, answer: () => R): Promise<R> => {
    reads += 1
    readOf.set(projectId, (readOf.get(projectId) ?? 0) + 1)
    underWay += 1
    mostUnderWay = Math.max(mostUnderWay, underWay)
    try {
      await new Promise(setImmediate)
      if (broken) throw new Error('no connection')
      const answered = answer()
      await answering
      return answered
    } finally {
      underWay -= 1
    }
  }
  const store: FeedStore<AttemptFeedItem> = {
    subjectOf: ({ webhookId }) => webhookId,
    bounds: (projectId) => reading(projectId, () => ({ last: rows.length, expired })),
    after: (projectId, position, limit) =>
      reading(projectId, () => {
        if (position < expired) throw new PositionExpired(position, expired)
        return rows.slice(position, position + limit)
      }),
  }
  const feed = makeFeed(store, log)
  /** Adds rows without a notification, as another process does whose notification has not arrived yet. */
  const recordWithoutNotice = (count: number, webhookId?: string): void => {
    for (let added = 0; added < count; added += 1) rows.push(attemptAt(rows.length + 1, webhookId))
  }
  return {
    feed,
    recordWithoutNotice,
    record: (count: number, webhookId?: string): void => {
      recordWithoutNotice(count, webhookId)
      feed.readNew(null)
    },
    last: () => rows.length,
    reads: (projectId?: string) => (projectId === undefined ? reads : (readOf.get(projectId) ?? 0)),
    underWay: () => underWay,
    mostUnderWay: () => mostUnderWay,
    break: (now: boolean) => (broken = now),
    /** Removes rows as retention does. */
    expire: (upTo: number) => (expired = upTo),
    /** Running reads return the rows they saw once the promise resolves. */
    hold: (ended: Promise<void>): void => {
      answering = ended
    },
  }
}

/** The positions of the next `count` events. */
export async function take(
  follower: AsyncIterableIterator<AttemptFeedItem>,
  count: number,
): Promise<readonly number[]> {
  const positions: number[] = []
  while (positions.length < count) {
    const result: IteratorResult<AttemptFeedItem, undefined> = await follower.next()
    if (result.done === true) throw new Error(`expected ${count} attempts, found ${positions.length}`)
    positions.push(result.value.position)
  }
  return positions
}

export const upTo = (last: number, first = 1): readonly number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
