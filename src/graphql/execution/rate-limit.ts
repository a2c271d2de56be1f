/**
 * Rate limits of a key: points of cost and mutations per minute. Points are taken before an operation runs and are not
 * returned if it fails. An operation that the validator refuses costs one point, because validating it took time. The
 * limits are settings.
 */
import { OperationTypeNode, type GraphQLError } from 'graphql'
import type { Rates } from '../../ports/rate-limits.ts'
import { rateLimited } from '../core/errors.ts'
import type { ValidatedOperation } from './validate-operation.ts'

/**
 * The error for an operation above the limits of the key; null when the operation may run. `admitted` is null for an
 * operation that the validator refused.
 */
export async function overBudget(
  rates: Rates,
  keyId: string,
  admitted: ValidatedOperation | null,
): Promise<GraphQLError | null> {
  if (admitted?.kind === OperationTypeNode.MUTATION) {
    const taken = await rates.take('KEY_MUTATIONS', keyId, admitted.rootFields)
    if (!taken.ok) return tooMuch('the key has reached its limit of changes in a minute', taken.retryAfterS)
  }
  const taken = await rates.take('KEY_COST', keyId, Math.max(1, admitted?.cost.requested ?? 1))
  if (taken.ok) return null
  return tooMuch('the key has reached its limit of cost in a minute', taken.retryAfterS)
}

function tooMuch(what: string, retryAfterS: number): GraphQLError {
  return rateLimited(`${what}; nothing was executed: try again in ${retryAfterS} s`, retryAfterS)
}
