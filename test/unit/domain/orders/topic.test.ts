import { describe, expect, test } from 'vitest'
import { checkSelections, maxSelections, selectsTopic, topics } from '../../../../src/domain/orders/topic.ts'
import { dialectRules } from '../../../../src/domain/dialects/registry.ts'

describe('topic selection', () => {
  test.each([
    ['order.created', 'order.created'],
    ['order.*', 'order.created'],
    ['order.*', 'order.customer_state_changed'],
  ])('the selection %s matches the topic %s', (selection, topic) => {
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
  ])('the selection "%s" does not match the topic %s', (selection, topic) => {
    expect(selectsTopic(selection, topic)).toBe(false)
  })
})

describe('topics of a webhook', () => {
  const check = (...selections: string[]) => checkSelections(selections, topics, ['topics'])

  test('selections that each match a topic are accepted', () => {
    expect(check('order.*')).toEqual([])
    expect(check(...topics, 'order.*')).toEqual([])
  })

  test('a webhook without topics is refused with REQUIRED', () => {
    expect(check()).toMatchObject([{ code: 'REQUIRED', field: ['topics'] }])
  })

  test('a webhook may have 100 topics; 101 are refused with TOO_MANY', () => {
    const many = (count: number) =>
      checkSelections(
        Array.from({ length: count }, (_, index) => `order.t${index}`),
        Array.from({ length: count }, (_, index) => `order.t${index}`),
        ['topics'],
      )
    expect(many(maxSelections)).toEqual([])
    expect(many(maxSelections + 1)).toMatchObject([{ code: 'TOO_MANY', field: ['topics'] }])
  })

  test('each selection that matches no topic is refused with its index', () => {
    expect(check('order.created', 'order.vanished', 'drink.*', '*', '')).toMatchObject(
      ['1', '2', '3', '4'].map((index) => ({ code: 'UNKNOWN_TOPIC', field: ['topics', index] })),
    )
  })

  test('the message about a misspelt topic names the topics that may have been meant', () => {
    const [problem] = check('order.shiped')
    expect(problem?.message).toMatch(
      /^order.shiped cannot be sent to this webhook: did you mean order\.[a-z_]+, order\./,
    )
  })

  test('topics that a dialect does not carry are refused with a message that names the ones it carries', () => {
    const carried = topics.filter((topic) => dialectRules.FOODY.carries(topic))
    const [problem, ...others] = checkSelections(['order.*', 'order.deleted'], carried, ['topics'])
    expect(problem).toMatchObject({ code: 'UNKNOWN_TOPIC', field: ['topics', '1'] })
    expect(problem?.message).toContain('its dialect can represent order.created, order.state_changed; ')
    expect(others).toEqual([])
  })

  test('the message about an unknown topic names at most 40 topics of the project', () => {
    const many = Array.from({ length: 42 }, (_, index) => `menu.t${index}`)
    const [problem] = checkSelections(['order.created'], many, ['topics'])
    expect(problem?.message).toContain('menu.t39 and 2 more')
    expect(problem?.message).not.toContain('menu.t40')
  })

  test('a repeated selection is refused once', () => {
    expect(check('order.*', 'order.created', 'order.*')).toMatchObject([
      { code: 'INVALID', field: ['topics', '2'] },
    ])
  })
})
