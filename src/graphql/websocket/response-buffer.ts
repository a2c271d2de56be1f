/**
 * Limits the memory of the responses to the subscription events of one socket. Small responses share one limit, and large
 * responses are produced one at a time.
 */
import pLimit from 'p-limit'
import {
  isTooMuchAtOnce,
  limitsOfEvent,
  makeByteBudget,
  makeReadBytes,
  type ByteBudget,
} from '../core/read-bytes.ts'

/** Maximum bytes of the small responses of one socket that are in memory at the same time. */
const maxSharedBytes = limitsOfEvent.read
/**
 * Bytes from which a response counts as large. A subscription produces up to ten responses concurrently, and ten
 * responses of this size use all of `maxSharedBytes`.
 */
const largeFromBytes = maxSharedBytes / 10

export interface ResponseBuffer {
  /** The budget of a response that shares the limit with others; it can throw RATE_LIMITED. */
  shared(): ByteBudget
  /** The budget of a response that does not share the limit. Resolves when no other such response is in memory. */
  exclusive(): Promise<ByteBudget>
}

/** Makes the buffer of one socket. */
export function makeResponseBuffer(): ResponseBuffer {
  const shared = makeReadBytes({ perProject: maxSharedBytes, inAll: maxSharedBytes }, limitsOfEvent)
  const oneAtATime = pLimit(1)
  return {
    shared: () => shared(''),
    exclusive: () =>
      new Promise((begin) => {
        void oneAtATime(() => new Promise<void>((end) => begin(unlimitedBudget(end))))
      }),
  }
}

function unlimitedBudget(end: () => void): ByteBudget {
  return makeByteBudget(limitsOfEvent, () => true, end)
}

/** Whether the response exceeded the shared limit. */
export function exceededShared(budget: ByteBudget): boolean {
  return isTooMuchAtOnce(budget.refusal())
}

export function isLarge(budget: ByteBudget): boolean {
  return budget.held() >= largeFromBytes
}

/** The budgets of the responses of one subscription that are in memory. */
export interface HeldBudgets {
  /** Holds a budget until it is released. After the end, it is released at once. */
  hold(bytes: ByteBudget): void
  release(bytes: ByteBudget | undefined): void
  /** Releases all budgets, because the subscription has ended. */
  end(): void
  readonly isEnded: () => boolean
}

export function makeHeldBudgets(): HeldBudgets {
  const held = new Set<ByteBudget>()
  let isEnded = false
  const release = (bytes: ByteBudget | undefined): void => {
    if (bytes !== undefined && held.delete(bytes)) bytes.end()
  }
  return {
    hold: (bytes) => {
      held.add(bytes)
      if (isEnded) release(bytes)
    },
    release,
    end: () => {
      isEnded = true
      for (const bytes of held) release(bytes)
    },
    isEnded: () => isEnded,
  }
}
