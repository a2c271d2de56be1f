import { describe, expect, test } from 'vitest'
import type { Attempt } from '../../../../src/domain/deliveries/delivery.ts'
import { buildAttempt, buildId } from '../../../support/samples.ts'
import { passes, type AttemptFilter, type Sent } from '../../../../src/domain/lists/filters.ts'

const always = { from: null, until: null }
const all: AttemptFilter = {
  webhookIds: [],
  partnerIds: [],
  orderIds: [],
  topics: [],
  outcomes: [],
  statusClasses: [],
  attemptNumberFrom: null,
  presets: [],
  finalOnly: null,
  triggers: [],
  startedAt: always,
}
const sent = (values: Partial<Attempt>): Sent => ({
  ...buildAttempt(values),
  partnerId: buildId('ptn', 1),
  preset: 'FOODY',
})
const attempt = sent({
  statusCode: 500,
  number: 2,
  webhookId: buildId('whk', 1),
  orderId: buildId('ord', 1),
  topic: 'order.created',
  outcome: 'HTTP_ERROR',
})
const met: AttemptFilter = {
  webhookIds: [buildId('whk', 0), buildId('whk', 1)],
  orderIds: [buildId('ord', 1)],
  topics: ['order.*'],
  outcomes: ['TIMED_OUT', 'HTTP_ERROR'],
  partnerIds: [buildId('ptn', 1)],
  statusClasses: ['SERVER_ERROR'],
  attemptNumberFrom: 2,
  presets: ['STANDARD', 'FOODY'],
  finalOnly: null,
  triggers: ['SCHEDULE'],
  startedAt: { from: attempt.startedAt, until: new Date(attempt.startedAt.getTime() + 1) },
}

describe('attempt filter', () => {
  test('an empty attempt filter matches every attempt, also those without an order', () => {
    expect([passes(all, attempt), passes(all, sent({ orderId: null }))]).toEqual([true, true])
  })

  test.each(Object.entries<AttemptFilter[keyof AttemptFilter]>({ ...met }))(
    'an attempt filter with only %s matches an attempt with that value',
    (name, condition) => {
      expect(passes({ ...all, [name]: condition }, attempt)).toBe(true)
    },
  )

  test('an attempt filter matches an attempt that meets all conditions', () => {
    expect(passes(met, attempt)).toBe(true)
  })

  test.each<[keyof AttemptFilter, AttemptFilter[keyof AttemptFilter]]>([
    ['webhookIds', [buildId('whk', 0)]],
    ['orderIds', [buildId('ord', 0)]],
    ['topics', ['order.updated', 'customer.*']],
    ['outcomes', ['SUCCEEDED']],
    ['startedAt', { from: new Date(attempt.startedAt.getTime() + 1), until: null }],
    ['startedAt', { from: null, until: attempt.startedAt }],
  ])('an attempt filter does not match an attempt that misses only its %s', (name, list) => {
    expect(passes({ ...met, [name]: list }, attempt)).toBe(false)
    expect(passes({ ...all, [name]: list }, attempt)).toBe(false)
  })

  test('an attempt filter by order does not match an attempt without an order', () => {
    expect(passes({ ...all, orderIds: [buildId('ord', 1)] }, sent({ orderId: null }))).toBe(false)
  })
})
