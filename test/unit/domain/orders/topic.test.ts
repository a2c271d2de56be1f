import { describe, expect, test } from 'vitest'
import { checkSelections, maxSelections, selectsTopic, topics } from '../../../../src/domain/orders/topic.ts'
import { dialectRules } from '../../../../src/domain/dialects/registry.ts'

describe('a selection', () => {
  test.each([
    ['order.created', 'order.created'],
    ['order.*', 'order.created'],
    ['order.*', 'order.customer_state_changed'],
  ])('%s takes %s', (selection, topic) => {
    expect(selectsTopic(selection, topic)).toBe(true)
  })

  test.each([
    ['order.created', 'order.updated'],
    ['order.state', 'order.state_changed'],
    ['order.state_*', 'order.state_changed'],
    ['order.*', 'orders.created'],
    ['order.*', 'order'],
    ['order*', 'order.created'],
    ['*', 'order.created'],
    ['.*', 'order.created'],
    ['customer.*', 'order.customer_state_changed'],
    ['', 'order.created'],
    ['ORDER.*', 'order.created'],
  ])('%s does not take %s', (selection, topic) => {
    expect(selectsTopic(selection, topic)).toBe(false)
  })
})

describe('the topics of a webhook', () => {
  const check = (...selections: string[]) => checkSelections(selections, topics, ['topics'])

  test('are fine when each can be met', () => {
    expect(check('order.*')).toEqual([])
    expect(check(...topics, 'order.*')).toEqual([])
  })

  test('are asked for when there is none', () => {
    expect(check()).toMatchObject([{ code: 'REQUIRED', field: ['topics'] }])
  })

  test('may be a hundred and no more', () => {
    const many = (count: number) =>
      checkSelections(
        Array.from({ length: count }, (_, index) => `order.t${index}`),
        Array.from({ length: count }, (_, index) => `order.t${index}`),
        ['topics'],
      )
    expect(many(maxSelections)).toEqual([])
    expect(many(maxSelections + 1)).toMatchObject([{ code: 'TOO_MANY', field: ['topics'] }])
  })

  test('that nothing can meet are each named by their place', () => {
    expect(check('order.created', 'order.vanished', 'drink.*', '*', '')).toMatchObject(
      ['1', '2', '3', '4'].map((index) => ({ code: 'UNKNOWN_TOPIC', field: ['topics', index] })),
    )
  })

  test('that a dialect has no form for are refused, and what it carries is named', () => {
    const carried = topics.filter((topic) => dialectRules.FOODY.carries(topic))
    const [problem, ...others] = checkSelections(['order.*', 'order.deleted'], carried, ['topics'])
    expect(problem).toMatchObject({ code: 'UNKNOWN_TOPIC', field: ['topics', '1'] })
    expect(problem?.message).toContain('its dialect carries order.created, order.state_changed, and')
    expect(others).toEqual([])
  })

  test('of which a project has many are not all named', () => {
    const many = Array.from({ length: 42 }, (_, index) => `menu.t${index}`)
    const [problem] = checkSelections(['order.created'], many, ['topics'])
    expect(problem?.message).toContain('menu.t39 and 2 more')
    expect(problem?.message).not.toContain('menu.t40')
  })

  test('named twice are refused once', () => {
    expect(check('order.*', 'order.created', 'order.*')).toMatchObject([
      { code: 'INVALID', field: ['topics', '2'] },
    ])
  })
})
