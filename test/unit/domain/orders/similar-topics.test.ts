import { describe, expect, test } from 'vitest'
import { didYouMean, shortSelection } from '../../../../src/domain/orders/similar-topics.ts'
import { checkSelections, topics } from '../../../../src/domain/orders/topic.ts'

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

test('of 100 unknown selections beside 200 long topics only the first three have suggestions, in less than a quarter of a second', () => {
  const known = Array.from({ length: 200 }, (_, index) => `${'a'.repeat(60)}.${'b'.repeat(60)}${index}`)
  const selections = Array.from({ length: 100 }, (_, index) => `${'a'.repeat(61)}.${'b'.repeat(60)}${index}`)
  const started = performance.now()
  const problems = checkSelections(selections, known, ['topics'])
  expect(performance.now() - started).toBeLessThan(250)
  expect(problems).toHaveLength(100)
  expect(problems.filter(({ message }) => message.includes('did you mean'))).toHaveLength(3)
})
