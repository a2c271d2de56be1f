import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type RequestContext } from '../../../../src/domain/dialects/dialect.ts'
import { orderTopics } from '../../../../src/domain/orders/topic.ts'
import { buildRequestContext, buildEvent, buildId } from '../../../support/samples.ts'
import { dialectRules } from '../../../../src/domain/dialects/registry.ts'

const fastEvents = dialectRules.FAST_EVENTS
const secret = 'a-plain-text-of-24-bytes'
const headersOf = (context: Partial<RequestContext>): Record<string, string> =>
  Object.fromEntries(
    fastEvents
      .render(buildRequestContext({ secrets: [secret], ...context }))
      .headers.map(({ name, value }) => [name, value]),
  )
/** Computed as in the document's example for Node.js. */
const signatureOf = (payload: string, by = secret): string =>
  createHmac('sha256', by).update(payload).digest().toString('base64')

describe('FAST_EVENTS headers', () => {
  test('a FAST_EVENTS request has the headers of the document and Content-Type', () => {
    expect(Object.keys(headersOf({}))).toEqual([
      'Content-Type',
      'User-Agent',
      'X-FE-Webhook-ID',
      'X-FE-Webhook-Source',
      'X-FE-Webhook-Topic',
      'X-FE-Webhook-Resource',
      'X-FE-Webhook-Event',
      'X-FE-Webhook-Delivery-ID',
      'X-FE-Webhook-Signature',
    ])
  })

  test('the User-Agent of a FAST_EVENTS request has the form product/version (product/version)', () => {
    expect(headersOf({})['User-Agent']).toMatch(/^[\w-]+\/\d+\.\d+\.\d+ \([\w-]+\/\d+\.\d+\.\d+\)$/)
  })

  test('the headers of a FAST_EVENTS request contain the webhook id, the URL of Orderbell and an id of the request', () => {
    const [first, second] = [0, 1].map((digit) => headersOf({ requestId: buildId('att', digit) }))
    expect(first).toMatchObject({
      'X-FE-Webhook-ID': buildId('whk'),
      'X-FE-Webhook-Source': 'https://orderbell.example/',
      'X-FE-Webhook-Delivery-ID': buildId('att', 0),
    })
    expect(second).toMatchObject({
      'X-FE-Webhook-ID': buildId('whk'),
      'X-FE-Webhook-Delivery-ID': buildId('att', 1),
    })
  })

  test.each<readonly [string, string]>([
    ['order.created', 'order.created'],
    ...orderTopics.slice(1, -1).map((topic) => [topic, 'order.updated'] as const),
    ['order.deleted', 'order.deleted'],
    ['scan.created', 'scan.created'],
    ['menu.updated', 'menu.updated'],
    ['order.made_up', 'order.made_up'],
  ])('FAST_EVENTS headers write the topic %s as %s, as a whole and in two parts', (topic, written) => {
    const [resource, event] = written.split('.')
    expect(headersOf({ event: buildEvent({ topic }) })).toMatchObject({
      'X-FE-Webhook-Topic': written,
      'X-FE-Webhook-Resource': resource,
      'X-FE-Webhook-Event': event,
    })
  })
})

describe('FAST_EVENTS signature', () => {
  test('the FAST_EVENTS signature is the one of the document over the sent bytes', () => {
    const data = '{"b":12345678901234567890.10,"a":"é"}'
    const event = buildEvent({ data })
    expect(fastEvents.render(buildRequestContext({ event })).body).toBe(data)
    expect(headersOf({ event })['X-FE-Webhook-Signature']).toBe(signatureOf(data))
  })

  test('the FAST_EVENTS signature uses the new secret during a rotation, because the format has one signature', () => {
    const fresh = 'b-plain-text-of-24-bytes'
    const signed = headersOf({ secrets: [fresh, secret] })['X-FE-Webhook-Signature']
    expect(signed).toBe(signatureOf('{"number":187}', fresh))
  })

  test('the FAST_EVENTS test request has an empty body and its signature', () => {
    const { body, headers } = fastEvents.renderTest(buildRequestContext({ secrets: [secret] }))
    expect(body).toBe('')
    expect(headers).toContainEqual({ name: 'X-FE-Webhook-Signature', value: signatureOf('') })
  })
})
