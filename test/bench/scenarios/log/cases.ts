/** The pages of the log that the bench requests. */
import type { DeliveryState } from '../../../../src/domain/deliveries/delivery.ts'
import type { KeyRole } from '../../../../src/domain/access/key.ts'
import type {
  DeliveryAttemptFilter,
  DeliveryFilter,
} from '../../../../src/graphql/core/generated/resolvers.ts'
import type { LogRows } from './rows.ts'

type List = 'deliveries' | 'deliveryAttempts'

export interface Case {
  readonly name: string
  readonly list: List
  readonly filter: DeliveryAttemptFilter & DeliveryFilter
  readonly role: Extract<KeyRole, 'PLATFORM' | 'PARTNER'>
  /** The id after which the page begins, or before which when `backwards`; null: at the end of the list. */
  readonly from: string | null
  readonly backwards: boolean
  readonly size: number
  /** The expected number of members. FULL: `size`. */
  readonly members: 'FULL' | 'SOME' | 'NONE'
}

const args = '$first: Int, $after: String, $last: Int, $before: String'
const given = 'filter: $filter, first: $first, after: $after, last: $last, before: $before'
const pageInfo = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const ofAttempt = 'id number trigger outcome statusCode durationMs startedAt nextAttemptAt'

/** No delivery is EXPIRED. */
const states: readonly DeliveryState[][] = [
  ['PENDING'],
  ['EXHAUSTED'],
  ['PENDING', 'EXHAUSTED'],
  ['CANCELLED'],
  ['SKIPPED'],
  ['EXPIRED'],
]

/** The documented operations Attempts and Log, in both directions. */
export const documents: Readonly<Record<List, string>> = {
  deliveryAttempts: `query ($filter: DeliveryAttemptFilter, ${args}) { deliveryAttempts(${given}) {
    nodes { ${ofAttempt} delivery { id state } webhook { id name } } ${pageInfo} } }`,
  deliveries: `query ($filter: DeliveryFilter, ${args}) { deliveries(${given}) {
    nodes { id state attemptCount nextAttemptAt createdAt finishedAt event { id topic order { id number } }
      webhook { id name } attempts(first: 20) { nodes { ${ofAttempt} } } } ${pageInfo} } }`,
}

export function casesOf(rows: LogRows): readonly Case[] {
  const { webhookId, partnerId, orderId } = rows
  const middle = new Date((rows.from.getTime() + rows.until.getTime()) / 2)
  const hour = { from: middle, until: new Date(middle.getTime() + 3_600_000) }
  const filtered: readonly (readonly [string, Case['filter']])[] = [
    ['one webhook', { webhookIds: [webhookId] }],
    ['one partner', { partnerIds: [partnerId] }],
    ['topics order.created', { topics: ['order.created'] }],
    ['outcomes that failed', { outcomes: ['HTTP_ERROR', 'TIMED_OUT', 'CONNECTION_FAILED'] }],
    ['one webhook, outcomes that failed', { webhookIds: [webhookId], outcomes: ['HTTP_ERROR', 'TIMED_OUT'] }],
    ['one partner, outcomes that failed', { partnerIds: [partnerId], outcomes: ['HTTP_ERROR', 'TIMED_OUT'] }],
    ['status classes 4xx, 5xx', { statusClasses: ['CLIENT_ERROR', 'SERVER_ERROR'] }],
    ['presets FLIPDISH', { presets: ['FLIPDISH'] }],
    ['triggers MANUAL', { triggers: ['MANUAL'] }],
    ['attemptNumberFrom 2', { attemptNumberFrom: 2 }],
    ['finalOnly', { finalOnly: true }],
    ['outcomes that failed, finalOnly', { outcomes: ['HTTP_ERROR'], finalOnly: true }],
  ]
  const both = (list: List, from: string, ofPartner: string): readonly Case[] => {
    const of = (name: string, more: Partial<Case> = {}): Case => ({
      ...{ name: `${list}: ${name}`, list, filter: {}, role: 'PLATFORM', from: null },
      ...{ backwards: false, size: 50, members: 'FULL', ...more },
    })
    return [
      of('first page'),
      of('middle page', { from }),
      of('last page, backwards', { backwards: true }),
      of('middle page, backwards', { from, backwards: true }),
      ...filtered.flatMap(([name, filter]) => [
        // Rare rows do not fill a page of the smaller log.
        of(name, { filter, size: 20, members: 'SOME' }),
        of(`${name}, middle`, { filter, size: 20, from, members: 'SOME' }),
      ]),
      of('one order', { filter: { orderIds: [orderId] }, members: 'SOME' }),
      of("a partner's key", { role: 'PARTNER' }),
      of("a partner's key, middle", { role: 'PARTNER', from: ofPartner }),
      of("a partner's key, outcomes that failed", {
        ...{ role: 'PARTNER', size: 20, members: 'SOME', filter: { outcomes: ['HTTP_ERROR'] } },
      }),
      of("a partner's key, topics order.created", {
        ...{ role: 'PARTNER', size: 20, members: 'SOME', filter: { topics: ['order.created'] } },
      }),
    ]
  }
  return [
    ...both('deliveryAttempts', rows.attemptId, rows.partnerAttemptId),
    {
      ...{ name: 'deliveryAttempts: an hour in the middle', list: 'deliveryAttempts', role: 'PLATFORM' },
      ...{ filter: { startedAt: hour }, from: null, backwards: false, size: 5, members: 'FULL' },
    },
    ...both('deliveries', rows.deliveryId, rows.partnerDeliveryId),
    ...states.map((wanted): Case => ({
      ...{ name: `deliveries: ${wanted.join(', ')}`, list: 'deliveries', filter: { states: wanted } },
      ...{ role: 'PLATFORM', from: null, backwards: false, size: 10 },
      members: wanted.includes('EXPIRED') ? 'NONE' : 'SOME',
    })),
  ]
}
