import { describe, expect, test } from 'vitest'
import type { Attempt } from '../../../../src/domain/deliveries/delivery.ts'
import { anAttempt, anId } from '../../../support/samples.ts'
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
  ...anAttempt(values),
  partnerId: anId('ptn', 1),
  preset: 'FOODY',
})
const attempt = sent({
  statusCode: 500,
  number: 2,
  webhookId: anId('whk', 1),
  orderId: anId('ord', 1),
  topic: 'order.created',
  outcome: 'HTTP_ERROR',
})
const met: AttemptFilter = {
  webhookIds: [anId('whk', 0), anId('whk', 1)],
  orderIds: [anId('ord', 1)],
  topics: ['order.*'],
  outcomes: ['TIMED_OUT', 'HTTP_ERROR'],
  partnerIds: [anId('ptn', 1)],
  statusClasses: ['SERVER_ERROR'],
  attemptNumberFrom: 2,
  presets: ['STANDARD', 'FOODY'],
  finalOnly: null,
  triggers: ['SCHEDULE'],
  startedAt: { from: attempt.startedAt, until: new Date(attempt.startedAt.getTime() + 1) },
}

describe('a filter of attempts', () => {
  test('that asks for nothing lets all pass, those about no order too', () => {
    expect([passes(all, attempt), passes(all, sent({ orderId: null }))]).toEqual([true, true])
  })

  test.each(Object.entries<AttemptFilter[keyof AttemptFilter]>({ ...met }))(
    'by %s alone lets pass what it names',
    (name, wish) => {
      expect(passes({ ...all, [name]: wish }, attempt)).toBe(true)
    },
  )

  test('lets pass what meets all of it', () => {
    expect(passes(met, attempt)).toBe(true)
  })

  test.each<[keyof AttemptFilter, AttemptFilter[keyof AttemptFilter]]>([
    ['webhookIds', [anId('whk', 0)]],
    ['orderIds', [anId('ord', 0)]],
    ['topics', ['order.updated', 'customer.*']],
    ['outcomes', ['SUCCEEDED']],
    ['startedAt', { from: new Date(attempt.startedAt.getTime() + 1), until: null }],
    ['startedAt', { from: null, until: attempt.startedAt }],
  ])('keeps back what misses its %s, though it meets the rest', (name, list) => {
    expect(passes({ ...met, [name]: list }, attempt)).toBe(false)
    expect(passes({ ...all, [name]: list }, attempt)).toBe(false)
  })

  test('by order keeps back what is about none', () => {
    expect(passes({ ...all, orderIds: [anId('ord', 1)] }, sent({ orderId: null }))).toBe(false)
  })
})
