/**
 * Reads the pages with which subscriptions of one project catch up. Reads one page at a time, and each page serves all
 * requests whose position lies in it, so that a thousand subscribers that reconnect together need few reads.
 * Retries a failed read until it succeeds.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { PositionExpired, type FeedItem } from '../domain/feed/feed.ts'
import type { LimitRead } from './read-concurrency.ts'

/** Rows of one read. */
export const pageSize = 500
/** Pause after a failed read. */
export const retryMs = 1_000

/** A page of a feed. */
export interface Page<T> {
  /**
   * In the order of their positions. May contain items at or before the requested position, read for another request.
   */
  readonly items: readonly T[]
  /** The position up to which the feed was read. */
  readonly reached: number
  /** Whether the feed had no further items at the time of the read. */
  readonly isLast: boolean
}

/** A request for a page. */
export interface Asked<T> {
  /** Null when the request was withdrawn. Rejects only with PositionExpired. */
  readonly page: Promise<Page<T> | null>
  withdraw(): void
}

/** The pages of one project. */
export interface Pages<T> {
  /** Requests the page after the position. */
  after(position: number): Asked<T>
}

interface Request<T> {
  readonly position: number
  readonly resolve: (page: Page<T> | null) => void
  readonly reject: (error: PositionExpired) => void
}

/**
 * `read` returns up to `pageSize` items after a position and runs within the concurrency limit `inTurn`. `failed` or
 * `worked` is called after each read.
 */
export function makePages<T extends FeedItem>(
  read: (position: number) => Promise<readonly T[]>,
  inTurn: LimitRead,
  { failed, worked }: { readonly failed: (cause: unknown) => void; readonly worked: () => void },
): Pages<T> {
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

  const refuse = (from: number, error: PositionExpired): void => {
    const refused = waiting.filter(({ position }) => position <= from)
    waiting = waiting.filter(({ position }) => position > from)
    for (const { reject } of refused) reject(error)
  }

  const run = async (): Promise<void> => {
    isReading = true
    while (waiting.length > 0) {
      let from = 0
      try {
        const items = await inTurn(() => {
          // The requests may have been withdrawn while the read waited for its slot. Then nothing is read, so that
          // short-lived subscribers do not delay others.
          const [first] = waiting
          from = first?.position ?? 0
          return first === undefined ? Promise.resolve(null) : read(from)
        })
        if (items === null) continue
        serve(from, items)
        worked()
        await nextTurn()
      } catch (error) {
        if (error instanceof PositionExpired) refuse(from, error)
        else {
          failed(error)
          await pause(retryMs, undefined, { ref: false })
        }
      }
    }
    isReading = false
  }

  return {
    after: (position) => {
      let withdraw = (): void => undefined
      const page = new Promise<Page<T> | null>((resolve, reject) => {
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
