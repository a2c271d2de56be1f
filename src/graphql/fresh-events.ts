/** A subscription's events, each answered with things as they stand after it, and its room given back when it ends. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql'
import { PositionExpired } from '../domain/feed.ts'
import { answersAhead } from './answers-ahead.ts'
import type { Context } from './context.ts'
import { isForCaller, NotThere } from './errors.ts'
import type { EventTurns } from './event-turns.ts'
import { expiredPosition } from './feed-cursors.ts'
import { never, type Operation } from './operation-ids.ts'
import type { Release } from './socket-limits.ts'

/** How often an event is answered anew when what it shows cannot be read, and how long before the first time: some 12 s in all. */
const answerTries = 8
const firstPauseMs = 100
/** Events of one subscription that are answered at once where it has many to catch up with; as many answers may wait to be sent. */
const maxAhead = 10
const done = { done: true, value: undefined } as const

export interface Subscribed extends ExecutionArgs {
  readonly contextValue: Context
  readonly operation: Operation
  /** Makes room for another. */
  readonly release: Release
  /** Waits until the client has taken enough of what was made for it; false when it is gone. */
  readonly roomToSend: () => Promise<boolean>
  /** When an event may be answered. */
  readonly inTurn: EventTurns
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
  const end = async (): Promise<void> => {
    isOver = true
    release()
    await events.return?.()
  }
  /** Null: the client has left meanwhile. */
  const answered = async (event: unknown): Promise<ExecutionResult | null> => {
    for (let tries = 1; ; tries += 1) {
      const answer = async (contextOf: (context: Context) => Context): Promise<ExecutionResult> =>
        execute({ ...args, rootValue: event, contextValue: contextOf(args.contextValue) })
      const result = await args.inTurn(answer)
      if (tries === answerTries || !hasFault(result)) return result
      await pause(firstPauseMs * 2 ** (tries - 1), undefined, { ref: false })
      if (isOver || !(await args.roomToSend())) return null
    }
  }
  const pull = async () => ((await args.roomToSend()) ? events.next() : done)
  const answers = answersAhead(pull, answered, maxAhead)
  /** Null: this event is passed over. */
  const brought = async (): Promise<IteratorResult<ExecutionResult> | null> => {
    const { value = null } = await answers.next()
    if (value === null) {
      await end()
      return done
    }
    const gone = causeIn(value, NotThere)
    if (gone === undefined) return { done: false, value: whole(value) }
    const { requestId, world } = args.contextValue
    world.log.info({ requestId, why: gone.message }, 'feed.passed-over')
    return null
  }
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      try {
        for (;;) {
          const result = await brought()
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
