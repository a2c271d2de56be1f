/** A subscription's events, each answered as if it had been asked for alone, and its room given back when it ends. */
import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql'
import { withFreshLoaders, type Context } from './context.ts'
import type { Turns } from './deadline.ts'
import { NotThere } from './errors.ts'
import type { Release } from './socket-limits.ts'

export interface Subscribed extends ExecutionArgs {
  readonly contextValue: Context
  /** Makes room for another. */
  readonly release: Release
  /** Waits until the client has taken enough of what was made for it; false when it is gone. */
  readonly roomToSend: () => Promise<boolean>
  /** How many events of the project are answered at once. */
  readonly inTurn: Turns
}

/**
 * As graphql's subscribe, with fresh loaders for each event: one context serves a subscription for all its life, and
 * loaders that remember would bring the same delivery, as it first was, again and again.
 */
export async function subscribeFresh(
  args: Subscribed,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const { release } = args
  const stream = await releasing(release, () => createSourceEventStream(args))
  if (!(Symbol.asyncIterator in stream)) {
    release()
    return stream
  }
  const events = stream[Symbol.asyncIterator]()
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      for (;;) {
        if (!(await args.roomToSend())) return results.return?.() ?? { done: true, value: undefined }
        const event = await releasing(release, () => events.next())
        if (event.done === true) {
          release()
          return { done: true, value: undefined }
        }
        const contextValue = withFreshLoaders(args.contextValue)
        const answer = async (): Promise<ExecutionResult> =>
          execute({ ...args, rootValue: event.value, contextValue })
        const value = await releasing(release, () => args.inTurn(answer))
        const gone = goneFrom(value)
        if (gone === undefined) return { done: false, value }
        args.contextValue.world.log.info(
          { requestId: contextValue.requestId, why: gone.message },
          'feed.passed-over',
        )
      }
    },
    return: async () => {
      release()
      await events.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => results,
  }
  return results
}

/**
 * Since the feed was read, a webhook may have been given to another partner, and what is old may have been removed: what
 * such an event shows is not there for its subscriber any more, who is brought the next one instead.
 */
function goneFrom({ errors }: ExecutionResult): NotThere | undefined {
  return errors?.map(({ originalError }) => originalError).find((error) => error instanceof NotThere)
}

/** What fails ends its subscription: graphql-ws does not call `return` then. */
async function releasing<T>(release: Release, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    release()
    throw error
  }
}
