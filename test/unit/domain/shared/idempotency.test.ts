import { describe, expect, test } from 'vitest'
import {
  checkIdempotencyKey,
  hashInput,
  maxIdempotencyKeyLength,
  readAnswer,
  writeAnswer,
} from '../../../../src/domain/shared/idempotency.ts'
import { anId, anOrder, aSite, later, noon } from '../../../support/samples.ts'

describe('an idempotency key', () => {
  test('may be absent', () => {
    expect([checkIdempotencyKey(null), checkIdempotencyKey(undefined)]).toEqual([null, null])
  })

  test('may have 255 characters and no more', () => {
    expect(checkIdempotencyKey('k'.repeat(maxIdempotencyKeyLength))).toHaveLength(255)
    expect(checkIdempotencyKey('k'.repeat(256))).toMatchObject({
      code: 'TOO_LONG',
      field: ['idempotencyKey'],
    })
  })

  test('loses white space around it; what is within it makes it another key', () => {
    expect(checkIdempotencyKey(' \u0085order-1\r\n')).toBe('order-1')
    for (const key of ['order\t1', 'or\u0000der', '\u0007order', 'order\u200b1'])
      expect(checkIdempotencyKey(key)).toMatchObject({ code: 'INVALID', field: ['idempotencyKey'] })
  })

  test('is not passed off as absent when it is empty', () => {
    expect(checkIdempotencyKey('')).toMatchObject({ code: 'REQUIRED', field: ['idempotencyKey'] })
  })
})

describe('two inputs', () => {
  const input = {
    orderId: anId('ord'),
    etaAt: noon,
    customer: { name: 'Brian', carType: null },
    topics: ['a', 'b'],
    idempotencyKey: 'a',
  }

  test('are the same when all but their key is, instants included', () => {
    expect(hashInput({ ...input, etaAt: new Date(noon), idempotencyKey: 'b' })).toBe(hashInput(input))
    expect(hashInput({ ...input, areaName: undefined })).toBe(hashInput(input))
  })

  test('are the same in whatever order their members are written, at every depth', () => {
    const { orderId, etaAt, topics } = input
    const other = { topics, customer: { carType: null, name: 'Brian' }, etaAt, orderId }
    expect(hashInput(other)).toBe(hashInput(input))
  })

  test.each<[string, Record<string, unknown>]>([
    ['another id', { orderId: anId('ord', 1) }],
    ['another instant', { etaAt: later(1) }],
    ['another name deep inside', { customer: { ...input.customer, name: 'Bryan' } }],
    ['null where nothing was, since null may clear', { areaName: null }],
    ['a list in another order', { topics: ['b', 'a'] }],
    ['a member named like what objects have', JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>],
  ])('are not the same: %s', (_, other) => {
    expect(hashInput({ ...input, ...other })).not.toBe(hashInput(input))
  })

  test('hash to text that fits its column and tells nothing of them', () => {
    expect(hashInput(input)).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('an answer that is kept', () => {
  test.each([
    ['an order', { order: anOrder({ etaAt: later(1), arrivedAt: null }), eventId: anId('evt') }],
    [
      'an order with a pickup window',
      { order: anOrder({ pickupWindow: { startsAt: noon, endsAt: later(1) } }), eventId: null },
    ],
    ['a site', aSite({ name: '2026-02-26T12:00:00.000Z' })],
  ])('comes back as it was, instants as instants: %s', (_, answer) => {
    expect(readAnswer(writeAnswer(answer))).toEqual(answer)
  })
})
