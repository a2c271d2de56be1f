/** Maps `RateLimited`, which services throw, to the GraphQL error RATE_LIMITED. */
import type { GraphQLFieldResolver } from 'graphql'
import { RateLimited } from '../../services/shared/consume-rate-limit.ts'
import type { Context } from '../core/context.ts'
import { rateLimited } from '../core/errors.ts'

type Resolver = GraphQLFieldResolver<unknown, Context>

/** Wraps a resolver: a `RateLimited` that it throws becomes a top-level error RATE_LIMITED. */
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
