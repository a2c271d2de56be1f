/**
 * One subscription of a project's feed. It catches up page by page. At the last page it attaches to the hub, reads the
 * items up to the hub's position, and then returns the items that the hub has offered since.
 * A subscriber that is too slow is detached, its buffer is discarded, and it catches up from the first item that it has
 * not received. Its socket stays open; `graphql/websocket/slow-sockets.ts` closes the socket of a client that reads too
 * slowly.
 */
import type { FeedItem } from '../domain/feed/feed.ts'
import type { FeedFilter } from '../ports/feed-store.ts'
import type { Slot } from './subscribers.ts'
import type { Hub } from './hub.ts'

/** Maximum number of buffered items of one subscription. Only items that match its filter are buffered. */
export const maxBuffered = 1_000

interface SubscriptionState<T extends FeedItem> {
  readonly hub: Hub<T>
  readonly slot: Slot<T>
  readonly passes: (item: T) => boolean
  /** The position up to which the subscription has read by itself. Offered items are accepted only after it. */
  position: number
  /** The position after which the hub offers items. Null while the subscription is not attached. */
  handover: number | null
  /** Offered items that were not returned yet. */
  buffer: T[]
  isEnded: boolean
  /** Wakes the iterator, which waits for an item. */
  wake: () => void
  /** Withdraws the request for a page. */
  withdraw: () => void
  /** Resolves `ended`. */
  declareEnded: () => void
}

/**
 * Starts a subscription. `after`: the position of the last received item; null means new items only. The iterator
 * throws PositionExpired when retention has removed items after the position.
 */
export function follow<T extends FeedItem>(
  hub: Hub<T>,
  after: number | null,
  { subjectIds, passes }: FeedFilter<T>,
): AsyncIterableIterator<T, void> {
  const state: SubscriptionState<T> = {
    hub,
    slot: {
      subjectIds: subjectIds === null ? null : new Set(subjectIds),
      offer: (item) => takeOffered(state, item),
      disconnect: (upTo) => disconnect(state, upTo),
      end: () => end(state),
    },
    passes,
    position: after ?? 0,
    handover: null,
    buffer: [],
    isEnded: false,
    wake: () => undefined,
    withdraw: () => undefined,
    declareEnded: () => undefined,
  }
  const ended = new Promise<void>((resolve) => (state.declareEnded = resolve))
  hub.join(state.slot)
  const beginning = after === null ? beginAtNewest(state) : undefined
  return iteratorOf(state, itemsOf(state, Promise.race([beginning, ended])))
}

/** Receives an item from the hub. A subscription whose buffer is full is detached, and catches up from the table. */
function takeOffered<T extends FeedItem>(state: SubscriptionState<T>, item: T): void {
  const { buffer } = state
  if (item.position <= state.position || !state.passes(item)) return
  const [first] = buffer
  if (first === undefined || buffer.length < maxBuffered) {
    buffer.push(item)
    state.wake()
    return
  }
  // A live subscription has returned every item before the first buffered item, and reads on from there. A
  // subscription that is not live yet has earlier items to read, and keeps its position.
  if (isLive(state)) state.position = first.position - 1
  state.buffer = []
  state.handover = null
  state.hub.detach(state.slot)
  state.wake()
}

function disconnect<T extends FeedItem>(state: SubscriptionState<T>, upTo: number): void {
  // Buffered items may have been removed from the table meanwhile. They are still returned.
  if (isLive(state)) state.position = Math.max(state.position, upTo)
  else state.buffer = []
  state.handover = null
  state.wake()
}

function end<T extends FeedItem>(state: SubscriptionState<T>): void {
  state.isEnded = true
  state.buffer = []
  state.withdraw()
  state.declareEnded()
  state.wake()
}

function finish<T extends FeedItem>(state: SubscriptionState<T>): void {
  end(state)
  state.hub.leave(state.slot)
}

function isLive<T extends FeedItem>({ handover, position }: SubscriptionState<T>): boolean {
  return handover !== null && position >= handover
}

/** A function, because TypeScript assumes that a property does not change during an `await`. */
function isEnded<T extends FeedItem>(state: SubscriptionState<T>): boolean {
  return state.isEnded
}

/** Attaches at the newest position, so that no item after the start of the subscription is missed. */
async function beginAtNewest<T extends FeedItem>(state: SubscriptionState<T>): Promise<void> {
  const { hub, slot } = state
  state.position = hub.position() ?? (await hub.newest())
  if (!isEnded(state)) state.handover = hub.attach(slot, state.position)
}

/** Reads the next page and returns the items that match the filter. */
async function readPage<T extends FeedItem>(state: SubscriptionState<T>): Promise<readonly T[]> {
  const { hub, slot, passes } = state
  const pending = hub.pageAfter(state.position)
  state.withdraw = () => pending.withdraw()
  const page = await pending.page
  state.withdraw = () => undefined
  if (page === null || isEnded(state)) return []
  const from = state.position
  const { reached } = page
  state.position = reached
  state.buffer = state.buffer.filter((item) => item.position > reached)
  if (page.isLast) state.handover ??= hub.attach(slot, reached)
  const isFollowed = (item: T): boolean => slot.subjectIds?.has(hub.subjectOf(item) ?? '') ?? true
  return page.items.filter((item) => item.position > from && isFollowed(item) && passes(item))
}

/** `begun`: resolves when the subscription has its first position, or has ended. */
async function* itemsOf<T extends FeedItem>(
  state: SubscriptionState<T>,
  begun: Promise<void>,
): AsyncGenerator<T, void, undefined> {
  await begun
  while (!isEnded(state)) {
    // Buffered items are returned only after all items before them were read.
    const next = state.handover === null || isLive(state) ? state.buffer.shift() : undefined
    if (next !== undefined) yield next
    else if (isLive(state)) await new Promise<void>((resolve) => (state.wake = resolve))
    else
      for (const item of await readPage(state)) {
        if (isEnded(state)) return
        yield item
      }
  }
}

/** Leaves the hub when the generator or its consumer ends. */
function iteratorOf<T extends FeedItem>(
  state: SubscriptionState<T>,
  generator: AsyncGenerator<T, void, undefined>,
): AsyncIterableIterator<T, void> {
  return {
    next: async () => {
      try {
        const result = await generator.next()
        if (result.done === true) finish(state)
        return result
      } catch (error) {
        // The consumer does not call `return` after an error. Without `finish`, the hub would keep reading for it.
        finish(state)
        throw error
      }
    },
    return: async () => {
      // The generator may be waiting for an item. `finish` wakes it, so that it can end.
      finish(state)
      await generator.return()
      return { done: true, value: undefined }
    },
    throw: async (error: unknown) => {
      finish(state)
      return generator.throw(error)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
