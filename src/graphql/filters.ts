/** Filters from SDL's inputs to the domain's: an absent list becomes an empty one, and one that is too long is refused. */
import type { AttemptFilter } from '../domain/attempt-filter.ts'
import type { DeliveryFilter } from '../flow/ports.ts'
import { codedError } from './errors.ts'
import type {
  DeliveryAttemptFilter as AttemptFilterInput,
  DeliveryFilter as DeliveryFilterInput,
} from './generated/resolvers.ts'

const maxMembers = 100

export function toDeliveryFilter(input: DeliveryFilterInput | null | undefined): DeliveryFilter {
  return {
    webhookIds: members('webhookIds', input?.webhookIds),
    orderIds: members('orderIds', input?.orderIds),
    topics: members('topics', input?.topics),
    states: members('states', input?.states),
  }
}

export function toAttemptFilter(input: AttemptFilterInput | null | undefined): AttemptFilter {
  return {
    webhookIds: members('webhookIds', input?.webhookIds),
    orderIds: members('orderIds', input?.orderIds),
    topics: members('topics', input?.topics),
    outcomes: members('outcomes', input?.outcomes),
  }
}

function members<T extends string>(name: string, values: readonly T[] | null | undefined): readonly T[] {
  if (values == null) return []
  if (values.length > maxMembers)
    throw codedError(
      'BAD_USER_INPUT',
      `filter.${name} has ${values.length} members; ${maxMembers} are the most`,
    )
  // PostgreSQL has no NUL in its texts: what holds one is nothing that is stored.
  if (values.some((value) => value.includes('\0')))
    throw codedError('BAD_USER_INPUT', `filter.${name} has a member with a NUL character`)
  return values
}
