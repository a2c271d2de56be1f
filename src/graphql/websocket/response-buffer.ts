/**
 * Answers to the events of a socket's subscriptions that are in memory at once: as many beside each other as have room
 * together, and a large one alone.
 */
import pLimit from 'p-limit'
import {
  isTooMuchAtOnce,
  limitsOfEvent,
  makeByteBudget,
  makeReadBytes,
  type ByteBudget,
} from '../core/read-bytes.ts'

/** Bytes of answers of one socket, beside each other. */
const maxBeside = limitsOfEvent.read
/** Answers of this size find no room for the next ones beside them. */
const largeFrom = maxBeside / 10

export interface AnswerRoom {
  /** Of an answer beside others; it may find no room. */
  beside(): ByteBudget
  /** Of an answer that finds room in any case, once no other of its sort is in memory. */
  alone(): Promise<ByteBudget>
}

/** Of each socket. */
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

/** Whether there was no room for it beside others. */
export function foundNoRoom(budget: ByteBudget): boolean {
  return isTooMuchAtOnce(budget.refusal())
}

export function isLarge(budget: ByteBudget): boolean {
  return budget.held() >= largeFrom
}
