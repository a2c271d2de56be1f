/** A subscription's events, each answered with things as they stand after it, and its room given back when it ends. */
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

/** How often an event is answered anew when what it shows cannot be read, and how long before the first time: some 12 s in all. */
const answerTries = 8
const firstPauseMs = 100
/** Events of one subscription that are answered at once where it has many to catch up with; as many answers may wait to be sent. */
const maxAhead = 10
const done = { done: true, value: undefined } as const

/** An answer, and the budget that holds it; null: there was no room beside others, and it is made when it is its turn. */
interface Ahead {
  readonly event: unknown
  readonly made: Made | null
}
interface Made {
  readonly result: ExecutionResult
  readonly bytes: ByteBudget
}

export interface Subscribed extends ExecutionArgs {
  readonly contextValue: Context
  readonly operation: Operation
  /** Makes room for another. */
  readonly release: Release
  /** Waits until the client has taken enough of what was made for it; false when it is gone. */
  readonly roomToSend: () => Promise<boolean>
  /** What the answers of its socket may have in memory. */
  readonly room: AnswerRoom
  /** When an event may be answered. */
  readonly inTurn: BatchEvents
}

/**
 * As graphql's subscribe, with fresh loaders for each round of events (`event-turns.ts`): one context serves a
 * subscription for all its life, and loaders that remember would bring the same delivery, as it first was, again and again.
 */
export async function subscribeFresh(args: Subscribed): Promise<AsyncIterableIterator<ExecutionResult>> {
  const { release, operation } = args
  const events = await begin(args)
  // The client has ended it meanwhile, and gave its id to another.
  if (!operation.isCurrent()) {
    release()
    await events.return?.()
    return never()
  }
  let isOver = false
  let isReturned = false
  let areLarge = false
  /** Of the answers that are in memory. */
  const held = new Set<ByteBudget>()
  /** Of the one that was brought last. */
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
  /** Null: the client has left meanwhile. */
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
  /** Null: this event is passed over. */
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
        // graphql-ws asks for the next once this one is sent.
        letGo(brought)
        for (;;) {
          const result = await bring()
          // Its client has ended it: graphql-ws would send word of the end to the next operation of this id.
          if (isReturned) return await never()
          if (result !== null) return result
        }
      } catch (error) {
        if (isReturned) return never()
        // What fails ends its subscription: graphql-ws does not call `return` then.
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

/** The events of the subscription's field. What fails before there are any is thrown by the first of them: graphql-ws closes the socket for it otherwise. */
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
 * NotThere: since the feed was read, a webhook may have been given to another partner. What such an event shows is not
 * there for its subscriber any more, who is brought the next one instead. PositionExpired: retention was faster.
 */
function causeIn<E extends Error>({ errors }: ExecutionResult, cause: Cause<E>): E | undefined {
  return errors?.map(({ originalError }) => originalError).find((error): error is E => error instanceof cause)
}

/** The store was away, which it will not be for long: nobody else will bring this event again. */
function hasFault(result: ExecutionResult): boolean {
  if (causeIn(result, NotThere) !== undefined || causeIn(result, PositionExpired) !== undefined) return false
  return result.errors?.some((error) => !isForCaller(error)) ?? false
}

/**
 * Ends the subscription instead of an event of which nothing can be shown, for a reason of ours: with the cursor of the
 * one behind it, nobody would ever know that it is missing.
 */
function whole(result: ExecutionResult): ExecutionResult {
  if (causeIn(result, PositionExpired) !== undefined) throw expiredPosition('feed')
  const fault = result.data == null ? result.errors?.find((error) => !isForCaller(error)) : undefined
  if (fault?.originalError !== undefined) throw fault.originalError
  return result
}
