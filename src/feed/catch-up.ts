/**
 * Replays of one project, page by page: one page at a time, and one read serves all who wait within its span, so that a
 * thousand followers who come back together cost little more than one. A read that fails is tried again until it works.
 */
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import { PositionExpired, type FeedItem } from '../domain/feed/feed.ts'
import type { LimitRead } from './read-concurrency.ts'

/** Rows of one read. */
export const pageSize = 500
/** How long a store that failed is left alone. */
export const retryMs = 1_000

export interface Page<T> {
  /** In order. Those at or before the position that was asked for are somebody else's. */
  readonly items: readonly T[]
  /** All up to here was read. */
  readonly reached: number
  /** Whether there was nothing behind it at the time. */
  readonly isLast: boolean
}

export interface Asked<T> {
  /** Null when it was withdrawn. Rejects with PositionExpired and with nothing else. */
  readonly page: Promise<Page<T> | null>
  withdraw(): void
}

export interface Pages<T> {
  /** What comes after the position. */
  after(position: number): Asked<T>
}

interface Request<T> {
  readonly position: number
  readonly resolve: (page: Page<T> | null) => void
  readonly reject: (error: PositionExpired) => void
}

/** `read`, in its turn, brings up to `pageSize`; `failed` and `worked` are told of each read. */
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
          // Whoever waited for the turn may have left: then nothing is read, or those who come and go keep others waiting.
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
