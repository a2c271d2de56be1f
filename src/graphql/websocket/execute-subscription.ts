/**
 * Executes a subscription: answers each event with data that is read after the event. Releases the subscription's place
 * in the limits and its memory when it ends.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql'
import { PositionExpired } from '../../domain/feed/feed.ts'
import type { Release } from '../../domain/shared/keyed-counter.ts'
import {
  exceededShared,
  isLarge,
  makeHeldBudgets,
  type HeldBudgets,
  type ResponseBuffer,
} from './response-buffer.ts'
import { mapInOrder } from './ordered-concurrency.ts'
import type { Context, ProjectContext } from '../core/context.ts'
import { isForCaller, MissingRow } from '../core/errors.ts'
import type { BatchEvents } from '../execution/event-batching.ts'
import { expiredPosition } from '../core/feed-cursors.ts'
import { never, type Operation } from './operation-ids.ts'
import type { ByteBudget } from '../core/read-bytes.ts'

/**
 * Maximum number of attempts to answer an event whose data cannot be read. The first pause between attempts is
 * `firstPauseMs`, and each pause is twice the previous one: about 12 s in total.
 */
const maxTries = 8
const firstPauseMs = 100
/**
 * Maximum number of events of one subscription that are answered concurrently while it catches up, and of responses
 * that wait to be sent.
 */
export const maxAhead = 10
const done = { done: true, value: undefined } as const

export interface SubscriptionArgs extends ExecutionArgs {
  readonly contextValue: Context
  /** The context of the project to which an event belongs. */
  readonly contextOf: (event: unknown) => ProjectContext
  readonly operation: Operation
  /** Releases the subscription's place in the limits. */
  readonly release: Release
  /** Waits until the client has received enough of the waiting bytes; false when the socket is closed. */
  readonly untilWritable: () => Promise<boolean>
  /** Limits the memory of the responses of the socket. */
  readonly buffer: ResponseBuffer
  /** Batches the events of the project. */
  readonly batch: BatchEvents
}

/**
 * Like `subscribe` of graphql, but with fresh loaders for each batch of events. One context serves a subscription for
 * its whole life, and its loaders would return the same cached delivery for every event.
 */
export async function executeSubscription(
  args: SubscriptionArgs,
): Promise<AsyncIterableIterator<ExecutionResult>> {
  const events = await openEvents(args)
  if (args.operation.isCurrent()) return responsesTo(events, args)
  // Meanwhile the client has completed this operation and used its id for another one.
  args.release()
  await events.return?.()
  return never()
}

function responsesTo(
  events: AsyncIterator<unknown>,
  args: SubscriptionArgs,
): AsyncIterableIterator<ExecutionResult> {
  const budgets = makeHeldBudgets()
  const responder = makeResponder(args, budgets)
  const pull = async () => ((await args.untilWritable()) ? events.next() : done)
  const responses = mapInOrder(pull, responder.respondAhead, maxAhead)
  let isReturned = false
  /** Budget of the response that was returned last. */
  let returned: ByteBudget | undefined

  const end = async (): Promise<void> => {
    args.release()
    budgets.end()
    await events.return?.()
  }
  /** Returns null when the event is skipped. */
  const nextResult = async (): Promise<IteratorResult<ExecutionResult> | null> => {
    const { value = null } = await responses.next()
    const response = value && (value.response ?? (await responder.respondAlone(value.event)))
    if (response === null) {
      await end()
      return done
    }
    returned = response.bytes
    const gone = causeIn(response.result, MissingRow)
    if (gone === undefined) return { done: false, value: complete(response.result) }
    budgets.release(returned)
    const { requestId, deps } = args.contextValue
    deps.log.info({ requestId, why: gone.message }, 'feed.event-skipped')
    return null
  }
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      try {
        // graphql-ws calls `next` after it has sent the previous response.
        budgets.release(returned)
        for (;;) {
          const result = await nextResult()
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

/** The response to an event, and the budget that counts its bytes. */
interface EventResponse {
  readonly result: ExecutionResult
  readonly bytes: ByteBudget
}

/**
 * An event and its response. `response` is null when the response exceeded the memory that the responses of the socket
 * share; the event is then answered alone, when it is the next one to send.
 */
interface ResponseAhead {
  readonly event: unknown
  readonly response: EventResponse | null
}

/** Answers events. Null when the subscription ended or the client disconnected meanwhile. */
interface Responder {
  /** Answers an event concurrently with others. */
  readonly respondAhead: (event: unknown) => Promise<ResponseAhead | null>
  /** Answers an event while no other large response of the socket is in memory. */
  readonly respondAlone: (event: unknown) => Promise<EventResponse | null>
}

function makeResponder(args: SubscriptionArgs, budgets: HeldBudgets): Responder {
  /** Whether the latest responses were so large that the next event is answered alone. */
  let areLarge = false

  const respond = async (event: unknown, bytes: ByteBudget): Promise<EventResponse | null> => {
    budgets.hold(bytes)
    const context = args.contextOf(event)
    for (let tries = 1; ; tries += 1) {
      const result = await args.batch(async (withLoaders) =>
        execute({ ...args, rootValue: event, contextValue: { ...withLoaders(context), bytes } }),
      )
      if (exceededShared(bytes) || tries === maxTries || !hasFault(result)) return { result, bytes }
      await pause(firstPauseMs * 2 ** (tries - 1), undefined, { ref: false })
      if (budgets.isEnded() || !(await args.untilWritable())) return null
      bytes.reset()
    }
  }

  return {
    respondAhead: async (event) => {
      if (areLarge) return { event, response: null }
      const response = await respond(event, args.buffer.shared())
      if (response === null || !exceededShared(response.bytes)) return response && { event, response }
      areLarge = true
      budgets.release(response.bytes)
      return { event, response: null }
    },
    respondAlone: async (event) => {
      const bytes = await args.buffer.exclusive()
      budgets.hold(bytes)
      const response = (await args.untilWritable()) ? await respond(event, bytes) : null
      if (response !== null) areLarge = isLarge(response.bytes)
      return response
    },
  }
}

/**
 * The events of the subscription's field. An error that occurs before the first event is thrown by the first call of
 * `next`; otherwise graphql-ws would close the socket.
 */
async function openEvents(args: SubscriptionArgs): Promise<AsyncIterator<unknown>> {
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
 * The first error of the result that wraps an error of this class. MissingRow: a webhook may have been given to another
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
  if (causeIn(result, MissingRow) !== undefined || causeIn(result, PositionExpired) !== undefined)
    return false
  return result.errors?.some((error) => !isForCaller(error)) ?? false
}

/**
 * The result of an event. Throws, which ends the subscription, if retention removed the event's rows or if a fault of
 * ours left the result without data. If the subscription continued, the client would resume after the event and would
 * not notice that the event is missing.
 */
function complete(result: ExecutionResult): ExecutionResult {
  if (causeIn(result, PositionExpired) !== undefined) throw expiredPosition('feed')
  const fault = result.data == null ? result.errors?.find((error) => !isForCaller(error)) : undefined
  if (fault?.originalError !== undefined) throw fault.originalError
  return result
}
