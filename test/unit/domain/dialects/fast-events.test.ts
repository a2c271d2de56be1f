import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type RequestContext } from '../../../../src/domain/dialects/dialect.ts'
import { orderTopics } from '../../../../src/domain/orders/topic.ts'
import { buildRequestContext, anEvent, anId } from '../../../support/samples.ts'
import { dialectRules } from '../../../../src/domain/dialects/registry.ts'

const fastEvents = dialectRules.FAST_EVENTS
const secret = 'a-plain-text-of-24-bytes'
const headersOf = (context: Partial<RequestContext>): Record<string, string> =>
  Object.fromEntries(
    fastEvents
      .render(buildRequestContext({ secrets: [secret], ...context }))
      .headers.map(({ name, value }) => [name, value]),
  )
/** As in the document's example in NodeJS. */
const signatureOf = (payload: string, by = secret): string =>
  createHmac('sha256', by).update(payload).digest().toString('base64')

describe('the headers', () => {
  test('are the seven of the document, and Content-Type', () => {
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

  test('have a User-Agent in the document’s shape: product/version (product/version)', () => {
    expect(headersOf({})['User-Agent']).toMatch(/^[\w-]+\/\d+\.\d+\.\d+ \([\w-]+\/\d+\.\d+\.\d+\)$/)
  })

  test('name the webhook, where Orderbell lives, and the request, which has an id of its own', () => {
    const [first, second] = [0, 1].map((digit) => headersOf({ requestId: anId('att', digit) }))
    expect(first).toMatchObject({
      'X-FE-Webhook-ID': anId('whk'),
      'X-FE-Webhook-Source': 'https://orderbell.example/',
      'X-FE-Webhook-Delivery-ID': anId('att', 0),
    })
    expect(second).toMatchObject({
      'X-FE-Webhook-ID': anId('whk'),
      'X-FE-Webhook-Delivery-ID': anId('att', 1),
    })
  })

  test.each<readonly [string, string]>([
    ['order.created', 'order.created'],
    ...orderTopics.slice(1, -1).map((topic) => [topic, 'order.updated'] as const),
    ['order.deleted', 'order.deleted'],
    ['scan.created', 'scan.created'],
    ['menu.updated', 'menu.updated'],
    ['order.made_up', 'order.made_up'],
  ])('write %s as %s, whole and in its two parts', (topic, written) => {
    const [resource, event] = written.split('.')
    expect(headersOf({ event: anEvent({ topic }) })).toMatchObject({
      'X-FE-Webhook-Topic': written,
      'X-FE-Webhook-Resource': resource,
      'X-FE-Webhook-Event': event,
    })
  })
})

describe('the signature', () => {
  test('is the document’s, over the very bytes that are sent', () => {
    const data = '{"b":12345678901234567890.10,"a":"é"}'
    const event = anEvent({ data })
    expect(fastEvents.render(buildRequestContext({ event })).body).toBe(data)
    expect(headersOf({ event })['X-FE-Webhook-Signature']).toBe(signatureOf(data))
  })

  test('is the new secret’s while one is rotated: the wire has room for one', () => {
    const fresh = 'b-plain-text-of-24-bytes'
    const signed = headersOf({ secrets: [fresh, secret] })['X-FE-Webhook-Signature']
    expect(signed).toBe(signatureOf('{"number":187}', fresh))
  })

  test('of a test is that of its empty body', () => {
    const { body, headers } = fastEvents.renderTest(buildRequestContext({ secrets: [secret] }))
    expect(body).toBe('')
    expect(headers).toContainEqual({ name: 'X-FE-Webhook-Signature', value: signatureOf('') })
  })
})
