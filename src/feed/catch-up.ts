/**
 * Reads the pages with which subscriptions of one project catch up. Reads one page at a time, and each page serves all
 * requests whose position lies in it, so that a thousand subscribers that reconnect together need few reads.
 * Retries a failed read until it succeeds.
 */
import { setImmediate as nextIteration, setTimeout as pause } from 'node:timers/promises'
import { PositionExpired, type FeedItem } from '../domain/feed/feed.ts'
import type { LimitRead } from './read-concurrency.ts'

/** Rows of one read. */
export const pageSize = 500
/** Pause after a failed read. */
export const retryMs = 1_000

/** A page of a feed. */
export interface FeedPage<T> {
  /**
   * In the order of their positions. May contain items at or before the requested position, read for another request.
   */
  readonly items: readonly T[]
  /** The position up to which the feed was read. */
  readonly reached: number
  /** Whether the feed had no further items at the time of the read. */
  readonly isLast: boolean
}

/** A requested page. */
export interface PendingPage<T> {
  /** Null when the request was withdrawn. Rejects only with PositionExpired. */
  readonly page: Promise<FeedPage<T> | null>
  withdraw(): void
}

/** The catch-up reads of one project. */
export interface CatchUp<T> {
  /** Requests the page after the position. */
  after(position: number): PendingPage<T>
}

interface Request<T> {
  readonly position: number
  readonly resolve: (page: FeedPage<T> | null) => void
  readonly reject: (error: PositionExpired) => void
}

/**
 * `read` returns up to `pageSize` items after a position and runs within the concurrency limit `limitRead`. `onFailed` or
 * `onRead` is called after each read.
 */
export function makeCatchUp<T extends FeedItem>(
  read: (position: number) => Promise<readonly T[]>,
  limitRead: LimitRead,
  { onFailed, onRead }: { readonly onFailed: (cause: unknown) => void; readonly onRead: () => void },
): CatchUp<T> {
  let waiting: Request<T>[] = []
  let isReading = false

  const serve = (from: number, items: readonly T[]): void => {
    const last = items.at(-1)?.position ?? from
    const isLast = items.length < pageSize
    const isServed = ({ position }: Request<T>): boolean => position >= from && (isLast || position < last)
    const served = waiting.filter(isServed)
    waiting = waiting.filter((request) => !isServed(request))
    for (const { position, resolve } of served) resolve({ items, reached: Math.max(position, last), isLast })
  }

  const rejectExpired = (from: number, error: PositionExpired): void => {
    const rejected = waiting.filter(({ position }) => position <= from)
    waiting = waiting.filter(({ position }) => position > from)
    for (const { reject } of rejected) reject(error)
  }

  const run = async (): Promise<void> => {
    isReading = true
    while (waiting.length > 0) {
      let from = 0
      try {
        const items = await limitRead(() => {
          // The requests may have been withdrawn while the read waited for its slot. Then nothing is read, so that
          // short-lived subscribers do not delay others.
          const [first] = waiting
          from = first?.position ?? 0
          return first === undefined ? Promise.resolve(null) : read(from)
        })
        if (items === null) continue
        serve(from, items)
        onRead()
        await nextIteration()
      } catch (error) {
        if (error instanceof PositionExpired) rejectExpired(from, error)
        else {
          onFailed(error)
          await pause(retryMs, undefined, { ref: false })
        }
      }
    }
    isReading = false
  }

  return {
    after: (position) => {
      let withdraw = (): void => undefined
      const page = new Promise<FeedPage<T> | null>((resolve, reject) => {
        const request: Request<T> = { position, resolve, reject }
        waiting.push(request)
        withdraw = () => {
          waiting = waiting.filter((other) => other !== request)
          resolve(null)
        }
      })
      if (!isReading) void run()
      return { page, withdraw }
    },
  }
}
