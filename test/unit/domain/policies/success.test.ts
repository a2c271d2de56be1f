import { describe, expect, test } from 'vitest'
import { succeeded, successRules } from '../../../../src/domain/policies/success.ts'
import { answered, interrupted, noAnswers } from '../../../support/samples.ts'

describe('success rules', () => {
  const statuses = Array.from({ length: 500 }, (_, index) => 100 + index)

  test('every 2xx response and no other satisfies ANY_2XX', () => {
    const good = statuses.filter((status) => succeeded('ANY_2XX', answered(status)))
    expect(good).toEqual(Array.from({ length: 100 }, (_, index) => 200 + index))
  })

  test('only a 200 response satisfies EXACTLY_200', () => {
    expect(statuses.filter((status) => succeeded('EXACTLY_200', answered(status)))).toEqual([200])
  })

  test('a 204 response satisfies ANY_2XX and fails EXACTLY_200', () => {
    expect(successRules.map((rule) => succeeded(rule, answered(204)))).toEqual([true, false])
  })

  test.each(successRules)('neither a redirect nor a missing response satisfies %s', (rule) => {
    for (const status of [300, 301, 302, 303, 304, 307, 308])
      expect(succeeded(rule, answered(status))).toBe(false)
    for (const kind of noAnswers) expect(succeeded(rule, { kind, detail: '' })).toBe(false)
    expect(succeeded(rule, interrupted)).toBe(false)
  })
})
