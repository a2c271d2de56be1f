import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { aWebhook, anOrder, documents, settled } from '../../api/support/fixtures.ts'
import { openKnown, openRaw } from '../support/raw-socket.ts'

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

describe('a raw socket that speaks graphql-transport-ws', () => {
  test('is brought the attempts', async () => {
    const raw = await openKnown(server.url, acme.key)
    expect(raw.messages).toEqual([{ type: 'connection_ack' }])
    raw.say(subscribe('1'))
    // A ping that is answered after the subscription was begun.
    raw.say({ type: 'ping' })
    await raw.heard(2)
    const webhook = await aWebhook(acme, receiver)
    await anOrder(acme)
    await settled(acme, { webhookIds: [webhook.id] })

    const messages = await raw.heard(3)
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

  test('may say Bearer in its own case and bring a key alone', async () => {
    const raw = await openRaw(server.url)
    raw.say({ type: 'connection_init', payload: { authorization: `bearer ${acme.key}`, more: 1 } })
    expect(await raw.heard(1)).toEqual([{ type: 'connection_ack' }])
    raw.close()
  })
})

describe('a socket that does not keep to the protocol', () => {
  test('is closed with 4408 when it never says who it is', async () => {
    const raw = await openRaw(server.url)
    expect(await raw.end()).toBe(4408)
  })

  test('is closed with 4429 when it says so twice', async () => {
    const raw = await openKnown(server.url, acme.key)
    raw.say(init())
    expect(await raw.end()).toBe(4429)
  })

  test('is closed with 4401 when it subscribes before', async () => {
    const raw = await openRaw(server.url)
    raw.say(subscribe('1'))
    expect(await raw.end()).toBe(4401)
  })

  test('is closed with 4409 when it uses an id twice at once', async () => {
    const raw = await openKnown(server.url, acme.key)
    raw.say(subscribe('1'))
    raw.say(subscribe('1'))
    expect(await raw.end()).toBe(4409)
  })

  test.each([
    ['is no JSON', '{"type":'],
    ['is nothing', ''],
    ['is not an object', '[]'],
    ['is null', 'null'],
    ['has no type', '{}'],
    ['has a type that objects have', '{"type":"__proto__"}'],
    ['is 20,000 lists within lists', `${'['.repeat(20_000)}${']'.repeat(20_000)}`],
    ['has a type that nobody knows', '{"type":"start","id":"1"}'],
    ['subscribes without an id', '{"type":"subscribe","payload":{"query":"{ x }"}}'],
    ['subscribes without a query', '{"type":"subscribe","id":"1","payload":{}}'],
    [
      'subscribes with variables that are no object',
      '{"type":"subscribe","id":"1","payload":{"query":"{ x }","variables":7}}',
    ],
  ])('is closed with 4400 when a message %s', async (_, message) => {
    const raw = await openKnown(server.url, acme.key)
    raw.say(message)
    expect(await raw.end()).toBe(4400)
  })

  test('is closed with 1009 when a message is larger than 64 KiB', async () => {
    const raw = await openKnown(server.url, acme.key)
    raw.say({ type: 'ping', payload: { filler: 'x'.repeat(64 * 1024) } })
    expect(await raw.end()).toBe(1009)
  })

  test('is closed with 1009 when a message has a megabyte', async () => {
    const raw = await openKnown(server.url, acme.key)
    raw.say(subscribe('1', `${documents.Live} # ${'x'.repeat(1024 * 1024)}`))
    expect(await raw.end()).toBe(1009)
  })

  test('is closed with 4400 when it speaks in bytes, and nothing of them is done', async () => {
    const early = await openRaw(server.url)
    early.bytes(JSON.stringify(init()))
    expect(await early.end()).toBe(4400)
    expect(early.messages).toEqual([])

    const late = await openKnown(server.url, acme.key)
    late.bytes(JSON.stringify(subscribe('1', 'subscription { nothing }')))
    expect(await late.end()).toBe(4400)
    expect(late.messages).toHaveLength(1)
  })

  test.each([[['graphql-ws']], [['soap', 'mqtt']], [[]]])(
    'is closed with 4406, or not opened at all, when it offers the subprotocols %j',
    async (protocols) => {
      const code = await openRaw(server.url, protocols).then(
        (raw) => raw.end(),
        () => 'not opened',
      )
      expect([4406, 'not opened']).toContain(code)
    },
  )

  test('is not opened at another path', async () => {
    await expect(openRaw(server.url.replace('/graphql', '/elsewhere'))).rejects.toThrow('400')
  })

  test.each([
    ['no payload', undefined],
    ['no key', {}],
    ['a key that is none', { authorization: 'Bearer obk_nothing' }],
    ['a key without Bearer', { authorization: 'obk_nothing' }],
    ['a key that is a number', { authorization: 7 }],
    ['a key of 10 kB', { authorization: `Bearer ${'k'.repeat(10_000)}` }],
    ['a key with NUL', { authorization: 'Bearer obk_\0' }],
  ])('is closed with 4403 and told nothing when it brings %s', async (_, payload) => {
    const raw = await openRaw(server.url)
    raw.say({ type: 'connection_init', payload })
    expect(await raw.end()).toBe(4403)
    expect(raw.messages).toEqual([])
  })
})

describe('an operation that is refused', () => {
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
  ])('leaves the socket and what runs on it alone: %s', async (_, query, code) => {
    const raw = await openKnown(server.url, acme.key)
    raw.say(subscribe('good'))
    raw.say(subscribe('bad', query))
    const [, refusal] = await raw.heard(2)
    const errors =
      refusal?.type === 'next' ? (refusal.payload as { errors: unknown }).errors : refusal?.payload
    expect(refusal?.id).toBe('bad')
    expect(errors).toMatchObject([{ extensions: { code } }])

    const webhook = await aWebhook(acme, receiver)
    await anOrder(acme)
    await settled(acme, { webhookIds: [webhook.id] })
    const messages = await raw.heard(3)
    expect(messages.slice(2).some(({ type, id }) => type === 'next' && id === 'good')).toBe(true)
    expect(raw.closed()).toBeUndefined()
    raw.close()
  })

  test.each(['__proto__', 'constructor', 'toString'])('may be named %s as any other', async (id) => {
    const raw = await openKnown(server.url, acme.key)
    raw.say(
      `{"type":"subscribe","id":"${id}","payload":{"query":"subscription { nothing }","__proto__":{"x":1}}}`,
    )
    const [, refusal] = await raw.heard(2)
    expect(refusal).toMatchObject({ type: 'error', id })
    expect(raw.closed()).toBeUndefined()
    raw.close()
  })

  test('for variables that do not fit is told so, and nothing more of us', async () => {
    const raw = await openKnown(server.url, acme.key)
    raw.say(subscribe('1', documents.Live, { variables: { filter: { webhookIds: [{}] } } }))
    const [, refusal] = await raw.heard(2)
    expect(JSON.stringify(refusal)).toContain('BAD_USER_INPUT')
    expect(JSON.stringify(refusal)).not.toMatch(/stack|node_modules|\.ts:/)
    raw.close()
  })
})
