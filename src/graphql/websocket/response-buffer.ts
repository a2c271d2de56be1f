/**
 * Limits the memory of the answers to the subscription events of one socket. Small answers share one limit, and large
 * answers are made one at a time.
 */
import pLimit from 'p-limit'
import {
  isTooMuchAtOnce,
  limitsOfEvent,
  makeByteBudget,
  makeReadBytes,
  type ByteBudget,
} from '../core/read-bytes.ts'

/** Maximum bytes of the small answers of one socket that are in memory at the same time. */
const maxBeside = limitsOfEvent.read
/**
 * Bytes from which an answer counts as large. A subscription makes up to ten answers concurrently, and ten answers of
 * this size use all of `maxBeside`.
 */
const largeFrom = maxBeside / 10

export interface AnswerRoom {
  /** The budget of an answer that shares the limit with others; it can throw RATE_LIMITED. */
  beside(): ByteBudget
  /** The budget of an answer that does not share the limit. Resolves when no other answer of this kind is in memory. */
  alone(): Promise<ByteBudget>
}

/** Returns a function that gives the limit of one socket. */
export function makeAnswerRooms(): (socket: object) => AnswerRoom {
  const rooms = new WeakMap<object, AnswerRoom>()
  return (socket) => {
    const room = rooms.get(socket) ?? makeAnswerRoom()
    rooms.set(socket, room)
    return room
  }
}

export function makeAnswerRoom(): AnswerRoom {
  const beside = makeReadBytes({ perProject: maxBeside, inAll: maxBeside }, limitsOfEvent)
  const oneAtATime = pLimit(1)
  return {
    beside: () => beside(''),
    alone: () =>
      new Promise((begin) => {
        void oneAtATime(
          () =>
            new Promise<void>((end) =>
              begin(
                makeByteBudget(
                  limitsOfEvent,
                  () => true,
                  () => end(),
                ),
              ),
            ),
        )
      }),
  }
}

/** Whether the answer exceeded the shared limit. */
export function foundNoRoom(budget: ByteBudget): boolean {
  return isTooMuchAtOnce(budget.refusal())
}

export function isLarge(budget: ByteBudget): boolean {
  return budget.held() >= largeFrom
}
