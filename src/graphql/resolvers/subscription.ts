/** The feed: cursors in and out. What is brought, and that nothing is missed or repeated, is `live/feed`. */
import { passes } from '../../domain/attempt-filter.ts'
import { readCursor, writeCursor } from '../../domain/cursor.ts'
import type { Attempt } from '../../domain/delivery.ts'
import { invalidCursor } from '../connection.ts'
import type { Context } from '../context.ts'
import { toAttemptFilter } from '../filters.ts'
import type { SubscriptionResolvers } from '../generated/resolvers.ts'
import type { AttemptNews } from '../payloads.ts'

export const Subscription: Required<SubscriptionResolvers> = {
  deliveryAttempts: {
    subscribe: async (_, args, context) => {
      const filter = toAttemptFilter(args.filter)
      const { projectId, partnerId } = context.scope
      const scope = { list: 'feed', projectId, partnerId, filter }
      const after = args.after == null ? null : await toPosition(context, scope, args.after)
      const attempts = context.feed.follow(
        projectId,
        after,
        (attempt) => (partnerId === null || attempt.partnerId === partnerId) && passes(filter, attempt),
      )
      return mapped(attempts, (attempt) => ({
        cursor: writeCursor(scope, String(attempt.position)),
        attempt,
      }))
    },
    resolve: (news: AttemptNews) => news,
  },
}

async function toPosition(
  { feed, projectId }: Context,
  scope: Parameters<typeof readCursor>[0],
  cursor: string,
): Promise<number> {
  const position = Number(readCursor(scope, cursor) ?? Number.NaN)
  // A position that was not given out yet cannot have been seen.
  if (!Number.isSafeInteger(position) || position < 0 || position > (await feed.lastPosition(projectId)))
    throw invalidCursor('after')
  return position
}

/** Ends what it maps as soon as it is ended itself, also while it waits. */
function mapped(
  attempts: AsyncIterableIterator<Attempt>,
  map: (attempt: Attempt) => AttemptNews,
): AsyncIterableIterator<AttemptNews> {
  return {
    next: async () => {
      const result = await attempts.next()
      return result.done === true
        ? { done: true, value: undefined }
        : { done: false, value: map(result.value) }
    },
    return: async () => {
      await attempts.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
