import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../../../src/domain/dialects/registry.ts'
import { orderTopics, topics } from '../../../../src/domain/orders/topic.ts'
import { noConditions, wants, type OrderConditions } from '../../../../src/domain/webhooks/webhook.ts'
import { buildId, buildOrder } from '../../../support/samples.ts'

const everything = { topics: ['order.*'], filters: noConditions, dialect: 'STANDARD' } as const
const created = { topic: 'order.created' }
const order = buildOrder({ state: 'READY', customerState: 'NEARBY', source: 'app' })

describe('wants', () => {
  test('a webhook receives an event that any of its selections matches', () => {
    const webhook = { ...everything, topics: ['order.created', 'order.eta_changed'] }
    expect(topics.filter((topic) => wants(webhook, { topic }, order))).toEqual([
      'order.created',
      'order.eta_changed',
    ])
  })

  test('a webhook receives only the selected topics that its dialect carries', () => {
    const carried = orderTopics.filter((topic) =>
      wants({ ...everything, dialect: 'FOODY' }, { topic }, order),
    )
    expect(carried).toEqual(['order.created', 'order.state_changed'])
  })

  test('order.* does not select order.deleted for FLYBUY, whose format has no field for a deletion', () => {
    const taken = (dialect: Dialect, ...selections: readonly string[]) =>
      orderTopics.filter((topic) => wants({ ...everything, dialect, topics: selections }, { topic }, order))
    const allButDeleted = orderTopics.filter((topic) => topic !== 'order.deleted')
    expect(taken('FLYBUY', 'order.*')).toEqual(allButDeleted)
    expect(taken('FLYBUY', 'order.*', 'order.deleted')).toEqual(orderTopics)
    expect(taken('FLYBUY', 'order.deleted')).toEqual(['order.deleted'])
    for (const dialect of ['STANDARD', 'FLIPDISH', 'FAST_EVENTS'] as const)
      expect(taken(dialect, 'order.*')).toEqual(orderTopics)
    expect(taken('FOODY', 'order.*', 'order.deleted')).not.toContain('order.deleted')
  })

  test.each<[string, Partial<OrderConditions>, boolean]>([
    ['no condition', {}, true],
    ['its site', { siteIds: [buildId('sit', 1), buildId('sit')] }, true],
    ['another site', { siteIds: [buildId('sit', 1)] }, false],
    ['its state', { orderStates: ['CREATED', 'READY'] }, true],
    ['another state', { orderStates: ['CREATED'] }, false],
    ["its customer's state", { customerStates: ['NEARBY'] }, true],
    ["another state of its customer's", { customerStates: ['ARRIVED'] }, false],
    ['its source', { sources: ['app', 'kiosk'] }, true],
    ['another source', { sources: ['App', 'web'] }, false],
    ['all three', { siteIds: [buildId('sit')], orderStates: ['READY'], customerStates: ['NEARBY'] }, true],
    [
      'two of three',
      { siteIds: [buildId('sit')], orderStates: ['READY'], customerStates: ['ARRIVED'] },
      false,
    ],
  ])('a webhook with the condition %s, %o, receives the event of an order: %s', (_, filters, wanted) => {
    expect(wants({ ...everything, filters: { ...noConditions, ...filters } }, created, order)).toBe(wanted)
  })

  test('a webhook with conditions receives events without an order', () => {
    const filters = { ...noConditions, orderStates: ['COMPLETED'] as const }
    const webhook = { ...everything, filters, topics: ['menu.*'] }
    expect(wants(webhook, { topic: 'menu.updated' }, null)).toBe(true)
  })
})
