import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { mask } from '../../../../src/domain/shared/mask.ts'
import { orderEvent } from '../../../../src/domain/orders/event.ts'
import { topics } from '../../../../src/domain/orders/topic.ts'
import { buildRequestContext, buildId, buildOrder, buildSite } from '../../../support/samples.ts'
import { dialectRules } from '../../../../src/domain/dialects/registry.ts'

const foody = dialectRules.FOODY
const text = readFileSync(new URL('documents/foody.json', import.meta.url), 'utf8')
const example = JSON.parse(text) as Record<string, unknown>
const token = '2b100082b90d4ad9b4fezzed960cf652'

/** The order of the document's example, whose state changes. */
const context = buildRequestContext({
  token,
  event: orderEvent(
    {
      order: buildOrder({ state: 'DISPATCHED', updatedAt: new Date('2020-06-19T17:42:12.999Z') }),
      topic: 'order.state_changed',
      stateChanged: true,
      customerStateChanged: false,
    },
    buildSite(),
    null,
    buildId('evt'),
  ),
})

describe('FOODY example of the document', () => {
  test("the FOODY body of the example's order equals the document's example, with the instant truncated to seconds", () => {
    expect(foody.render(context).body).toBe(JSON.stringify(example))
  })

  test("the FOODY test request sends the document's example with the event hook_test and the webhook's token", () => {
    expect(foody.renderTest(buildRequestContext({ token: 'abc' })).body).toBe(
      JSON.stringify({ ...example, event: 'hook_test', token: 'abc' }),
    )
  })
})

describe('shown FOODY body', () => {
  test.each([foody.render(context), foody.renderTest(context)])(
    'the shown FOODY body masks the token and changes nothing else: $shownBody',
    ({ body, shownBody }) => {
      expect(shownBody).not.toContain(token)
      expect(JSON.parse(shownBody ?? '')).toEqual({ ...(JSON.parse(body) as object), token: mask })
    },
  )

  test('the shown FOODY body masks only the token when a short token also occurs in other texts', () => {
    const { body, shownBody } = foody.render({ ...context, token: 'd' })
    expect(JSON.parse(shownBody ?? '')).toEqual({ ...(JSON.parse(body) as object), token: mask })
  })

  test('the shown FOODY body without a token has a null token', () => {
    expect(foody.render({ ...context, token: null }).shownBody).toContain('"token":null')
  })
})

test('FOODY carries order.created and order.state_changed and no other topic', () => {
  expect(topics.filter((topic) => foody.carries(topic))).toEqual(['order.created', 'order.state_changed'])
})
