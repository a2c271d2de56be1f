import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mask } from '../../../../src/domain/shared/mask.ts'
import { orderEvent } from '../../../../src/domain/orders/event.ts'
import { topics } from '../../../../src/domain/orders/topic.ts'
import { buildRequestContext, anId, anOrder, aSite } from '../../../support/samples.ts'
import { dialectRules } from '../../../../src/domain/dialects/registry.ts'

const foody = dialectRules.FOODY
const text = readFileSync(new URL('documents/foody.json', import.meta.url), 'utf8')
const example = JSON.parse(text) as Record<string, unknown>
const token = '2b100082b90d4ad9b4fezzed960cf652'

/** The order of the document's example, changing its state. */
const context = buildRequestContext({
  token,
  event: orderEvent(
    {
      order: anOrder({ state: 'DISPATCHED', updatedAt: new Date('2020-06-19T17:42:12.999Z') }),
      topic: 'order.state_changed',
      stateChanged: true,
      customerStateChanged: false,
    },
    aSite(),
    null,
    anId('evt'),
  ),
})

describe("the document's example", () => {
  test('is what is written of its own order, the instant cut to the second', () => {
    expect(foody.render(context).body).toBe(JSON.stringify(example))
  })

  test('is what a test sends, but for the event and the webhook’s own token', () => {
    expect(foody.renderTest(buildRequestContext({ token: 'abc' })).body).toBe(
      JSON.stringify({ ...example, event: 'hook_test', token: 'abc' }),
    )
  })
})

describe('what is shown of the body', () => {
  test.each([foody.render(context), foody.renderTest(context)])(
    'has the token masked and nothing else changed: $shownBody',
    ({ body, shownBody }) => {
      expect(shownBody).not.toContain(token)
      expect(JSON.parse(shownBody ?? '')).toEqual({ ...(JSON.parse(body) as object), token: mask })
    },
  )

  test('is whole where a short token stands in other texts too', () => {
    const { body, shownBody } = foody.render({ ...context, token: 'd' })
    expect(JSON.parse(shownBody ?? '')).toEqual({ ...(JSON.parse(body) as object), token: mask })
  })

  test('says of no token that there is none', () => {
    expect(foody.render({ ...context, token: null }).shownBody).toContain('"token":null')
  })
})

test('carries what an order’s courier asks for, and no more', () => {
  expect(topics.filter((topic) => foody.carries(topic))).toEqual(['order.created', 'order.state_changed'])
})
