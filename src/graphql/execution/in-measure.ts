/** What a step of the flow refused because it was asked for too often, as the caller sees it. */
import type { GraphQLFieldResolver } from 'graphql'
import { RateLimited } from '../../services/shared/consume-rate-limit.ts'
import type { Context } from '../core/context.ts'
import { rateLimited } from '../core/errors.ts'

type Resolver = GraphQLFieldResolver<unknown, Context>

/** The same resolver, whose RateLimited is a top-level RATE_LIMITED. */
export function mapRateLimited(resolve: Resolver): Resolver {
  return async (...args) => {
    try {
      return await resolve(...args)
    } catch (error) {
      if (error instanceof RateLimited) throw rateLimited(error.message, error.retryAfterS)
      throw error
    }
  }
}
