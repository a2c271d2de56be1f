/**
 * What a key may do in a minute: points of cost, and changes. Taken before an operation runs, whatever comes of it;
 * what the gate refuses costs a point, since judging it was work too. How much that is stands in the settings.
 */
import { OperationTypeNode, type GraphQLError } from 'graphql'
import type { Rates } from '../../ports/platform.ts'
import { rateLimited } from '../core/errors.ts'
import type { ValidatedOperation } from './validate-operation.ts'

/** The refusal of what is beyond the key's budget; null when it may run. `admitted` is null where the gate refused. */
export async function overBudget(
  rates: Rates,
  keyId: string,
  admitted: ValidatedOperation | null,
): Promise<GraphQLError | null> {
  if (admitted?.kind === OperationTypeNode.MUTATION) {
    const taken = await rates.take('KEY_MUTATIONS', keyId, admitted.rootFields)
    if (!taken.ok) return tooMuch('the key has made as many changes as it may in a minute', taken.retryAfterS)
  }
  const taken = await rates.take('KEY_COST', keyId, Math.max(1, admitted?.cost.requested ?? 1))
  if (taken.ok) return null
  return tooMuch('what the key has asked for in this minute costs as much as it may', taken.retryAfterS)
}

function tooMuch(what: string, retryAfterS: number): GraphQLError {
  return rateLimited(`${what}; nothing was done: try again in ${retryAfterS} s`, retryAfterS)
}
