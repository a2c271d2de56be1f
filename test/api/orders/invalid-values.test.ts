/** Values that do not match the types of the schema are refused before execution, and nothing is written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import {
  createSite,
  createOrder,
  documents,
  fingerprint,
  implementationDetails,
  sendBody,
} from '../support/fixtures.ts'

let server: TestServer
let acme: Tenant
let siteId: string
let orderId: string

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  siteId = await createSite(acme)
  orderId = (await createOrder(acme, { siteId })).id
})
afterAll(() => server.close())

const send = (body: string) => sendBody(server, acme, body)
const siteBody = (input: string) => `{"query":"mutation { siteCreate(input: { ${input} }) { site { id } } }"}`

describe('values of the wrong type', () => {
  const stateChangeBody = (input: string) =>
    `{"query":${JSON.stringify(documents.OrderStateChange)},"variables":{"input":${input}}}`
  const orderBody = (input: string) =>
    `{"query":${JSON.stringify(documents.OrderCreate)},"variables":{"input":{"siteId":"SITE"${input}}}}`
  const webhookBody = (input: string) =>
    `{"query":${JSON.stringify(documents.WebhookCreate)},"variables":{"input":{"name":"x","url":"https://pos.example","topics":["order.*"]${input}}}}`

  test.each([
    ['a state in lower case', stateChangeBody('{"orderId":"ORDER","state":"accepted"}')],
    ['an unknown state', stateChangeBody('{"orderId":"ORDER","state":"EATEN"}')],
    ['a state as a number', stateChangeBody('{"orderId":"ORDER","state":1}')],
    [
      'a version as a string',
      stateChangeBody('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":"1"}'),
    ],
    [
      'a version with a fraction',
      stateChangeBody('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":1.5}'),
    ],
    [
      'a version of 2^31',
      stateChangeBody('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":2147483648}'),
    ],
    ['a version of 1e309', stateChangeBody('{"orderId":"ORDER","state":"ACCEPTED","expectedVersion":1e309}')],
    ['an unknown field', stateChangeBody('{"orderId":"ORDER","state":"ACCEPTED","force":true}')],
    ['a field __proto__', stateChangeBody('{"orderId":"ORDER","state":"ACCEPTED","__proto__":{"x":1}}')],
    ['no order id', stateChangeBody('{"state":"ACCEPTED"}')],
    ['null for a required field', stateChangeBody('{"orderId":null,"state":"ACCEPTED"}')],
    ['a list in place of an id', stateChangeBody('{"orderId":["ORDER"],"state":"ACCEPTED"}')],
    ['no input', '{"query":"mutation { siteCreate { site { id } } }"}'],
    [
      'a name that is a number',
      `{"query":${JSON.stringify(documents.SiteCreate)},"variables":{"input":{"name":7}}}`,
    ],
    ['a name that is an enum', siteBody('name: MAIN')],
    ['a time without a zone', orderBody(',"etaAt":"2026-02-26T17:15:33"')],
    ['a time that is a date', orderBody(',"etaAt":"2026-02-26"')],
    ['February 30', orderBody(',"etaAt":"2026-02-30T00:00:00Z"')],
    ['the hour 25', orderBody(',"etaAt":"2026-02-26T25:00:00Z"')],
    ['a leap second', orderBody(',"etaAt":"2016-12-31T23:59:60Z"')],
    ['a year before 1970', orderBody(',"etaAt":"1969-12-31T23:59:59Z"')],
    ['a year of five digits', orderBody(',"etaAt":"10000-01-01T00:00:00Z"')],
    ['a year beyond 9999 in UTC', orderBody(',"etaAt":"9999-12-31T23:59:59-01:00"')],
    ['a time as a number', orderBody(',"etaAt":1772126133645')],
    ['a window without an end', orderBody(',"pickupWindow":{"startsAt":"2026-02-26T17:00:00Z"}')],
    ['a time limit of 1e309', webhookBody(',"policy":{"timeoutMs":1e309}')],
    ['a time limit as a string', webhookBody(',"policy":{"timeoutMs":"15000"}')],
    ['a Boolean as a string', webhookBody(',"policy":{"httpsOnly":"true"}')],
    ['a Boolean as a number', webhookBody(',"policy":{"httpsOnly":1}')],
    ['an unknown success rule', webhookBody(',"policy":{"success":"ANY"}')],
    ['an unknown preset', webhookBody(',"preset":"NOBODY"')],
    ['null among topics', webhookBody(',"topics":[null]')],
    ['null for waits', webhookBody(',"policy":{"retry":{"waits":null}}')],
  ])(
    'a mutation with %s is refused by validation or as BAD_USER_INPUT, and writes nothing',
    async (_, body) => {
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
      expect(answer.text).not.toMatch(implementationDetails)
      expect(await fingerprint(server.connections)).toEqual(before)
    },
  )

  const requestBody = (query: string, variables: string) =>
    `{"query":${JSON.stringify(query)},"variables":${variables}}`
  const ordersQuery =
    'query ($filter: OrderFilter, $first: Int) { orders(filter: $filter, first: $first) { nodes { id } } }'
  const webhooksQuery = 'query ($filter: WebhookFilter) { webhooks(filter: $filter) { nodes { id } } }'
  const orderByNumberQuery = 'query ($number: Int) { order(number: $number) { id } }'

  test.each([
    ['a state in lower case', requestBody(ordersQuery, '{"filter":{"states":["created"]}}')],
    [
      'a state in mixed case beside a valid state',
      requestBody(ordersQuery, '{"filter":{"states":["CREATED","Ready"]}}'),
    ],
    ['a state with a space', requestBody(ordersQuery, '{"filter":{"customerStates":["ARRIVED "]}}')],
    ['a value of another enum', requestBody(ordersQuery, '{"filter":{"states":["ARRIVED"]}}')],
    ['null among states', requestBody(ordersQuery, '{"filter":{"states":[null]}}')],
    [
      'an enum value as a string',
      '{"query":"{ orders(filter: { states: [\\"CREATED\\"] }) { nodes { id } } }"}',
    ],
    ['a Boolean as a string', requestBody(webhooksQuery, '{"filter":{"enabled":"true"}}')],
    ['a Boolean as a number', requestBody(webhooksQuery, '{"filter":{"enabled":0}}')],
    ['a Boolean in a list', requestBody(webhooksQuery, '{"filter":{"enabled":[true]}}')],
    [
      'a Boolean as a string in the document',
      '{"query":"{ webhooks(filter: { enabled: \\"true\\" }) { nodes { id } } }"}',
    ],
    ['a page size as a string', requestBody(ordersQuery, '{"first":"1"}')],
    ['a page size as an empty string', requestBody(ordersQuery, '{"first":""}')],
    ['a page size with a fraction', requestBody(ordersQuery, '{"first":1.5}')],
    ['a page size as a Boolean', requestBody(ordersQuery, '{"first":true}')],
    ['a page size of 2^31', requestBody(ordersQuery, '{"first":2147483648}')],
    ['a page size of 1.0 in the document', '{"query":"{ orders(first: 1.0) { nodes { id } } }"}'],
    ['a number as a string', requestBody(orderByNumberQuery, '{"number":"1"}')],
    ['a number of 2^31', requestBody(orderByNumberQuery, '{"number":2147483648}')],
    ['a number of -2^31 - 1', requestBody(orderByNumberQuery, '{"number":-2147483649}')],
    ['a number of 2^53', requestBody(orderByNumberQuery, '{"number":9007199254740993}')],
    ['a filter that is a string', requestBody(ordersQuery, '{"filter":"states"}')],
    ['a filter with an unknown field', requestBody(ordersQuery, '{"filter":{"state":["CREATED"]}}')],
  ])('a query with %s is refused by validation or as BAD_USER_INPUT', async (_, body) => {
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
    expect(answer.text).not.toMatch(implementationDetails)
  })

  test('the JSON numbers 1.0, 1e0 and 10e-1 are accepted as the Int 1', async () => {
    for (const one of ['1', '1.0', '1e0', '10e-1'])
      expect(
        JSON.parse((await send(requestBody(orderByNumberQuery, `{"number":${one}}`))).text),
        one,
      ).toEqual(JSON.parse((await send(requestBody(orderByNumberQuery, '{"number":1}'))).text))
    const sized = JSON.parse((await send(requestBody(ordersQuery, '{"first":1.0}'))).text) as {
      data: { orders: { nodes: unknown } }
    }
    expect(sized.data.orders.nodes).toHaveLength(1)
  })

  test('an Int of 1.0, a time in another zone than UTC, and one topic in place of a list are accepted', async () => {
    const moved = await send(
      stateChangeBody(`{"orderId":"${orderId}","state":"ACCEPTED","expectedVersion":1.0}`),
    )
    expect(JSON.parse(moved.text)).toMatchObject({ data: { orderStateChange: { order: { version: 2 } } } })
    const eta = await acme.gql(documents.OrderUpdate, {
      input: { orderId, etaAt: '2026-02-26T18:15:33.6459+01:00' },
    })
    expect(eta).toMatchObject({ orderUpdate: { order: { etaAt: '2026-02-26T17:15:33.645Z' } } })
    const one = await send(webhookBody(',"topics":"order.created"'))
    expect(JSON.parse(one.text)).toMatchObject({
      data: { webhookCreate: { webhook: { topics: ['order.created'] } } },
    })
  })
})
