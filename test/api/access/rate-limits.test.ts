/** What a key, a project and a webhook may ask for in a minute: beyond it RATE_LIMITED, when to try again, and nothing done. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  maxProjectSaveChecks,
  maxProjectTests,
  maxWebhookRotations,
  maxWebhookTests,
} from '../../../src/domain/access/rate-limits.ts'
import { openKnown } from '../../feed/support/raw-socket.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { withKey } from '../../support/keys.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { redisAvailable, sayWhatIsSkipped, startRedis } from '../../support/redis.ts'
import { waitFor } from '../../support/wait-for.ts'
import { aWebhook, done, documents, fingerprint, missingId, mutate, type Input } from '../support/fixtures.ts'

sayWhatIsSkipped('a key whose budget two processes share')

let server: TestServer
let receiver: Receiver
beforeAll(async () => {
  server = await startTestServer({ RATE_COST_PER_MINUTE: '1000', RATE_MUTATIONS_PER_MINUTE: '100' })
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function ask(tenant: Tenant, query: string, variables: Input = {}, at = server.url) {
  const response = await fetch(at, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${tenant.key}` },
    body: JSON.stringify({ query, variables }),
  })
  const body = (await response.json()) as {
    readonly data?: Record<string, unknown> | null
    readonly errors?: readonly {
      readonly extensions: { readonly code: string; readonly retryAfter?: number }
    }[]
  }
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body }
}
const dear = '{ orders(first: 100) { nodes { events(first: 89) { nodes { id } } } } }'
const cheap = '{ viewer { key { id } } }'

/** 429, RATE_LIMITED, and the same whole seconds in the header as in the body. */
function expectRefusal({ status, retryAfter, body }: Awaited<ReturnType<typeof ask>>): void {
  const seconds = body.errors?.[0]?.extensions.retryAfter ?? 0
  expect([status, body.errors?.[0]?.extensions.code]).toEqual([429, 'RATE_LIMITED'])
  expect(retryAfter).toBe(String(seconds))
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(60)
  expect(Number.isInteger(seconds)).toBe(true)
}

const anotherKeyOf = (tenant: Tenant) => withKey(server, tenant, { role: 'PLATFORM' })

describe('the cost of what one key asks for', () => {
  test('is taken from its minute; what does not fit is refused whole and takes nothing', async () => {
    const acme = await server.tenant()
    expect((await ask(acme, dear)).body).toMatchObject({ extensions: { cost: { requested: 900 } } })
    const over = await ask(acme, dear)
    expectRefusal(over)
    expect(over.body.data).toBeUndefined()
    expect((await ask(acme, cheap)).status).toBe(200)
  })

  test('is each key’s own: neither another of its project nor another project notices', async () => {
    const acme = await server.tenant()
    const [sibling, other] = [await anotherKeyOf(acme), await server.tenant()]
    await ask(acme, dear)
    expectRefusal(await ask(acme, dear))
    for (const tenant of [sibling, other]) expect((await ask(tenant, dear)).status).toBe(200)
  })

  test('keeps a change from being made, and a webhook from being rung', async () => {
    const acme = await server.tenant()
    const { id } = await aWebhook(acme, receiver)
    await ask(acme, '{ orders(first: 100) { nodes { events(first: 85) { nodes { id } } } } }')
    const before = await fingerprint(server.connections)
    const heard = receiver.requests.length
    expectRefusal(await ask(acme, documents.WebhookTest, { input: { id } }))
    expectRefusal(await ask(acme, documents.WebhookUpdate, { input: { id, name: 'Other' } }))
    expect(await fingerprint(server.connections)).toEqual(before)
    expect(receiver.requests).toHaveLength(heard)
  })

  test('is a point for what the gate refuses, so that nobody sends nonsense for ever', async () => {
    const acme = await server.tenant()
    await ask(acme, dear)
    for (let n = 0; n < 100; n += 1) expect((await ask(acme, '{ nothing }')).status).toBe(400)
    expectRefusal(await ask(acme, '{ nothing }'))
    expectRefusal(await ask(acme, '{ not even'))
    expectRefusal(await ask(acme, cheap))
  })

  test('counts on a socket too: the operation is refused by an error, and the socket and what runs on it go on', async () => {
    const acme = await server.tenant()
    const raw = await openKnown(server.url, acme.key)
    raw.say({ type: 'subscribe', id: 'before', payload: { query: documents.Live } })
    raw.say({ type: 'ping' })
    await raw.heard(2)
    await ask(acme, dear)
    for (let n = 0; n < 99; n += 1) await ask(acme, cheap)
    raw.say({ type: 'subscribe', id: 'over', payload: { query: documents.Live } })
    raw.say({ type: 'subscribe', id: 'nonsense', payload: { query: 'subscription {' } })
    const messages = await raw.heard(4)
    const retryAfter = expect.any(Number) as number
    for (const id of ['over', 'nonsense'])
      expect(messages).toContainEqual({
        type: 'error',
        id,
        payload: [
          { message: expect.any(String) as string, extensions: { code: 'RATE_LIMITED', retryAfter } },
        ],
      })

    const sibling = await anotherKeyOf(acme)
    await aWebhook(sibling, receiver)
    const site = await done<{ site: { id: string } }>(sibling, 'SiteCreate', { name: 'Main Street' })
    await done(sibling, 'OrderCreate', { siteId: site.site.id })
    await waitFor(() => raw.messages.some(({ type, id }) => type === 'next' && id === 'before'), {
      what: 'the attempt on the subscription that was there',
    })
    expect(raw.closed()).toBeUndefined()
    raw.close()
  })
})

describe('the changes of one key', () => {
  let free: TestServer
  let acme: Tenant
  beforeAll(async () => {
    free = await startTestServer({ RATE_MUTATIONS_PER_MINUTE: '100' })
    acme = await free.tenant()
  })
  afterAll(() => free.close())

  const field = (n: number) => `s${n}: siteCreate(input: { name: "S${n}" }) { site { id } }`
  const fields = Array.from({ length: 14 }, (_, n) => field(n)).join(' ')
  const sites = async () => {
    const [row] = await free.connections.sql<{ count: string }[]>`select count(*) from sites`
    return Number(row?.count)
  }

  test('are counted by the fields of the mutation, through its fragments; reading goes on', async () => {
    const fragments = `mutation { ...A ... { ${field(99)} } } fragment A on Mutation { ${fields.split('s10')[0]} }`
    expect((await ask(acme, fragments, {}, free.url)).body.errors).toBeUndefined()
    // 11 are made, 89 are left.
    for (let n = 0; n < 6; n += 1) await ask(acme, `mutation { ${fields} }`, {}, free.url)
    expect(await sites()).toBe(11 + 6 * 14)
    expectRefusal(await ask(acme, `mutation { ${fields} }`, {}, free.url))
    expect(await sites()).toBe(11 + 6 * 14)
    for (let n = 0; n < 5; n += 1)
      expect((await ask(acme, `mutation { ${field(n)} }`, {}, free.url)).status).toBe(200)
    expectRefusal(await ask(acme, `mutation { ${field(0)} }`, {}, free.url))
    expect(await sites()).toBe(100)
    expect((await ask(acme, dear, {}, free.url)).status).toBe(200)
  })
})

describe('what rings a receiver, or ends a secret', () => {
  let free: TestServer
  let acme: Tenant
  beforeAll(async () => {
    free = await startTestServer()
    acme = await free.tenant()
  })
  afterAll(() => free.close())
  const asked = (name: 'WebhookTest' | 'SecretRotate', id: string) =>
    ask(acme, documents[name], { input: { id } }, free.url)
  const codes = (answers: readonly Awaited<ReturnType<typeof ask>>[]) => ({
    fine: answers.filter(({ status }) => status === 200).length,
    refused: answers.filter(({ status }) => status === 429).length,
  })

  test('a webhook is tested 20 times a minute: the rest of a hundred are refused and ring nobody', async () => {
    const { id } = await aWebhook(acme, receiver)
    const heard = receiver.requests.length
    const answers = await Promise.all(Array.from({ length: 100 }, () => asked('WebhookTest', id)))
    expect(codes(answers)).toEqual({ fine: maxWebhookTests, refused: 100 - maxWebhookTests })
    for (const answer of answers) if (answer.status === 429) expectRefusal(answer)
    expect(receiver.requests).toHaveLength(heard + maxWebhookTests)
    // Nor is a row written.
    const [row] = await free.connections.sql<
      { count: string }[]
    >`select count(*) from attempts where webhook_id = ${id}`
    expect(Number(row?.count)).toBe(maxWebhookTests)
  })

  test('another project does not use up the tests of a webhook that is not its own', async () => {
    const { id } = await aWebhook(acme, receiver)
    const stranger = await free.tenant()
    for (let n = 0; n < maxWebhookTests + 5; n += 1)
      expect(await mutate(stranger, 'WebhookTest', { id })).toMatchObject({
        userErrors: [{ code: 'NOT_FOUND' }],
      })
    expect((await asked('WebhookTest', id)).status).toBe(200)
    expect(await mutate(stranger, 'WebhookTest', { id: missingId('whk') })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND' }],
    })
  })

  test('all webhooks of a project are tested 300 times a minute', async () => {
    acme = await free.tenant()
    const webhooks = Math.ceil(maxProjectTests / maxWebhookTests) + 1
    const answers = []
    for (let n = 0; n < webhooks; n += 1) {
      const { id } = await aWebhook(acme, receiver)
      answers.push(
        ...(await Promise.all(Array.from({ length: maxWebhookTests }, () => asked('WebhookTest', id)))),
      )
    }
    expect(codes(answers)).toEqual({
      fine: maxProjectTests,
      refused: webhooks * maxWebhookTests - maxProjectTests,
    })
    acme = await free.tenant()
    const { id } = await aWebhook(acme, receiver)
    expect((await asked('WebhookTest', id)).status).toBe(200)
  })

  test('a limit that one field of several reached leaves the others as they are, with status 200 and the header', async () => {
    const { id } = await aWebhook(acme, receiver)
    for (let n = 0; n < maxWebhookRotations; n += 1) await asked('SecretRotate', id)
    const query = `mutation ($id: ID!) { webhookSecretRotate(input: { id: $id }) { secret } siteCreate(input: { name: "X" }) { site { name } } }`
    const { status, retryAfter, body } = await ask(acme, query, { id }, free.url)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      data: { webhookSecretRotate: null, siteCreate: { site: { name: 'X' } } },
      errors: [
        {
          path: ['webhookSecretRotate'],
          extensions: { code: 'RATE_LIMITED', retryAfter: Number(retryAfter) },
        },
      ],
    })
  })

  test('a secret is rotated three times a minute: the fourth is refused, and the third stays', async () => {
    const { id } = await aWebhook(acme, receiver)
    for (let n = 0; n < 5; n += 1) await mutate(acme, 'SecretRotate', { id, overlapMs: -1 })
    for (let n = 0; n < maxWebhookRotations; n += 1)
      expect((await asked('SecretRotate', id)).status).toBe(200)
    const before = await fingerprint(free.connections)
    expectRefusal(await asked('SecretRotate', id))
    expect(await fingerprint(free.connections)).toEqual(before)
    expect((await asked('SecretRotate', (await aWebhook(acme, receiver)).id)).status).toBe(200)
  })

  test('receivers are asked on save 300 times a minute: then nobody is rung, and nothing is saved', async () => {
    acme = await free.tenant()
    const picky = await startReceiver()
    picky.script(500)
    const input = { name: 'C', url: `${picky.url}/hook`, topics: ['order.created'], preset: 'FOODY' }
    const create = () => ask(acme, documents.WebhookCreate, { input }, free.url)
    for (let n = 0; n < maxProjectSaveChecks; n += 20)
      for (const { body } of await Promise.all(Array.from({ length: 20 }, create)))
        expect(body.data).toMatchObject({ webhookCreate: { userErrors: [{ code: 'SAVE_CHECK_FAILED' }] } })
    const before = await fingerprint(free.connections)
    expectRefusal(await create())
    expect(picky.requests).toHaveLength(maxProjectSaveChecks)
    expect(await fingerprint(free.connections)).toEqual(before)
    // Where nobody is rung there is no such limit.
    await aWebhook(acme, picky)
    await picky.close()
  })
})

test.skipIf(!redisAvailable())('two processes with one Redis take from the same budget', async () => {
  const redis = await startRedis()
  const one = await startTestServer({ RATE_COST_PER_MINUTE: '1000', REDIS_URL: redis.url })
  const { DATABASE_URL, ...rest } = { DATABASE_URL: one.config.databaseUrl ?? '', REDIS_URL: redis.url }
  const other = await startTestServer({ RATE_COST_PER_MINUTE: '1000', DATABASE_URL, ROLES: 'api', ...rest })
  const acme = await one.tenant()
  expect((await ask(acme, dear, {}, one.url)).status).toBe(200)
  expectRefusal(await ask(acme, dear, {}, other.url))
  expect((await ask(acme, cheap, {}, other.url)).status).toBe(200)
  await other.close()
  await one.close()
  await redis.stop()
})
