/** Checks the input of `deliveriesRetry`. */
import { defaultRetriedStates, maxRatePerSecond, retriedStates } from '../../domain/deliveries/bulk-retry.ts'
import type { DeliveryState } from '../../domain/deliveries/delivery.ts'
import { maxMembers, type DeliveryFilter } from '../../domain/lists/filters.ts'
import { didYouMean, shortSelection } from '../../domain/orders/similar-topics.ts'
import { topics as builtInTopics, unknownSelection } from '../../domain/orders/topic.ts'
import { checkWhole } from '../../domain/shared/bounds.ts'
import { problem, type Problem } from '../../domain/shared/problem.ts'
import { isStorable } from '../../domain/shared/text.ts'
import type { ProjectStore } from '../../db/tenant/tenant-store.ts'

/** Returns the filter with its default states. */
export function withDefaultStates(filter: DeliveryFilter): DeliveryFilter {
  return filter.states.length > 0 ? filter : { ...filter, states: [...defaultRetriedStates] }
}

export function checkRate(ratePerSecond: number): readonly Problem[] {
  return checkWhole(ratePerSecond, { min: 1, max: maxRatePerSecond }, ['ratePerSecond'])
}

/** Checks what needs no look-up: REQUIRED, TOO_MANY, INVALID. */
export function checkFilter(filter: DeliveryFilter): readonly Problem[] {
  const { createdAt, attemptNumberFrom, finalOnly: _, ...lists } = filter
  const { from, until } = createdAt
  const isEmpty =
    Object.values(lists).every((members) => members.length === 0) &&
    [from, until, attemptNumberFrom].every((value) => value === null)
  if (isEmpty)
    return [
      problem(
        'REQUIRED',
        ['filter'],
        'filter has no condition; name the webhooks, a period or, for the whole project, the states',
      ),
    ]
  const problems = Object.entries(lists).flatMap(([name, members]) => checkMembers(name, members))
  if (from !== null && until !== null && until <= from)
    problems.push(problem('INVALID', ['filter', 'createdAt', 'until'], 'until must be after from'))
  problems.push(
    ...checkWhole(attemptNumberFrom, { min: 1, max: 2_147_483_647 }, ['filter', 'attemptNumberFrom']),
    ...checkStates(filter.states),
  )
  return problems
}

function checkMembers(name: string, members: readonly string[]): readonly Problem[] {
  const field = ['filter', name]
  if (members.length > maxMembers)
    return [problem('TOO_MANY', field, `${name} has ${members.length} members; the maximum is ${maxMembers}`)]
  return members.every(isStorable)
    ? []
    : [problem('INVALID', field, `${name} has a member with NUL or half of a surrogate pair`)]
}

function checkStates(states: readonly DeliveryState[]): readonly Problem[] {
  return states.flatMap((state, index) =>
    (retriedStates as readonly DeliveryState[]).includes(state)
      ? []
      : [
          problem(
            'INVALID',
            ['filter', 'states', String(index)],
            `deliveries that are ${state} are not retried together; states may have ${retriedStates.join(', ')}`,
          ),
        ],
  )
}

/** Checks what the filter names: NOT_FOUND, UNKNOWN_TOPIC. A deleted webhook is not found. */
export async function checkNamed(store: ProjectStore, filter: DeliveryFilter): Promise<readonly Problem[]> {
  const { webhookIds, partnerIds, orderIds, eventIds } = filter
  const webhooks = async (ids: readonly string[]) =>
    (await store.webhooksByIds(ids)).filter(({ deletedAt }) => deletedAt === null)
  const found = await Promise.all([
    missing('webhookIds', webhookIds, webhooks),
    missing('partnerIds', partnerIds, (ids) => store.partnersByIds(ids)),
    missing('orderIds', orderIds, (ids) => store.ordersByIds(ids)),
    missing('eventIds', eventIds, (ids) => store.eventsByIds(ids)),
    unknownTopic(store, filter.topics),
  ])
  return found.flat()
}

async function missing(
  name: string,
  ids: readonly string[],
  find: (ids: readonly string[]) => Promise<readonly { readonly id: string }[]>,
): Promise<readonly Problem[]> {
  if (ids.length === 0) return []
  const known = new Set((await find(ids)).map(({ id }) => id))
  return ids.flatMap((id, index) =>
    known.has(id)
      ? []
      : [problem('NOT_FOUND', ['filter', name, String(index)], 'there is no such object in this project')],
  )
}

async function unknownTopic(store: ProjectStore, topics: readonly string[]): Promise<readonly Problem[]> {
  if (unknownSelection(topics, builtInTopics) === null) return []
  const known = [...builtInTopics, ...(await store.topicNames())]
  const unknown = unknownSelection(topics, known)
  if (unknown === null) return []
  const message = `${shortSelection(unknown) || 'an empty text'} is no topic of this project: ${didYouMean(unknown, known)}the query \`topics\` lists the topics`
  return [problem('UNKNOWN_TOPIC', ['filter', 'topics', String(topics.indexOf(unknown))], message)]
}
