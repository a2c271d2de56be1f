/** Turns filter inputs of the SDL into filters of the domain. Throws BAD_USER_INPUT for a filter that is not valid. */
import type { WebhookChangeFilter } from '../../domain/feed/webhook-change.ts'
import { didYouMean, shortSelection } from '../../domain/orders/similar-topics.ts'
import {
  areSearchable,
  maxSearchedWords,
  maxSearchLength,
  minWordLength,
  searchedWords,
} from '../../domain/orders/search-words.ts'
import { topics as builtInTopics, unknownSelection } from '../../domain/orders/topic.ts'
import { cleanIdentifier, isStorable, withoutSpaceAround } from '../../domain/shared/text.ts'
import type { Context } from '../core/context.ts'
import { codedError } from '../core/errors.ts'
import type * as Sdl from '../core/generated/resolvers.ts'
import { maxMembers } from '../../domain/lists/filters.ts'
import type {
  AuditLogFilter,
  CustomerFilter,
  DeliveryFilter,
  EventFilter,
  OrderFilter,
  SiteFilter,
  TimeRange,
  WebhookFilter,
  AttemptFilter,
} from '../../domain/lists/filters.ts'

type Absent = null | undefined

export function toSiteFilter(input: Sdl.SiteFilter | Absent): SiteFilter {
  return {
    partnerIdentifiers: members('partnerIdentifiers', input?.partnerIdentifiers?.map(cleanIdentifier)),
    createdAt: range('createdAt', input?.createdAt),
  }
}

export function toCustomerFilter(input: Sdl.CustomerFilter | Absent): CustomerFilter {
  return { createdAt: range('createdAt', input?.createdAt) }
}

export function toOrderFilter(input: Sdl.OrderFilter | Absent): OrderFilter {
  return {
    siteIds: members('siteIds', input?.siteIds),
    customerIds: members('customerIds', input?.customerIds),
    states: members('states', input?.states),
    customerStates: members('customerStates', input?.customerStates),
    partnerIdentifiers: members('partnerIdentifiers', input?.partnerIdentifiers?.map(cleanIdentifier)),
    sources: members('sources', input?.sources?.map(withoutSpaceAround)),
    search: toSearch(input?.search),
    createdAt: range('createdAt', input?.createdAt),
    updatedAt: range('updatedAt', input?.updatedAt),
  }
}

export function toEventFilter(input: Sdl.EventFilter | Absent): EventFilter {
  return {
    orderIds: members('orderIds', input?.orderIds),
    siteIds: members('siteIds', input?.siteIds),
    topics: members('topics', input?.topics?.map(withoutSpaceAround)),
    createdAt: range('createdAt', input?.createdAt),
  }
}

export function toAuditLogFilter(input: Sdl.AuditLogFilter | Absent): AuditLogFilter {
  return {
    operations: members('operations', input?.operations),
    objectIds: members('objectIds', input?.objectIds),
    keyIds: members('keyIds', input?.keyIds),
    at: range('at', input?.at),
  }
}

export function toWebhookFilter(input: Sdl.WebhookFilter | Absent): WebhookFilter {
  return {
    enabled: input?.enabled ?? null,
    presets: members('presets', input?.presets),
    partnerIds: members('partnerIds', input?.partnerIds),
    createdAt: range('createdAt', input?.createdAt),
  }
}

export function toDeliveryFilter(input: Sdl.DeliveryFilter | Absent): DeliveryFilter {
  return {
    webhookIds: members('webhookIds', input?.webhookIds),
    orderIds: members('orderIds', input?.orderIds),
    eventIds: members('eventIds', input?.eventIds),
    topics: members('topics', input?.topics?.map(withoutSpaceAround)),
    states: members('states', input?.states),
    ...attempted(input),
    createdAt: range('createdAt', input?.createdAt),
  }
}

export function toAttemptFilter(input: Sdl.DeliveryAttemptFilter | Absent): AttemptFilter {
  return {
    webhookIds: members('webhookIds', input?.webhookIds),
    orderIds: members('orderIds', input?.orderIds),
    topics: members('topics', input?.topics?.map(withoutSpaceAround)),
    ...attempted(input),
    startedAt: range('startedAt', input?.startedAt),
  }
}

export function toWebhookChangeFilter(input: Sdl.WebhookChangeFilter | Absent): WebhookChangeFilter {
  return {
    webhookIds: members('webhookIds', input?.webhookIds),
    partnerIds: members('partnerIds', input?.partnerIds),
    kinds: members('kinds', input?.kinds),
  }
}

/**
 * Returns the filter. Throws BAD_USER_INPUT for a topic that does not exist, because such a filter can match nothing. The
 * project's own topics are read only for a filter that names other topics than the built-in ones.
 */
export async function withKnownTopics<Filter extends { readonly topics: readonly string[] }>(
  context: Context,
  filter: Filter,
): Promise<Filter> {
  // Every project has topics of its own.
  if (context.projectId === null) return filter
  const { store } = context
  if (unknownSelection(filter.topics, builtInTopics) === null) return filter
  const known = [...builtInTopics, ...(await store.topicNames())]
  const unknown = unknownSelection(filter.topics, known)
  if (unknown === null) return filter
  throw codedError(
    'BAD_USER_INPUT',
    `filter.topics has ${shortSelection(unknown) || 'an empty text'}, which is no topic of this project: ${didYouMean(unknown, known)}the query \`topics\` lists the topics, and resource.* selects all topics of a resource`,
  )
}

/** The part that the filters of attempts and of deliveries share. On deliveries it applies to the latest attempt. */
function attempted(input: Omit<Sdl.DeliveryAttemptFilter, 'startedAt'> | Absent) {
  const from = input?.attemptNumberFrom ?? null
  if (from !== null && from < 1)
    throw codedError('BAD_USER_INPUT', `filter.attemptNumberFrom is ${from}; it must be 1 or more`)
  const finalOnly = input?.finalOnly === true ? true : null
  return {
    partnerIds: members('partnerIds', input?.partnerIds),
    outcomes: members('outcomes', input?.outcomes),
    statusClasses: members('statusClasses', input?.statusClasses),
    attemptNumberFrom: from,
    presets: members('presets', input?.presets),
    finalOnly,
    triggers: members('triggers', input?.triggers),
  } as const
}

function toSearch(input: string | Absent): readonly string[] {
  const text = withoutSpaceAround(input ?? '')
  if (text === '') return []
  const length = Array.from(text.slice(0, 2 * maxSearchLength + 1)).length
  if (length > maxSearchLength)
    throw codedError('BAD_USER_INPUT', `filter.search has more than ${maxSearchLength} characters`)
  if (!isStorable(text))
    throw codedError('BAD_USER_INPUT', 'filter.search has NUL or half of a surrogate pair')
  const words = searchedWords(text)
  if (!areSearchable(words))
    throw codedError(
      'BAD_USER_INPUT',
      `filter.search needs a word of at least ${minWordLength} letters or digits, or the number of an order`,
    )
  if (words.length > maxSearchedWords)
    throw codedError(
      'BAD_USER_INPUT',
      `filter.search has ${words.length} words; the maximum is ${maxSearchedWords}`,
    )
  return words
}

function members<T extends string>(name: string, values: readonly T[] | Absent): readonly T[] {
  if (values == null) return []
  if (values.length > maxMembers)
    throw codedError(
      'BAD_USER_INPUT',
      `filter.${name} has ${values.length} members; the maximum is ${maxMembers}`,
    )
  if (!values.every(isStorable))
    throw codedError('BAD_USER_INPUT', `filter.${name} has a member with NUL or half of a surrogate pair`)
  return values
}

function range(name: string, input: Sdl.TimeRange | Absent): TimeRange {
  const from = input?.from ?? null
  const until = input?.until ?? null
  if (from !== null && until !== null && until <= from)
    throw codedError('BAD_USER_INPUT', `filter.${name}.until must be after filter.${name}.from`)
  return { from, until }
}
