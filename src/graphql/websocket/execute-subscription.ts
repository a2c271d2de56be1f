/**
 * Executes a subscription: answers each event with data that is read after the event. Releases the subscription's place
 * in the limits and its memory when it ends.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql'
import { PositionExpired } from '../../domain/feed/feed.ts'
import { foundNoRoom, isLarge, type AnswerRoom } from './response-buffer.ts'
import { answersAhead } from './ordered-concurrency.ts'
import type { Context } from '../core/context.ts'
import { isForCaller, NotThere } from '../core/errors.ts'
import type { BatchEvents } from '../execution/event-batching.ts'
import { expiredPosition } from '../core/feed-cursors.ts'
import { never, type Operation } from './operation-ids.ts'
import type { ByteBudget } from '../core/read-bytes.ts'
import type { Release } from './connection-limits.ts'

/**
 * Maximum number of attempts to answer an event whose data cannot be read. The first pause between attempts is
 * `firstPauseMs`, and each pause is twice the previous one: about 12 s in total.
 */
const answerTries = 8
const firstPauseMs = 100
/**
 * Maximum number of events of one subscription that are answered concurrently while it catches up, and of answers that
 * wait to be sent.
 */
export const maxAhead = 10
const done = { done: true, value: undefined } as const

/**
 * An event and its answer. `made` is null when the answer exceeded the memory that the answers of the socket share; the
 * event is then answered alone, when it is the next one to send.
 */
interface Ahead {
  readonly event: unknown
  readonly made: Made | null
}
/** An answer and the budget that counts its bytes. */
interface Made {
  readonly result: ExecutionResult
  readonly bytes: ByteBudget
}

export interface Subscribed extends ExecutionArgs {
  readonly contextValue: Context
  readonly operation: Operation
  /** Releases the subscription's place in the limits. */
  readonly release: Release
  /** Waits until the client has received enough of the waiting bytes; false when the socket is closed. */
  readonly roomToSend: () => Promise<boolean>
  /** Limits the memory of the answers of the socket. */
  readonly room: AnswerRoom
  /** Batches the events of the project. */
  readonly inTurn: BatchEvents
}

/**
 * Like `subscribe` of graphql, but with fresh loaders for each batch of events. One context serves a subscription for
 * its whole life, and its loaders would return the same cached delivery for every event.
 */
export async function subscribeFresh(args: Subscribed): Promise<AsyncIterableIterator<ExecutionResult>> {
  const { release, operation } = args
  const events = await begin(args)
  // Meanwhile the client has completed this operation and used its id for another one.
  if (!operation.isCurrent()) {
    release()
    await events.return?.()
    return never()
  }
  let isOver = false
  let isReturned = false
  let areLarge = false
  /** Budgets of the answers that are in memory. */
  const held = new Set<ByteBudget>()
  /** Budget of the answer that was returned last. */
  let brought: ByteBudget | undefined
  const letGo = (bytes: ByteBudget | undefined): void => {
    if (bytes !== undefined && held.delete(bytes)) bytes.end()
  }
  const end = async (): Promise<void> => {
    isOver = true
    release()
    for (const bytes of held) letGo(bytes)
    await events.return?.()
  }
  /** Returns null when the subscription ended or the client disconnected meanwhile. */
  const answered = async (event: unknown, bytes: ByteBudget): Promise<Made | null> => {
    held.add(bytes)
    if (isOver) letGo(bytes)
    for (let tries = 1; ; tries += 1) {
      const answer = async (contextOf: (context: Context) => Context): Promise<ExecutionResult> =>
        execute({ ...args, rootValue: event, contextValue: { ...contextOf(args.contextValue), bytes } })
      const result = await args.inTurn(answer)
      if (foundNoRoom(bytes) || tries === answerTries || !hasFault(result)) return { result, bytes }
      await pause(firstPauseMs * 2 ** (tries - 1), undefined, { ref: false })
      if (isOver || !(await args.roomToSend())) return null
      bytes.again()
    }
  }
  const ahead = async (event: unknown): Promise<Ahead | null> => {
    if (areLarge) return { event, made: null }
    const made = await answered(event, args.room.beside())
    if (made === null || !foundNoRoom(made.bytes)) return made && { event, made }
    areLarge = true
    letGo(made.bytes)
    return { event, made: null }
  }
  const alone = async (event: unknown): Promise<Made | null> => {
    const bytes = await args.room.alone()
    held.add(bytes)
    const made = (await args.roomToSend()) ? await answered(event, bytes) : null
    if (made !== null) areLarge = isLarge(made.bytes)
    return made
  }
  const pull = async () => ((await args.roomToSend()) ? events.next() : done)
  const answers = answersAhead(pull, ahead, maxAhead)
  /** Returns null when the event is skipped. */
  const bring = async (): Promise<IteratorResult<ExecutionResult> | null> => {
    const { value = null } = await answers.next()
    const made = value && (value.made ?? (await alone(value.event)))
    if (made === null) {
      await end()
      return done
    }
    brought = made.bytes
    const gone = causeIn(made.result, NotThere)
    if (gone === undefined) return { done: false, value: whole(made.result) }
    letGo(brought)
    const { requestId, world } = args.contextValue
    world.log.info({ requestId, why: gone.message }, 'feed.event-skipped')
    return null
  }
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      try {
        // graphql-ws calls `next` after it has sent the previous answer.
        letGo(brought)
        for (;;) {
          const result = await bring()
          // The client has completed the operation. If this call resolved, graphql-ws would send `complete` for the
          // next operation with this id.
          if (isReturned) return await never()
          if (result !== null) return result
        }
      } catch (error) {
        if (isReturned) return never()
        // An error ends the subscription, but graphql-ws does not call `return` then.
        await end()
        throw error
      }
    },
    return: async () => {
      isReturned = true
      await end()
      return done
    },
    [Symbol.asyncIterator]: () => results,
  }
  return results
}

/**
 * The events of the subscription's field. An error that occurs before the first event is thrown by the first call of
 * `next`; otherwise graphql-ws would close the socket.
 */
async function begin(args: Subscribed): Promise<AsyncIterator<unknown>> {
  try {
    const stream = await createSourceEventStream(args)
    if (Symbol.asyncIterator in stream) return stream[Symbol.asyncIterator]()
    return failing(stream.errors?.[0])
  } catch (error) {
    return failing(error)
  }
}

function failing(error: unknown): AsyncIterator<unknown> {
  const reason =
    error instanceof Error ? error : new Error(`expected events or an error, found ${String(error)}`)
  return { next: () => Promise.reject(reason) }
}

type Cause<E extends Error> = new (...args: never[]) => E

/**
 * The first error of the result that wraps an error of this class. NotThere: a webhook may have been given to another
 * partner since the feed was read; the subscriber may no longer see the event's objects and receives the next event
 * instead. PositionExpired: retention has removed the event's rows.
 */
function causeIn<E extends Error>({ errors }: ExecutionResult, cause: Cause<E>): E | undefined {
  return errors?.map(({ originalError }) => originalError).find((error): error is E => error instanceof cause)
}

/**
 * Whether the answer has a fault of ours, such as an unavailable database. The event is then answered again, because no
 * other code sends it again.
 */
function hasFault(result: ExecutionResult): boolean {
  if (causeIn(result, NotThere) !== undefined || causeIn(result, PositionExpired) !== undefined) return false
  return result.errors?.some((error) => !isForCaller(error)) ?? false
}

/**
 * The result of an event. Throws, which ends the subscription, if retention removed the event's rows or if a fault of
 * ours left the result without data. If the subscription continued, the client would resume after the event and would
 * not notice that the event is missing.
 */
function whole(result: ExecutionResult): ExecutionResult {
  if (causeIn(result, PositionExpired) !== undefined) throw expiredPosition('feed')
  const fault = result.data == null ? result.errors?.find((error) => !isForCaller(error)) : undefined
  if (fault?.originalError !== undefined) throw fault.originalError
  return result
}
