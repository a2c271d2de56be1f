import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RequestContext, type RenderedRequest } from '../../../../src/domain/dialects/dialect.ts'
import { mask } from '../../../../src/domain/shared/mask.ts'
import { writeSecret } from '../../../../src/domain/dialects/standard.ts'
import { buildRequestContext, buildEvent, buildId, later, minuteMs, noon } from '../../../support/samples.ts'
import { dialectRules, maskHeaders } from '../../../../src/domain/dialects/registry.ts'

/** The secret of the examples in the Standard Webhooks specification. */
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const otherSecret = writeSecret(Buffer.alloc(32, 7))

const render = (given: Partial<RequestContext> = {}): RenderedRequest =>
  dialectRules.STANDARD.render(buildRequestContext({ secrets: [secret], ...given }))
const headersOf = (rendered: RenderedRequest): Record<string, string> =>
  Object.fromEntries(rendered.headers.map(({ name, value }) => [name, value]))
const verify = (rendered: RenderedRequest, by: string): unknown =>
  new Webhook(by).verify(rendered.body, headersOf(rendered))

// The package refuses timestamps outside the last five minutes: its clock is set to noon.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: noon }))
afterEach(() => void vi.useRealTimers())

describe('standardwebhooks package', () => {
  test('the standardwebhooks package verifies the golden request with each of its secrets', () => {
    const [head = '', body = ''] = readFileSync(
      new URL('golden/standard.txt', import.meta.url),
      'utf8',
    ).split('\n\n')
    const headers = Object.fromEntries(head.split('\n').map((line) => line.split(': ') as [string, string]))
    for (const one of [secret, otherSecret])
      expect(new Webhook(one).verify(body, headers)).toMatchObject({ type: 'order.state_changed' })
  })

  test('the standardwebhooks package verifies a request during a rotation with the old and the new secret, and with no third', () => {
    const rotating = render({ secrets: [otherSecret, secret] })
    expect(verify(rotating, secret)).toEqual(verify(rotating, otherSecret))
    expect(() => verify(rotating, writeSecret(Buffer.alloc(32, 8)))).toThrow('No matching signature')
  })

  test('the standardwebhooks package refuses a request whose body, id or timestamp was changed', () => {
    const rendered = render()
    const changed = (name: string, value: string): RenderedRequest => ({
      ...rendered,
      headers: rendered.headers.map((header) => (header.name === name ? { name, value } : header)),
    })
    expect(() => verify(rendered, secret)).not.toThrow()
    expect(() => verify({ ...rendered, body: `${rendered.body} ` }, secret)).toThrow()
    expect(() => verify(changed('webhook-id', buildId('dlv', 1)), secret)).toThrow()
    expect(() => verify(changed('webhook-timestamp', String(noon.getTime() / 1000 + 1)), secret)).toThrow()
  })

  test('the standardwebhooks package verifies any data with any secret of 24 to 64 bytes', () => {
    fc.assert(
      fc.property(fc.json(), fc.uint8Array({ minLength: 24, maxLength: 64 }), (data, bytes) => {
        const own = writeSecret(bytes)
        const rendered = render({ event: buildEvent({ data }), secrets: [own] })
        // As text: parsed numbers such as -0 compare in surprising ways.
        expect(JSON.stringify(verify(rendered, own))).toBe(JSON.stringify(JSON.parse(rendered.body)))
      }),
    )
  })
})

describe('STANDARD body', () => {
  test('a STANDARD body has type, timestamp and data, with the timestamp of the event and not of the attempt', () => {
    expect(render({ at: later(3 * minuteMs) }).body).toBe(
      '{"type":"order.state_changed","timestamp":"2026-02-26T12:00:00.000Z","data":{"number":187}}',
    )
  })

  test('a STANDARD body contains the data as the stored text: digits, order and escapes are kept', () => {
    const data = '{"b":12345678901234567890.10,"a":1.0e2,"c":"\\u00e9\\/","a":null}'
    expect(render({ event: buildEvent({ data }) }).body).toContain(`"data":${data}}`)
  })

  test('a STANDARD body escapes special characters of a topic as JSON', () => {
    const topic = 'a"b\\c.d\u2028'
    expect(JSON.parse(render({ event: buildEvent({ topic }) }).body)).toMatchObject({ type: topic })
  })
})

describe('STANDARD headers', () => {
  test('a STANDARD request has the headers of the document, content-type and user-agent', () => {
    expect(render().headers.map(({ name }) => name)).toEqual([
      'content-type',
      'user-agent',
      'webhook-id',
      'webhook-timestamp',
      'webhook-signature',
    ])
  })

  test('every attempt has the same webhook-id, and a webhook-timestamp of its own instant in whole seconds', () => {
    const [first, second] = [headersOf(render()), headersOf(render({ at: later(61_999) }))]
    expect(second['webhook-id']).toBe(first['webhook-id'])
    expect([first['webhook-timestamp'], second['webhook-timestamp']]).toEqual(['1772107200', '1772107261'])
    expect(second['webhook-signature']).not.toBe(first['webhook-signature'])
  })

  test('webhook-signature has a signature for each secret, newest first', () => {
    const both = headersOf(render({ secrets: [otherSecret, secret] }))['webhook-signature']
    const alone = [otherSecret, secret].map(
      (one) => headersOf(render({ secrets: [one] }))['webhook-signature'],
    )
    expect(both).toBe(alone.join(' '))
  })
})

describe('shown STANDARD request', () => {
  test('the shown headers mask the signature, in any case of its name, and nothing else', () => {
    const { headers } = render()
    const inUpperCase = headers.map(({ name, value }) => ({ name: name.toUpperCase(), value }))
    for (const given of [headers, inUpperCase])
      expect(maskHeaders('STANDARD', given)).toEqual(
        given.map(({ name, value }) => ({
          name,
          value: name.toLowerCase() === 'webhook-signature' ? mask : value,
        })),
      )
  })
})
