import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, createOrder, documents, waitForSettled } from '../../api/support/fixtures.ts'
import { openAuthenticated, openRaw } from '../support/raw-socket.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const init = () => ({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } })
const subscribe = (id: string, query: string = documents.Live, rest: object = {}) => ({
  type: 'subscribe',
  id,
  payload: { query, ...rest },
})

describe('graphql-transport-ws', () => {
  test('a subscription over graphql-transport-ws receives an attempt as a next message', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    expect(raw.messages).toEqual([{ type: 'connection_ack' }])
    raw.send(subscribe('1'))
    // The server answers the ping after the subscription has started.
    raw.send({ type: 'ping' })
    await raw.received(2)
    const webhook = await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitForSettled(acme, { webhookIds: [webhook.id] })

    const messages = await raw.received(3)
    expect(messages[2]).toMatchObject({
      type: 'next',
      id: '1',
      payload: {
        data: {
          deliveryAttempts: {
            cursor: expect.any(String) as string,
            attempt: { number: 1, outcome: 'SUCCEEDED', statusCode: 200 },
            delivery: { state: 'DELIVERED', event: { topic: 'order.created' }, webhook: { id: webhook.id } },
          },
        },
      },
    })
    raw.close()
  })

  test('connection_init accepts `bearer` in lower case and ignores other parameters', async () => {
    const raw = await openRaw(server.url)
    raw.send({ type: 'connection_init', payload: { authorization: `bearer ${acme.key}`, more: 1 } })
    expect(await raw.received(1)).toEqual([{ type: 'connection_ack' }])
    raw.close()
  })
})

describe('graphql-transport-ws violations', () => {
  test('a socket that never sends connection_init is closed with 4408', async () => {
    const raw = await openRaw(server.url)
    expect(await raw.end()).toBe(4408)
  })

  test('a socket that sends connection_init twice is closed with 4429', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send(init())
    expect(await raw.end()).toBe(4429)
  })

  test('a socket that subscribes before connection_init is closed with 4401', async () => {
    const raw = await openRaw(server.url)
    raw.send(subscribe('1'))
    expect(await raw.end()).toBe(4401)
  })

  test('a socket that uses an operation id twice at once is closed with 4409', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send(subscribe('1'))
    raw.send(subscribe('1'))
    expect(await raw.end()).toBe(4409)
  })

  test('a socket that uses an operation id of 600 bytes twice at once is closed with 4409 and a shortened reason', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    const id = '€'.repeat(200)
    raw.send(subscribe(id))
    raw.send(subscribe(id))
    expect(await raw.end()).toBe(4409)
    expect(raw.closed()?.reason).toMatch(/^Subscriber for €/)
  })

  test.each([
    ['is not JSON', '{"type":'],
    ['is empty', ''],
    ['is not an object', '[]'],
    ['is null', 'null'],
    ['has no type', '{}'],
    ['has the type __proto__', '{"type":"__proto__"}'],
    ['is 20,000 nested lists', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['has an unknown type', '{"type":"start","id":"1"}'],
    ['subscribes without an id', '{"type":"subscribe","payload":{"query":"{ x }"}}'],
    ['subscribes without a query', '{"type":"subscribe","id":"1","payload":{}}'],
    [
      'subscribes with variables that are not an object',
      '{"type":"subscribe","id":"1","payload":{"query":"{ x }","variables":7}}',
    ],
  ])('a socket is closed with 4400 when its message %s', async (_, message) => {
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send(message)
    expect(await raw.end()).toBe(4400)
  })

  test('a socket that sends a message larger than 64 KiB is closed with 1009', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send({ type: 'ping', payload: { filler: 'x'.repeat(64 * 1024) } })
    expect(await raw.end()).toBe(1009)
  })

  test('a socket that sends a message of 1 MiB is closed with 1009', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send(subscribe('1', `${documents.Live} # ${'x'.repeat(1024 * 1024)}`))
    expect(await raw.end()).toBe(1009)
  })

  test('a socket that sends a binary message is closed with 4400, and the message is not processed', async () => {
    const early = await openRaw(server.url)
    early.bytes(JSON.stringify(init()))
    expect(await early.end()).toBe(4400)
    expect(early.messages).toEqual([])

    const late = await openAuthenticated(server.url, acme.key)
    late.bytes(JSON.stringify(subscribe('1', 'subscription { nothing }')))
    expect(await late.end()).toBe(4400)
    expect(late.messages).toHaveLength(1)
  })

  test.each([[['graphql-ws']], [['soap', 'mqtt']], [[]]])(
    'a socket that offers the subprotocols %j is closed with 4406 or not opened',
    async (protocols) => {
      const code = await openRaw(server.url, protocols).then(
        (raw) => raw.end(),
        () => 'not opened',
      )
      expect([4406, 'not opened']).toContain(code)
    },
  )

  test('a WebSocket upgrade at another path is refused with 400', async () => {
    await expect(openRaw(server.url.replace('/graphql', '/elsewhere'))).rejects.toThrow('400')
  })

  test.each([
    ['no payload', undefined],
    ['no key', {}],
    ['an unknown key', { authorization: 'Bearer obk_nothing' }],
    ['a key without Bearer', { authorization: 'obk_nothing' }],
    ['a key that is a number', { authorization: 7 }],
    ['a key of 10 kB', { authorization: `Bearer ${'k'.repeat(10_000)}` }],
    ['a key with NUL', { authorization: 'Bearer obk_\0' }],
  ])(
    'a socket whose connection_init has %s is closed with 4403 and receives no message',
    async (_, payload) => {
      const raw = await openRaw(server.url)
      raw.send({ type: 'connection_init', payload })
      expect(await raw.end()).toBe(4403)
      expect(raw.messages).toEqual([])
    },
  )
})

describe('refused operation', () => {
  test.each([
    ['a query', '{ viewer { project { id } } }', 'BAD_USER_INPUT'],
    ['a mutation', 'mutation { webhookDelete(input: { id: "x" }) { deletedId } }', 'BAD_USER_INPUT'],
    ['a syntax error', 'subscription { deliveryAttempts {', 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', 'subscription { deliveryAttempts { cursr } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a forged cursor', 'subscription { deliveryAttempts(after: "x") { cursor } }', 'CURSOR_INVALID'],
    [
      'a wrong enum',
      'subscription { deliveryAttempts(filter: { outcomes: [FINE] }) { cursor } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('a socket and its other subscription continue after the server refuses %s', async (_, query, code) => {
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send(subscribe('good'))
    raw.send(subscribe('bad', query))
    const [, refusal] = await raw.received(2)
    const errors =
      refusal?.type === 'next' ? (refusal.payload as { errors: unknown }).errors : refusal?.payload
    expect(refusal?.id).toBe('bad')
    expect(errors).toMatchObject([{ extensions: { code } }])

    const webhook = await createWebhook(acme, receiver)
    await createOrder(acme)
    await waitForSettled(acme, { webhookIds: [webhook.id] })
    const messages = await raw.received(3)
    expect(messages.slice(2).some(({ type, id }) => type === 'next' && id === 'good')).toBe(true)
    expect(raw.closed()).toBeUndefined()
    raw.close()
  })

  test.each(['__proto__', 'constructor', 'toString'])(
    'a refused operation with the id %s is answered with an error, and the socket stays open',
    async (id) => {
      const raw = await openAuthenticated(server.url, acme.key)
      raw.send(
        `{"type":"subscribe","id":"${id}","payload":{"query":"subscription { nothing }","__proto__":{"x":1}}}`,
      )
      const [, refusal] = await raw.received(2)
      expect(refusal).toMatchObject({ type: 'error', id })
      expect(raw.closed()).toBeUndefined()
      raw.close()
    },
  )

  test('invalid variables are refused with BAD_USER_INPUT, without a stack trace or file names', async () => {
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send(subscribe('1', documents.Live, { variables: { filter: { webhookIds: [{}] } } }))
    const [, refusal] = await raw.received(2)
    expect(JSON.stringify(refusal)).toContain('BAD_USER_INPUT')
    expect(JSON.stringify(refusal)).not.toMatch(/stack|node_modules|\.ts:/)
    raw.close()
  })
})
