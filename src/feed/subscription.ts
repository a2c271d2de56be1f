/**
 * One subscription of a project's feed. It catches up page by page. At the last page it attaches to the hub, reads the
 * items up to the hub's position, and then returns the items that the hub has offered since.
 * A subscriber that is too slow is detached, its buffer is discarded, and it catches up from the first item that it has
 * not received.
 */
import type { FeedItem } from '../domain/feed/feed.ts'
import type { Wish } from '../ports/feed-store.ts'
import type { Slot } from './subscribers.ts'
import type { Hub } from './hub.ts'

/** Maximum number of buffered items of one subscription. Only items that match its filter are buffered. */
const maxWaiting = 1_000

/**
 * Starts a subscription. `after`: the position of the last received item; null means new items only. The iterator
 * throws PositionExpired when retention has removed items after the position.
 */
export function follow<T extends FeedItem>(
  hub: Hub<T>,
  after: number | null,
  { webhookIds, passes }: Wish<T>,
): AsyncIterableIterator<T, void> {
  /** The position up to which the subscription has read by itself. Offered items are accepted only after it. */
  let position = after ?? 0
  /** The position after which the hub offers items. Null while the subscription is not attached. */
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
      // All items before the first buffered item were returned. If the subscription is not live yet, it has items of
      // earlier positions to read, and `position` stays.
      if (isLive()) position = first.position - 1
      waiting = []
      giveUpSeat()
      stir()
    },
    disconnectAll: (upTo) => {
      // Buffered items may have been removed from the table meanwhile. They are still returned.
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

  /** Attaches at the newest position, so that no item after the start of the subscription is missed. */
  const begin = async (): Promise<void> => {
    position = hub.position() ?? (await hub.newest())
    if (!ended) handover = hub.attach(slot, position)
  }

  /** Reads the next page and returns the items that match the filter. */
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
      // Buffered items are returned only after all items before them were read.
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
        // The consumer does not call `return` after an error. Without `finish`, the hub would keep reading for it.
        finish()
        throw error
      }
    },
    return: async () => {
      // The generator may be waiting for an item. `finish` wakes it, so that it can end.
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
