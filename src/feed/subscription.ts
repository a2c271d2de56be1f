/**
 * One who follows a project: it is live from the moment that its replay comes near the end, reads what lies between, and
 * then hands out what was offered meanwhile. One that is too slow gives up its seat with all that waits, and reads on
 * from the first that it was not handed.
 */
import type { FeedItem } from '../domain/feed/feed.ts'
import type { Wish } from '../ports/feed-store.ts'
import type { Slot } from './subscribers.ts'
import type { Hub } from './hub.ts'

/** What waits for one that is slow: of what it wished for, and no more. */
const maxWaiting = 1_000

export function follow<T extends FeedItem>(
  hub: Hub<T>,
  after: number | null,
  { webhookIds, passes }: Wish<T>,
): AsyncIterableIterator<T, void> {
  /** Up to which it has read for itself. What it is offered is beyond. */
  let position = after ?? 0
  /** From which on it is offered what comes; null while it has no seat. */
  let handover: number | null = null
  let waiting: T[] = []
  let ended = false
  let stir: () => void = () => undefined
  let withdraw: () => void = () => undefined
  let declareOver: () => void = () => undefined
  const over = new Promise<void>((resolve) => (declareOver = resolve))

  const isLive = (): boolean => handover !== null && position >= handover
  const isEnded = (): boolean => ended
  const giveUpSeat = (): void => {
    handover = null
    hub.detach(slot)
  }

  const slot: Slot<T> = {
    webhookIds: webhookIds === null ? null : new Set(webhookIds),
    take: (item) => {
      if (item.position <= position || !passes(item)) return
      const [first] = waiting
      if (first === undefined || waiting.length < maxWaiting) {
        waiting.push(item)
        stir()
        return
      }
      // All before the first that waits was handed out. What was not read for itself yet lies further back.
      if (isLive()) position = first.position - 1
      waiting = []
      giveUpSeat()
      stir()
    },
    disconnectAll: (upTo) => {
      // What waits was offered and may be gone from the table: it is still handed out.
      if (isLive()) position = Math.max(position, upTo)
      else waiting = []
      handover = null
      stir()
    },
    end: () => {
      ended = true
      waiting = []
      withdraw()
      declareOver()
      stir()
    },
  }
  const finish = (): void => {
    slot.end()
    hub.leave(slot)
  }

  /** A seat at once where it is known how far we are, so that nothing is lost of what happens from now on. */
  const begin = async (): Promise<void> => {
    position = hub.position() ?? (await hub.newest())
    if (!ended) handover = hub.attach(slot, position)
  }

  /** What is wished for of the next page; all of the page counts as read. */
  const readOn = async (): Promise<readonly T[]> => {
    const asked = hub.pageAfter(position)
    withdraw = () => asked.withdraw()
    const page = await asked.page
    withdraw = () => undefined
    if (page === null || isEnded()) return []
    const from = position
    position = page.reached
    waiting = waiting.filter((item) => item.position > position)
    if (page.isLast) handover ??= hub.attach(slot, position)
    return page.items.filter((item) => item.position > from && isWatched(item) && passes(item))
  }
  const isWatched = ({ webhookId }: T): boolean => slot.webhookIds?.has(webhookId) ?? true

  async function* items(): AsyncGenerator<T, void, undefined> {
    await Promise.race([beginning, over])
    while (!isEnded()) {
      // What waits behind a joint that was not reached yet has to wait.
      const next = handover === null || isLive() ? waiting.shift() : undefined
      if (next !== undefined) yield next
      else if (isLive()) await new Promise<void>((resolve) => (stir = resolve))
      else
        for (const item of await readOn()) {
          if (isEnded()) return
          yield item
        }
    }
  }

  hub.join(slot)
  const beginning = after === null ? begin() : undefined
  const generator = items()
  return {
    next: async () => {
      try {
        const result = await generator.next()
        if (result.done === true) finish()
        return result
      } catch (error) {
        // Whoever follows does not return what has failed: it would be read for, and never be asked.
        finish()
        throw error
      }
    },
    return: async () => {
      // The generator may be waiting for what never comes: it is stirred before it is ended.
      finish()
      await generator.return()
      return { done: true, value: undefined }
    },
    throw: async (error: unknown) => {
      finish()
      return generator.throw(error)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
