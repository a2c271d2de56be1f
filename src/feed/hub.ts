/**
 * The state of one project's feed in one process while the project has subscriptions: the position up to which new rows
 * were read and offered to the live subscribers. Rows are read once, one read at a time. Without a live subscriber
 * nothing is read.
 */
import { setImmediate as nextIteration, setTimeout as pause } from 'node:timers/promises'
import { noProject, PositionExpired, type FeedItem } from '../domain/feed/feed.ts'
import type { FeedStore } from '../ports/feed-store.ts'
import { makeCatchUp, pageSize, retryMs, type CatchUp, type PendingPage } from './catch-up.ts'
import type { Outage } from './outage.ts'
import type { ReadConcurrency } from './read-concurrency.ts'
import { makeSubscribers, type Slot, type SubscriberIndex } from './subscribers.ts'

/** Pause between two reads. A busy project receives hundreds of notifications per second. */
const betweenReadsMs = 10
/** The same for the installation's feed, of which every read writes rows for the projects with new items. */
const betweenInstallationReadsMs = 100

/** The feed of one project in this process. */
export interface Hub<T extends FeedItem> {
  /** Registers a subscription, live or not, until it leaves. */
  join(slot: Slot<T>): void
  leave(slot: Slot<T>): void
  /**
   * Makes the slot live: it receives all items after the returned position. `position` is the position up to which the
   * subscription has read by itself. It must read the items between the two positions by itself.
   */
  attach(slot: Slot<T>, position: number): number
  detach(slot: Slot<T>): void
  /** The position up to which all items were offered. Null without a live subscriber. */
  position(): number | null
  /** The newest position in the table. Retries on failure as long as there are subscriptions; then returns 0. */
  newest(): Promise<number>
  /** See `FeedStore`. */
  subjectOf(item: T): string | null
  /** Requests the page after the position, for catching up. */
  pageAfter(position: number): PendingPage<T>
  /** Reads new items, if a subscriber is live. */
  readNew(): void
  /** Ends all subscriptions. */
  end(): void
}

interface HubOptions<T extends FeedItem> {
  readonly store: FeedStore<T>
  readonly readConcurrency: ReadConcurrency
  readonly outage: Outage
  /** The last subscription has left. */
  readonly onLeft: () => void
}

interface HubState<T extends FeedItem> extends HubOptions<T> {
  readonly projectId: string
  readonly live: SubscriberIndex<T>
  /** All subscriptions, live or not. */
  readonly joined: Set<Slot<T>>
  readonly catchUp: CatchUp<T>
  /** The position up to which all items were offered. Null without a live subscriber. */
  position: number | null
  /** Whether there may be items that no read has seen yet. */
  isReadDue: boolean
  isReading: boolean
  /** The running query for the newest position, which all new subscriptions share. */
  newest: Promise<number> | undefined
}

/** Creates the hub of one project. */
export function makeHub<T extends FeedItem>(projectId: string, options: HubOptions<T>): Hub<T> {
  const { store, readConcurrency, outage } = options
  const joined = new Set<Slot<T>>()
  const state: HubState<T> = {
    ...options,
    projectId,
    live: makeSubscribers<T>((item) => store.subjectOf(item)),
    joined,
    catchUp: makeCatchUp(
      (after: number) => store.after(projectId, after, pageSize),
      readConcurrency.catchUp,
      {
        onFailed: (cause) => readFailed({ projectId, joined, outage }, cause),
        onRead: () => outage.succeeded(projectId),
      },
    ),
    position: null,
    isReadDue: false,
    isReading: false,
    newest: undefined,
  }
  return {
    join: (slot) => void joined.add(slot),
    leave: (slot) => leave(state, slot),
    attach: (slot, readUpTo) => attach(state, slot, readUpTo),
    detach: (slot) => detach(state, slot),
    position: () => state.position,
    subjectOf: (item) => store.subjectOf(item),
    newest: () => (state.newest ??= readNewest(state).finally(() => (state.newest = undefined))),
    pageAfter: (after) => state.catchUp.after(after),
    readNew: () => readNew(state),
    end: () => {
      for (const slot of joined) slot.end()
    },
  }
}

function leave<T extends FeedItem>(state: HubState<T>, slot: Slot<T>): void {
  const { joined, outage, projectId } = state
  detach(state, slot)
  if (!joined.delete(slot) || joined.size > 0) return
  outage.forget(projectId)
  state.onLeft()
}

function attach<T extends FeedItem>(state: HubState<T>, slot: Slot<T>, readUpTo: number): number {
  state.live.add(slot)
  if (state.position !== null) return state.position
  state.position = readUpTo
  // Notifications since the subscription's last read were ignored, because no subscriber was live.
  readNew(state)
  return readUpTo
}

function detach<T extends FeedItem>(state: HubState<T>, slot: Slot<T>): void {
  state.live.remove(slot)
  if (state.live.slots.size === 0) state.position = null
}

function readNew<T extends FeedItem>(state: HubState<T>): void {
  if (state.position === null) return
  state.isReadDue = true
  if (!state.isReading) void readWhileDue(state)
}

async function readWhileDue<T extends FeedItem>(state: HubState<T>): Promise<void> {
  const { outage, projectId } = state
  state.isReading = true
  while (state.isReadDue && state.position !== null) {
    state.isReadDue = false
    try {
      await readToEnd(state)
      outage.succeeded(projectId)
      await pause(projectId === noProject ? betweenInstallationReadsMs : betweenReadsMs, undefined, {
        ref: false,
      })
    } catch (error) {
      // Live subscribers stay live. The read is repeated from the same position.
      readFailed(state, error)
      state.isReadDue = true
      await pause(retryMs, undefined, { ref: false })
    }
  }
  state.isReading = false
}

/** Reads and offers all items after the position. */
async function readToEnd<T extends FeedItem>(state: HubState<T>): Promise<void> {
  for (;;) {
    const from = state.position
    if (from === null) return
    const items = await readPage(state, from)
    // The live subscribers left during the read, or others with a different position joined. The rows are not theirs.
    if (items === null || state.position !== from) continue
    offer(state, items)
    if (items.length < pageSize) return
    await nextIteration()
  }
}

/** Null: the live subscribers have left, or were disconnected because rows were removed. */
async function readPage<T extends FeedItem>(state: HubState<T>, from: number): Promise<readonly T[] | null> {
  const { store, readConcurrency, projectId } = state
  try {
    return await readConcurrency.newItems(() =>
      state.position === from ? store.after(projectId, from, pageSize) : Promise.resolve(null),
    )
  } catch (error) {
    if (!(error instanceof PositionExpired)) throw error
    if (state.position === from) disconnectAll(state, from)
    return null
  }
}

function offer<T extends FeedItem>(state: HubState<T>, items: readonly T[]): void {
  for (const item of items) state.live.offer(item)
  // All subscribers may have fallen behind during the loop. Then there is no live position any more.
  if (state.position !== null) state.position = items.at(-1)?.position ?? state.position
}

/**
 * Disconnects all live subscribers after retention removed rows that were not read yet. Each subscription then catches
 * up and finds out by itself whether it missed items.
 */
function disconnectAll<T extends FeedItem>(state: HubState<T>, upTo: number): void {
  for (const slot of [...state.live.slots]) {
    detach(state, slot)
    slot.disconnect(upTo)
  }
}

async function readNewest<T extends FeedItem>(state: HubState<T>): Promise<number> {
  const { store, readConcurrency, outage, projectId, joined } = state
  while (joined.size > 0) {
    try {
      const bounds = await readConcurrency.newItems(() =>
        joined.size > 0 ? store.bounds(projectId) : Promise.resolve(null),
      )
      if (bounds === null) break
      outage.succeeded(projectId)
      return bounds.last
    } catch (error) {
      readFailed(state, error)
      await pause(retryMs, undefined, { ref: false })
    }
  }
  return 0
}

/** A failed read of a project without subscriptions is not reported. */
function readFailed<T extends FeedItem>(
  { projectId, joined, outage }: Pick<HubState<T>, 'projectId' | 'joined' | 'outage'>,
  cause: unknown,
): void {
  if (joined.size > 0) outage.failed(projectId, cause)
}
