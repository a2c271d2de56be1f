import { describe, expect, test } from 'vitest'
import {
  checkIdempotencyKey,
  hashInput,
  maxIdempotencyKeyLength,
  readAnswer,
  writeAnswer,
} from '../../../../src/domain/shared/idempotency.ts'
import { buildId, buildOrder, buildSite, later, noon } from '../../../support/samples.ts'

describe('idempotency key', () => {
  test('an absent idempotency key is null', () => {
    expect([checkIdempotencyKey(null), checkIdempotencyKey(undefined)]).toEqual([null, null])
  })

  test('an idempotency key of 255 characters is accepted; 256 are refused with TOO_LONG', () => {
    expect(checkIdempotencyKey('k'.repeat(maxIdempotencyKeyLength))).toHaveLength(255)
    expect(checkIdempotencyKey('k'.repeat(256))).toMatchObject({
      code: 'TOO_LONG',
      field: ['idempotencyKey'],
    })
  })

  test('an idempotency key is trimmed, and control characters within it are refused', () => {
    expect(checkIdempotencyKey(' \u0085order-1\r\n')).toBe('order-1')
    for (const key of ['order\t1', 'or\u0000der', '\u0007order', 'order\u200b1'])
      expect(checkIdempotencyKey(key)).toMatchObject({ code: 'INVALID', field: ['idempotencyKey'] })
  })

  test('an empty idempotency key is refused with REQUIRED', () => {
    expect(checkIdempotencyKey('')).toMatchObject({ code: 'REQUIRED', field: ['idempotencyKey'] })
  })
})

describe('hashInput', () => {
  const input = {
    orderId: buildId('ord'),
    etaAt: noon,
    customer: { name: 'Brian', carType: null },
    topics: ['a', 'b'],
    idempotencyKey: 'a',
  }

  test('inputs that differ only in the idempotency key have the same hash', () => {
    expect(hashInput({ ...input, etaAt: new Date(noon), idempotencyKey: 'b' })).toBe(hashInput(input))
    expect(hashInput({ ...input, areaName: undefined })).toBe(hashInput(input))
  })

  test('the order of members does not change the hash of an input, at any depth', () => {
    const { orderId, etaAt, topics } = input
    const other = { topics, customer: { carType: null, name: 'Brian' }, etaAt, orderId }
    expect(hashInput(other)).toBe(hashInput(input))
  })

  test.each<[string, Record<string, unknown>]>([
    ['another id', { orderId: buildId('ord', 1) }],
    ['another instant', { etaAt: later(1) }],
    ['another name deep inside', { customer: { ...input.customer, name: 'Bryan' } }],
    ['null in place of an absent member, because null may clear a field', { areaName: null }],
    ['a list in another order', { topics: ['b', 'a'] }],
    ['a member named __proto__', JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>],
  ])('inputs with %s have different hashes', (_, other) => {
    expect(hashInput({ ...input, ...other })).not.toBe(hashInput(input))
  })

  test('the hash of an input has 64 hexadecimal characters', () => {
    expect(hashInput(input)).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe('stored answer', () => {
  test.each([
    ['an order', { order: buildOrder({ etaAt: later(1), arrivedAt: null }), eventId: buildId('evt') }],
    [
      'an order with a pickup window',
      { order: buildOrder({ pickupWindow: { startsAt: noon, endsAt: later(1) } }), eventId: null },
    ],
    ['a site', buildSite({ name: '2026-02-26T12:00:00.000Z' })],
  ])('%s is read from a stored answer unchanged, with instants as dates', (_, answer) => {
    expect(readAnswer(writeAnswer(answer))).toEqual(answer)
  })
})
