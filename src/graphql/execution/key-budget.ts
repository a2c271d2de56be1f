/**
 * Rate limits of a key: points of cost and mutations per minute. Points are taken before an operation runs and are not
 * returned if it fails. An operation that the validator refuses costs one point, because validating it took time. The
 * limits are settings.
 */
import { OperationTypeNode, type GraphQLError, type GraphQLFieldResolver } from 'graphql'
import type { Rates } from '../../ports/rate-limits.ts'
import { RateLimited } from '../../services/shared/consume-rate-limit.ts'
import type { Context } from '../core/context.ts'
import { rateLimited } from '../core/errors.ts'
import type { ValidatedOperation } from './validate-operation.ts'

/**
 * The error for an operation above the limits of the key; null when the operation may run. `validated` is null for an
 * operation that the validator refused.
 */
export async function overBudget(
  rates: Rates,
  keyId: string,
  validated: ValidatedOperation | null,
): Promise<GraphQLError | null> {
  if (validated?.kind === OperationTypeNode.MUTATION) {
    const taken = await rates.take('KEY_MUTATIONS', keyId, validated.rootFields)
    if (!taken.ok) return tooMuch('the key has reached its limit of changes in a minute', taken.retryAfterS)
  }
  const taken = await rates.take('KEY_COST', keyId, Math.max(1, validated?.cost.requested ?? 1))
  if (taken.ok) return null
  return tooMuch('the key has reached its limit of cost in a minute', taken.retryAfterS)
}

function tooMuch(what: string, retryAfterS: number): GraphQLError {
  return rateLimited(`${what}; nothing was executed: try again in ${retryAfterS} s`, retryAfterS)
}

type Resolver = GraphQLFieldResolver<unknown, Context>

/** Wraps a resolver: a `RateLimited` that a service throws becomes a top-level error RATE_LIMITED. */
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
