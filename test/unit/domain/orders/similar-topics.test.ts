import { describe, expect, test } from 'vitest'
import { didYouMean, shortSelection } from '../../../../src/domain/orders/similar-topics.ts'
import { topics } from '../../../../src/domain/orders/topic.ts'

describe('similar topics', () => {
  test.each([
    ['a misspelt event', 'order.update', 'did you mean order.updated, order.created or order.deleted? '],
    ['a misspelt resource', 'ordr.created', 'did you mean order.created'],
    ['a plural', 'orders.*', 'did you mean order.*? '],
    ['capital letters', 'Menu.Updated', 'did you mean menu.updated'],
    ['an event that does not exist', 'menu.eaten', 'did you mean menu.updated'],
  ])('%s: the message names the most similar topics, at most three', (_, selection, expected) => {
    expect(didYouMean(selection, topics)).toContain(expected)
  })

  test.each([
    ['a star', '*'],
    ['an empty text', ''],
    ['a dot', '.'],
    ['a text like no topic', 'the quick brown fox'],
  ])('%s is similar to no topic', (_, selection) => {
    expect(didYouMean(selection, topics)).toBe('')
  })

  test('a text of 100,000 characters is compared in less than a tenth of a second, and cut in messages', () => {
    const started = performance.now()
    expect(didYouMean('order.'.repeat(20_000), topics)).not.toBe(undefined)
    expect(performance.now() - started).toBeLessThan(100)
    expect(shortSelection('x'.repeat(100_000)).length).toBeLessThanOrEqual(65)
  })
})
