/**
 * Limits on the bytes that operations read, alone and together. The events have 245 kB of data, almost the maximum.
 */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sharedTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { startReceiver, type Receiver } from '../../../support/receiver.ts'
import { waitFor } from '../../../support/wait-for.ts'
import { createWebhook, mutateOrThrow, waitForSettled } from '../../support/fixtures.ts'

const count = 72
const text = 'x'.repeat(245_000)
let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await sharedTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  await createWebhook(acme, receiver, {
    topics: ['menu.updated'],
    url: `${receiver.url}/${'u'.repeat(2_000)}`,
  })
  for (let n = 0; n < count; n += 1)
    await mutateOrThrow(acme, 'EventPublish', { topic: 'menu.updated', data: { n, text } })
  await waitForSettled(acme, {}, count)
}, 120_000)
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const tooLarge = {
  message: expect.stringMatching(
    /more than 16 MiB .* smaller pages .* leave out data, request, response/,
  ) as string,
  extensions: { code: 'QUERY_TOO_COMPLEX' },
}

describe('bytes read by one operation', () => {
  const pages = (first: number, fields: string): string =>
    Array.from({ length: 9 }, (_, page) => `p${page}: events(first: ${first}) { nodes { ${fields} } }`).join(
      ' ',
    )
  test.each([
    ['event data', `{ events(first: ${count}) { nodes { data } } }`],
    ['event data in several pages', `{ ${pages(10, 'data')} }`],
    ['event data through deliveries', `{ deliveries(first: ${count}) { nodes { event { data } } } }`],
    ['request bodies', `{ deliveryAttempts(first: ${count}) { nodes { request { body } } } }`],
    [
      'request URLs and event data through deliveries',
      '{ deliveries(first: 40) { nodes { event { data } attempts { nodes { request { url } } } } } }',
    ],
  ])('a query that reads more than 16 MiB of %s is refused with one error', async (_, query) => {
    const { status, body } = await acme.post({ query })
    expect([status, body.data]).toEqual([200, null])
    expect(body.errors).toMatchObject([tooLarge])
    expect(body.errors).toHaveLength(1)
  })

  test('nine pages of events without their data are answered completely', async () => {
    const { body } = await acme.post({ query: `{ ${pages(100, 'id topic createdAt')} }` })
    expect(body.errors).toBeUndefined()
    expect(JSON.stringify(body.data).match(/evt_/g)).toHaveLength(9 * count)
  })
})

describe('bytes of one response', () => {
  const aliases = (field: string): string => Array.from({ length: 15 }, (_, n) => `a${n}: ${field}`).join(' ')
  const longName = 'a'.repeat(900)
  test.each([
    ['a request body', `{ deliveryAttempts(first: 60) { nodes { request { ${aliases('body')} } } } }`],
    [
      'a webhook URL in nested pages',
      `{ deliveries(first: ${count}) { nodes { webhook { deliveries(first: 40) { nodes { webhook { ${aliases('url')} } } } } } } }`,
    ],
    [
      'field names',
      `{ deliveries(first: 60) { nodes { webhook { deliveries(first: 70) { nodes {
        ${Array.from({ length: 14 }, (_, n) => `${longName}${n}: state`).join(' ')} } } } } } }`,
    ],
  ])('a response of more than 32 MiB that repeats %s is refused with one error', async (_, query) => {
    const { status, body } = await acme.post({ query })
    expect([status, body.data]).toEqual([200, null])
    expect(body.errors).toMatchObject([
      {
        message: expect.stringMatching(/^the answer has more than 32 MiB: .* each text once$/) as string,
        extensions: { code: 'QUERY_TOO_COMPLEX' },
      },
    ])
    expect(body.errors).toHaveLength(1)
  })

  test('a response within 32 MiB that repeats request bodies is complete', async () => {
    const query = '{ deliveryAttempts(first: 40) { nodes { request { a: body b: body c: body } } } }'
    const { deliveryAttempts } = await acme.gql<{
      deliveryAttempts: { nodes: { request: Record<string, string> }[] }
    }>(query)
    expect(deliveryAttempts.nodes).toHaveLength(40)
    for (const { request } of deliveryAttempts.nodes)
      expect([request['a'], request['b']]).toEqual([request['c'], request['c']])
  })
})

test('a page of 60 events with data and a page of 60 attempts with request bodies are complete', async () => {
  const { events } = await acme.gql<{ events: { nodes: { data: { n: number; text: string } }[] } }>(
    '{ events(first: 60) { nodes { data } } }',
  )
  expect(events.nodes.map(({ data }) => data.n)).toEqual(Array.from({ length: 60 }, (_, n) => count - 1 - n))
  expect(events.nodes.every(({ data }) => data.text === text)).toBe(true)
  const { deliveryAttempts } = await acme.gql<{
    deliveryAttempts: {
      nodes: { request: { body: string }; response: { statusCode: number; body: string } }[]
    }
  }>('{ deliveryAttempts(first: 60) { nodes { request { body } response { statusCode body } } } }')
  const sent = new Set(receiver.requests.map(({ body }) => body))
  expect(deliveryAttempts.nodes).toHaveLength(60)
  for (const { request, response } of deliveryAttempts.nodes) {
    expect(sent.has(request.body)).toBe(true)
    expect(response).toEqual({ statusCode: 200, body: '' })
  }
}, 60_000)

test('a subscription event that reads more than 4 MiB carries a QUERY_TOO_COMPLEX error', async () => {
  const socket = acme.socket()
  const query = `subscription { deliveryAttempts { attempt {
    webhook { deliveries(first: ${count}) { nodes { id event { data } } } } } } }`
  const events = socket.iterate({ query })
  const first = events.next()
  // The subscription receives only events that follow its start.
  let isShown = false
  void first.then(() => (isShown = true))
  await waitFor(
    async () => {
      if (!isShown)
        await mutateOrThrow(acme, 'EventPublish', { topic: 'menu.updated', data: { n: 0, text: 'small' } })
      return isShown
    },
    { what: 'the first event of the feed' },
  )
  const { value } = (await first) as { value: { readonly errors?: readonly unknown[] } }
  await events.return?.()
  expect(value.errors?.[0]).toMatchObject({
    ...tooLarge,
    message: expect.stringContaining('more than 4 MiB') as string,
  })
}, 60_000)

test('operations whose clients disconnect before the response return their part of the read budget', async () => {
  const query =
    '{ events(first: 60) { nodes { data } } deliveryAttempts(first: 5) { nodes { request { body } } } }'
  for (let n = 0; n < 12; n += 1) {
    const abort = new AbortController()
    const response = fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${acme.key}` },
      body: JSON.stringify({ query }),
      signal: abort.signal,
    })
    setTimeout(() => abort.abort(), 5 * n)
    await response.catch(() => undefined)
  }
  await waitFor(async () => (await acme.post({ query })).status === 200, {
    what: 'the read budget to have room for one operation',
  })
}, 60_000)

test('a large query is answered 429 while clients do not read four large responses, and 200 when they disconnect', async () => {
  const query = '{ events(first: 60) { nodes { data } } }'
  const { host, hostname, port } = new URL(server.url)
  const body = JSON.stringify({ query })
  const held: Socket[] = []
  const begun: boolean[] = []
  for (let n = 0; n < 4; n += 1) {
    const socket = connect({ host: hostname, port: Number(port) })
    held.push(socket)
    socket.on('error', () => undefined)
    // The client reads the first bytes of its response, and no more.
    socket.once('data', () => {
      begun[n] = true
      socket.pause()
    })
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${acme.key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await waitFor(() => begun[n] === true, { what: `response ${n} to begin` })
  }
  const refused = await acme.post({ query })
  expect([refused.status, refused.body.data]).toEqual([429, null])
  expect(refused.body.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfter: 1 } }])
  // A small query is answered.
  expect((await acme.post({ query: '{ events(first: 1) { nodes { id } } }' })).status).toBe(200)
  for (const socket of held) socket.destroy()
  await waitFor(async () => (await acme.post({ query })).status === 200, {
    what: 'the read budget to have room for one operation',
  })
}, 60_000)

test('topics and audit entries return their own schemas and states, and 15 copies of large schemas are refused', async () => {
  for (let n = 0; n < 3; n += 1)
    await mutateOrThrow(acme, 'TopicCreate', {
      ...{ name: `big.topic${n}`, description: 'x', example: { n } },
      schema: { type: 'object', description: `${n}${'y'.repeat(60_000)}` },
    })
  const { topics, auditLog } = await acme.gql<{
    topics: { name: string; schema: { description?: string }; example: unknown; builtIn: boolean }[]
    auditLog: { nodes: { before: unknown; after: { name?: string } | null }[] }
  }>(`{ topics { name schema example builtIn }
    auditLog(first: 3, filter: { operations: ["topicCreate"] }) { nodes { before after } } }`)
  const custom = topics.filter(({ builtIn }) => !builtIn)
  expect(custom.map(({ name, example }) => [name, example])).toEqual(
    [0, 1, 2].map((n) => [`big.topic${n}`, { n }]),
  )
  expect(custom.map(({ schema }) => schema.description?.[0])).toEqual(['0', '1', '2'])
  expect(topics.filter(({ builtIn }) => builtIn).every(({ schema }) => typeof schema === 'object')).toBe(true)
  expect(auditLog.nodes.map(({ before, after }) => [before, after?.name])).toEqual(
    [2, 1, 0].map((n) => [null, `big.topic${n}`]),
  )
  const aliases = (one: (name: string) => string) =>
    Array.from({ length: 15 }, (_, n) => one(`a${n}`)).join(' ')
  for (let n = 3; n < 20; n += 1)
    await mutateOrThrow(acme, 'TopicCreate', {
      ...{ name: `big.topic${n}`, description: 'x', example: {} },
      schema: { type: 'object', description: 'y'.repeat(64_000) },
    })
  const query = `{ ${aliases((name) => `${name}: topics { schema }`)} }`
  expect((await acme.post({ query })).body.errors).toMatchObject([tooLarge])
}, 60_000)
