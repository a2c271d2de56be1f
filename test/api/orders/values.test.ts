/** Values that fit no type of the schema: refused before anything is looked at, and nothing is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { aSite, anOrder, documents, fingerprint, ours, sendTo } from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let siteId: string
let orderId: string

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  siteId = await aSite(acme)
  orderId = (await anOrder(acme, { siteId })).id
})
afterAll(() => server.close())

const send = (body: string) => sendTo(server, acme, body)
const named = (input: string) => `{"query":"mutation { siteCreate(input: { ${input} }) { site { id } } }"}`

describe('a value that fits no type', () => {
  const change = (input: string) =>
    `{"query":${JSON.stringify(documents.OrderStateChange)},"variables":{"input":${input}}}`
  const order = (input: string) =>
    `{"query":${JSON.stringify(documents.OrderCreate)},"variables":{"input":{"siteId":"SITE"${input}}}}`
  const hook = (input: string) =>
    `{"query":${JSON.stringify(documents.WebhookCreate)},"variables":{"input":{"name":"x","url":"https://pos.example","topics":["order.*"]${input}}}}`

  test.each([
    ['a state in lower case', change('{"orderId":"ORDER","state":"accepted"}')],
    ['a state that is none', change('{"orderId":"ORDER","state":"EATEN"}')],
    ['a state as a number', change('{"orderId":"ORDER","state":1}')],
    ['a version as a text', change('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":"1"}')],
    ['a version with a fraction', change('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":1.5}')],
    ['a version of 2^31', change('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":2147483648}')],
    ['a version of 1e309', change('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":1e309}')],
    ['a field that is not there', change('{"orderId":"ORDER","state":"ACCEPTED","force":true}')],
    ['a prototype', change('{"orderId":"ORDER","state":"ACCEPTED","__proto__":{"x":1}}')],
    ['no order', change('{"state":"ACCEPTED"}')],
    ['null for what must be there', change('{"orderId":null,"state":"ACCEPTED"}')],
    ['a list for one', change('{"orderId":["ORDER"],"state":"ACCEPTED"}')],
    ['no input at all', '{"query":"mutation { siteCreate { site { id } } }"}'],
    [
      'a name that is a number',
      `{"query":${JSON.stringify(documents.SiteCreate)},"variables":{"input":{"name":7}}}`,
    ],
    ['a name that is an enum', named('name: MAIN')],
    ['a time without a zone', order(',"etaAt":"2026-02-26T17:15:33"')],
    ['a time that is a date', order(',"etaAt":"2026-02-26"')],
    ['a day that is in no calendar', order(',"etaAt":"2026-02-30T00:00:00Z"')],
    ['an hour that is in no day', order(',"etaAt":"2026-02-26T25:00:00Z"')],
    ['a leap second', order(',"etaAt":"2016-12-31T23:59:60Z"')],
    ['a year before 1970', order(',"etaAt":"1969-12-31T23:59:59Z"')],
    ['a year of five digits', order(',"etaAt":"10000-01-01T00:00:00Z"')],
    ['a year beyond 9999 in UTC', order(',"etaAt":"9999-12-31T23:59:59-01:00"')],
    ['a time as a number', order(',"etaAt":1772126133645')],
    ['a window without an end', order(',"pickupWindow":{"startsAt":"2026-02-26T17:00:00Z"}')],
    ['a time limit of 1e309', hook(',"policy":{"timeoutMs":1e309}')],
    ['a time limit as a text', hook(',"policy":{"timeoutMs":"15000"}')],
    ['a flag as a text', hook(',"policy":{"httpsOnly":"true"}')],
    ['a flag as a number', hook(',"policy":{"httpsOnly":1}')],
    ['a rule that is none', hook(',"policy":{"success":"ANY"}')],
    ['a preset that is none', hook(',"preset":"NOBODY"')],
    ['null among topics', hook(',"topics":[null]')],
    ['waits that are null', hook(',"policy":{"retry":{"waits":null}}')],
  ])('is BAD_USER_INPUT or refused by validation, and nothing is written: %s', async (_, body) => {
    const before = await fingerprint(server.connections)
    const answer = await send(body.replaceAll('SITE', siteId).replaceAll('ORDER', orderId))

    expect(JSON.parse(answer.text)).toMatchObject({
      errors: [
        {
          extensions: {
            code: expect.stringMatching(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/) as string,
          },
        },
      ],
    })
    expect(answer.text).not.toMatch(ours)
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  const ask = (query: string, variables: string) =>
    `{"query":${JSON.stringify(query)},"variables":${variables}}`
  const orders =
    'query ($filter: OrderFilter, $first: Int) { orders(filter: $filter, first: $first) { nodes { id } } }'
  const hooks = 'query ($filter: WebhookFilter) { webhooks(filter: $filter) { nodes { id } } }'
  const byNumber = 'query ($number: Int) { order(number: $number) { id } }'

  test.each([
    ['a state in lower case', ask(orders, '{"filter":{"states":["created"]}}')],
    ['a state in mixed case among good ones', ask(orders, '{"filter":{"states":["CREATED","Ready"]}}')],
    ['a state with a space', ask(orders, '{"filter":{"customerStates":["ARRIVED "]}}')],
    ['a state of another list', ask(orders, '{"filter":{"states":["ARRIVED"]}}')],
    ['null among states', ask(orders, '{"filter":{"states":[null]}}')],
    ['an enum as a text', '{"query":"{ orders(filter: { states: [\\"CREATED\\"] }) { nodes { id } } }"}'],
    ['a flag as a text', ask(hooks, '{"filter":{"enabled":"true"}}')],
    ['a flag as a number', ask(hooks, '{"filter":{"enabled":0}}')],
    ['a flag in a list', ask(hooks, '{"filter":{"enabled":[true]}}')],
    [
      'a flag as a text, written down',
      '{"query":"{ webhooks(filter: { enabled: \\"true\\" }) { nodes { id } } }"}',
    ],
    ['a size as a text', ask(orders, '{"first":"1"}')],
    ['a size as an empty text', ask(orders, '{"first":""}')],
    ['a size with a fraction', ask(orders, '{"first":1.5}')],
    ['a size as a flag', ask(orders, '{"first":true}')],
    ['a size of 2^31', ask(orders, '{"first":2147483648}')],
    ['a size as a point, written down', '{"query":"{ orders(first: 1.0) { nodes { id } } }"}'],
    ['a number as a text', ask(byNumber, '{"number":"1"}')],
    ['a number of 2^31', ask(byNumber, '{"number":2147483648}')],
    ['a number of -2^31 - 1', ask(byNumber, '{"number":-2147483649}')],
    ['a number of 2^53', ask(byNumber, '{"number":9007199254740993}')],
    ['a filter that is a text', ask(orders, '{"filter":"states"}')],
    ['a filter with a field that is not there', ask(orders, '{"filter":{"state":["CREATED"]}}')],
  ])('is not asked by either: %s', async (_, body) => {
    const answer = await send(body)
    expect(JSON.parse(answer.text)).toMatchObject({
      errors: [
        {
          extensions: {
            code: expect.stringMatching(/^(BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED)$/) as string,
          },
        },
      ],
    })
    expect(JSON.parse(answer.text)).not.toHaveProperty('data.orders')
    expect(answer.text).not.toMatch(ours)
  })

  test('leaves to JSON what JSON calls a whole number: 1.0 and 1e0 are 1', async () => {
    for (const one of ['1', '1.0', '1e0', '10e-1'])
      expect(JSON.parse((await send(ask(byNumber, `{"number":${one}}`))).text), one).toEqual(
        JSON.parse((await send(ask(byNumber, '{"number":1}'))).text),
      )
    const sized = JSON.parse((await send(ask(orders, '{"first":1.0}'))).text) as {
      data: { orders: { nodes: unknown } }
    }
    expect(sized.data.orders.nodes).toHaveLength(1)
  })

  test('leaves what fits: a whole number with a point, a zone other than UTC, one topic without its list', async () => {
    const moved = await send(change(`{"orderId":"${orderId}","state":"ACCEPTED","expectedVersion":1.0}`))
    expect(JSON.parse(moved.text)).toMatchObject({ data: { orderStateChange: { order: { version: 2 } } } })
    const eta = await acme.gql(documents.OrderUpdate, {
      input: { orderId, etaAt: '2026-02-26T18:15:33.6459+01:00' },
    })
    expect(eta).toMatchObject({ orderUpdate: { order: { etaAt: '2026-02-26T17:15:33.645Z' } } })
    const one = await send(hook(',"topics":"order.created"'))
    expect(JSON.parse(one.text)).toMatchObject({
      data: { webhookCreate: { webhook: { topics: ['order.created'] } } },
    })
  })
})
