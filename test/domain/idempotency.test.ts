import { describe, expect, test } from 'vitest'
import {
  checkIdempotencyKey,
  hashInput,
  maxIdempotencyKeyLength,
  readAnswer,
  writeAnswer,
} from '../../src/domain/idempotency.ts'
import { anId, anOrder, aSite, later, noon } from '../support/samples.ts'

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

  test('is not passed off as absent when it is empty', () => {
    expect(checkIdempotencyKey('')).toMatchObject({ code: 'REQUIRED', field: ['idempotencyKey'] })
  })
})

describe('two inputs', () => {
  const input = { orderId: anId('ord'), etaAt: noon, customer: { name: 'Brian' }, idempotencyKey: 'a' }

  test('are the same when all but their key is, instants included', () => {
    expect(hashInput({ ...input, etaAt: new Date(noon), idempotencyKey: 'b' })).toBe(hashInput(input))
    expect(hashInput({ ...input, areaName: undefined })).toBe(hashInput(input))
  })

  test.each<[string, Record<string, unknown>]>([
    ['another id', { orderId: anId('ord', 1) }],
    ['another instant', { etaAt: later(1) }],
    ['another name deep inside', { customer: { name: 'Bryan' } }],
    ['null where nothing was', { areaName: null }],
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
