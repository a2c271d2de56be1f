/** How many bytes one operation reads, and several at once: events of 245 kB, as large as they may be published, in pages. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { aWebhook, done, settled } from '../support/fixtures.ts'

const count = 72
const text = 'x'.repeat(245_000)
let server: TestServer
let acme: Tenant
let receiver: Receiver

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  await aWebhook(acme, receiver, { topics: ['menu.updated'], url: `${receiver.url}/${'u'.repeat(2_000)}` })
  for (let n = 0; n < count; n += 1)
    await done(acme, 'EventPublish', { topic: 'menu.updated', data: { n, text } })
  await settled(acme, {}, count)
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

describe('a query that reads more than it may', () => {
  const pages = (first: number, fields: string): string =>
    Array.from({ length: 9 }, (_, page) => `p${page}: events(first: ${first}) { nodes { ${fields} } }`).join(
      ' ',
    )
  test.each([
    ['events’ data', `{ events(first: ${count}) { nodes { data } } }`],
    ['events’ data in several pages', `{ ${pages(10, 'data')} }`],
    ['events’ data by deliveries', `{ deliveries(first: ${count}) { nodes { event { data } } } }`],
    ['requests', `{ deliveryAttempts(first: ${count}) { nodes { request { body } } } }`],
    [
      'requests by deliveries, and events’ data',
      '{ deliveries(first: 40) { nodes { event { data } attempts { nodes { request { url } } } } } }',
    ],
  ])('is refused in one error: %s', async (_, query) => {
    const { status, body } = await acme.post({ query })
    expect([status, body.data]).toEqual([200, null])
    expect(body.errors).toMatchObject([tooLarge])
    expect(body.errors).toHaveLength(1)
  })

  test('is not one that leaves out what is large, however many pages it reads', async () => {
    const { body } = await acme.post({ query: `{ ${pages(100, 'id topic createdAt')} }` })
    expect(body.errors).toBeUndefined()
    expect(JSON.stringify(body.data).match(/evt_/g)).toHaveLength(9 * count)
  })
})

describe('a query whose answer repeats what it read once', () => {
  const aliases = (field: string): string => Array.from({ length: 15 }, (_, n) => `a${n}: ${field}`).join(' ')
  const longName = 'a'.repeat(900)
  test.each([
    ['a request’s body', `{ deliveryAttempts(first: 60) { nodes { request { ${aliases('body')} } } } }`],
    [
      'a webhook’s URL, in pages within pages',
      `{ deliveries(first: ${count}) { nodes { webhook { deliveries(first: 40) { nodes { webhook { ${aliases('url')} } } } } } } }`,
    ],
    [
      'names of fields',
      `{ deliveries(first: 60) { nodes { webhook { deliveries(first: 70) { nodes {
        ${Array.from({ length: 14 }, (_, n) => `${longName}${n}: state`).join(' ')} } } } } } }`,
    ],
  ])('is refused in one error beyond 32 MiB: %s', async (_, query) => {
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

  test('is whole within 32 MiB, and answered once there is room for it', async () => {
    const query = '{ deliveryAttempts(first: 40) { nodes { request { a: body b: body c: body } } } }'
    const { deliveryAttempts } = await acme.gql<{
      deliveryAttempts: { nodes: { request: Record<string, string> }[] }
    }>(query)
    expect(deliveryAttempts.nodes).toHaveLength(40)
    for (const { request } of deliveryAttempts.nodes)
      expect([request['a'], request['b']]).toEqual([request['c'], request['c']])
  })
})

test('a page within the bound is whole: 60 events, and 60 requests that one statement does not read at once', async () => {
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

test('an event of the feed that reads too much says so', async () => {
  const socket = acme.socket()
  const query = `subscription { deliveryAttempts { attempt {
    webhook { deliveries(first: ${count}) { nodes { id event { data } } } } } } }`
  const events = socket.iterate({ query })
  const first = events.next()
  // It follows from the moment of its own request on.
  let isShown = false
  void first.then(() => (isShown = true))
  await waitFor(
    async () => {
      if (!isShown) await done(acme, 'EventPublish', { topic: 'menu.updated', data: { n: 0, text: 'small' } })
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

test('operations whose clients leave before they are answered are not counted for ever', async () => {
  const query =
    '{ events(first: 60) { nodes { data } } deliveryAttempts(first: 5) { nodes { request { body } } } }'
  for (let n = 0; n < 12; n += 1) {
    const leaving = new AbortController()
    const asked = fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${acme.key}` },
      body: JSON.stringify({ query }),
      signal: leaving.signal,
    })
    setTimeout(() => leaving.abort(), 5 * n)
    await asked.catch(() => undefined)
  }
  await waitFor(async () => (await acme.post({ query })).status === 200, { what: 'room for one' })
}, 60_000)

test('operations at once read bounded bytes: those beyond are told to come back, until an answer was taken', async () => {
  const query = '{ events(first: 60) { nodes { data } } }'
  const { host, hostname, port } = new URL(server.url)
  const body = JSON.stringify({ query })
  const held: Socket[] = []
  const begun: boolean[] = []
  for (let n = 0; n < 4; n += 1) {
    const socket = connect({ host: hostname, port: Number(port) })
    held.push(socket)
    socket.on('error', () => undefined)
    // It takes the first bytes of its answer, and no more.
    socket.once('data', () => {
      begun[n] = true
      socket.pause()
    })
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${acme.key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    await waitFor(() => begun[n] === true, { what: `answer ${n} to begin` })
  }
  const refused = await acme.post({ query })
  expect([refused.status, refused.body.data]).toEqual([429, null])
  expect(refused.body.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfter: 1 } }])
  // What is small is answered, and another project too.
  expect((await acme.post({ query: '{ events(first: 1) { nodes { id } } }' })).status).toBe(200)
  for (const socket of held) socket.destroy()
  await waitFor(async () => (await acme.post({ query })).status === 200, { what: 'room for one' })
}, 60_000)

test('states in the audit log and topics’ contents are read where they are asked for, each its own', async () => {
  for (let n = 0; n < 3; n += 1)
    await done(acme, 'TopicCreate', {
      ...{ name: `big.topic${n}`, description: 'x', example: { n } },
      schema: { type: 'object', description: `${n}${'y'.repeat(60_000)}` },
    })
  const { topics, auditLog } = await acme.gql<{
    topics: { name: string; schema: { description?: string }; example: unknown; builtIn: boolean }[]
    auditLog: { nodes: { before: unknown; after: { name?: string } | null }[] }
  }>(`{ topics { name schema example builtIn }
    auditLog(first: 3, filter: { operations: ["topicCreate"] }) { nodes { before after } } }`)
  const own = topics.filter(({ builtIn }) => !builtIn)
  expect(own.map(({ name, example }) => [name, example])).toEqual(
    [0, 1, 2].map((n) => [`big.topic${n}`, { n }]),
  )
  expect(own.map(({ schema }) => schema.description?.[0])).toEqual(['0', '1', '2'])
  expect(topics.filter(({ builtIn }) => builtIn).every(({ schema }) => typeof schema === 'object')).toBe(true)
  expect(auditLog.nodes.map(({ before, after }) => [before, after?.name])).toEqual(
    [2, 1, 0].map((n) => [null, `big.topic${n}`]),
  )
  const aliases = (one: (name: string) => string) =>
    Array.from({ length: 15 }, (_, n) => one(`a${n}`)).join(' ')
  for (let n = 3; n < 20; n += 1)
    await done(acme, 'TopicCreate', {
      ...{ name: `big.topic${n}`, description: 'x', example: {} },
      schema: { type: 'object', description: 'y'.repeat(64_000) },
    })
  const query = `{ ${aliases((name) => `${name}: topics { schema }`)} }`
  expect((await acme.post({ query })).body.errors).toMatchObject([tooLarge])
}, 60_000)
