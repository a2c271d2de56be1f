/**
 * Rate limits per minute of a key, a project and a webhook. Beyond a limit: RATE_LIMITED with retryAfter, and no
 * effect.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  maxProjectSaveChecks,
  maxProjectTests,
  maxWebhookRotations,
  maxWebhookTests,
} from '../../../../src/domain/access/rate-limits.ts'
import { makeRates, type OwnedRates } from '../../../../src/runtime/rate-limits.ts'
import { openAuthenticated } from '../../../feed/support/raw-socket.ts'
import { startTestServer, type TestServer, type Tenant } from '../../../support/server.ts'
import { withKey } from '../../../support/keys.ts'
import { startReceiver, type Receiver } from '../../../support/receiver.ts'
import { nullLog } from '../../../support/null-log.ts'
import { redisAvailable, warnSkipped, startRedis, type TestRedis } from '../../../support/redis.ts'
import { waitFor } from '../../../support/wait-for.ts'
import {
  createWebhook,
  mutateOrThrow,
  documents,
  fingerprint,
  missingId,
  mutate,
  type Input,
} from '../../support/fixtures.ts'

warnSkipped('a budget that two processes share, and the limits of a project')

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

async function send(tenant: Tenant, query: string, variables: Input = {}, at = server.url) {
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
/** A query that costs this many points, a multiple of ten. */
const costing = (points: number) =>
  `{ orders(first: 100) { nodes { events(first: ${points / 10 - 1}) { nodes { id } } } } }`
const costly = costing(900)
const cheap = '{ viewer { key { id } } }'

/** 429, RATE_LIMITED, and the same whole seconds in the header as in the body. */
function expectRefusal({ status, retryAfter, body }: Awaited<ReturnType<typeof send>>): void {
  const seconds = body.errors?.[0]?.extensions.retryAfter ?? 0
  expect([status, body.errors?.[0]?.extensions.code]).toEqual([429, 'RATE_LIMITED'])
  expect(retryAfter).toBe(String(seconds))
  expect(seconds).toBeGreaterThanOrEqual(1)
  expect(seconds).toBeLessThanOrEqual(60)
  expect(Number.isInteger(seconds)).toBe(true)
}

const sendFor = (at: TestServer, tenant: Tenant, name: 'WebhookTest' | 'SecretRotate', id: string) =>
  send(tenant, documents[name], { input: { id } }, at.url)
const codes = (answers: readonly Awaited<ReturnType<typeof send>>[]) => ({
  fine: answers.filter(({ status }) => status === 200).length,
  refused: answers.filter(({ status }) => status === 429).length,
})
const anotherKeyOf = (tenant: Tenant) => withKey(server, tenant, { role: 'PLATFORM' })

describe('cost per key', () => {
  test('an operation that exceeds the rest of the budget is refused with RATE_LIMITED and uses no budget', async () => {
    const acme = await server.tenant()
    expect((await send(acme, costly)).body).toMatchObject({ extensions: { cost: { requested: 900 } } })
    const over = await send(acme, costly)
    expectRefusal(over)
    expect(over.body.data).toBeUndefined()
    expect((await send(acme, cheap)).status).toBe(200)
  })

  test('the budget of one key does not affect another key of its project and another project', async () => {
    const acme = await server.tenant()
    const [sibling, other] = [await anotherKeyOf(acme), await server.tenant()]
    await send(acme, costly)
    expectRefusal(await send(acme, costly))
    for (const tenant of [sibling, other]) expect((await send(tenant, costly)).status).toBe(200)
  })

  test('a key without budget changes nothing, and webhookTest sends nothing', async () => {
    const acme = await server.tenant()
    const { id } = await createWebhook(acme, receiver)
    await send(acme, costing(860))
    const before = await fingerprint(server.connections)
    const requestsBefore = receiver.requests.length
    expectRefusal(await send(acme, documents.WebhookTest, { input: { id } }))
    expectRefusal(await send(acme, documents.WebhookUpdate, { input: { id, name: 'Other' } }))
    expect(await fingerprint(server.connections)).toEqual(before)
    expect(receiver.requests).toHaveLength(requestsBefore)
  })

  test('an invalid operation costs one point, and is refused with RATE_LIMITED when the budget is used up', async () => {
    const acme = await server.tenant()
    await send(acme, costing(990))
    for (let n = 0; n < 10; n += 1) expect((await send(acme, '{ nothing }')).status).toBe(400)
    expectRefusal(await send(acme, '{ nothing }'))
    expectRefusal(await send(acme, '{ not even'))
    expectRefusal(await send(acme, cheap))
  })

  test('a subscription without budget is refused with RATE_LIMITED, and the WebSocket and its running subscription go on', async () => {
    const acme = await server.tenant()
    const raw = await openAuthenticated(server.url, acme.key)
    raw.send({ type: 'subscribe', id: 'before', payload: { query: documents.Live } })
    raw.send({ type: 'ping' })
    await raw.received(2)
    await send(acme, costing(990))
    for (let n = 0; n < 9; n += 1) await send(acme, cheap)
    raw.send({ type: 'subscribe', id: 'over', payload: { query: documents.Live } })
    raw.send({ type: 'subscribe', id: 'nonsense', payload: { query: 'subscription {' } })
    const messages = await raw.received(4)
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
    await createWebhook(sibling, receiver)
    const site = await mutateOrThrow<{ site: { id: string } }>(sibling, 'SiteCreate', { name: 'Main Street' })
    await mutateOrThrow(sibling, 'OrderCreate', { siteId: site.site.id })
    await waitFor(() => raw.messages.some(({ type, id }) => type === 'next' && id === 'before'), {
      what: 'the attempt on the first subscription',
    })
    expect(raw.closed()).toBeUndefined()
    raw.close()
  })
})

describe('mutations per key', () => {
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

  test('mutations are counted by their fields, also in fragments; at 100 a minute they are refused, and queries are not', async () => {
    const fragments = `mutation { ...A ... { ${field(99)} } } fragment A on Mutation { ${fields.split('s10')[0]} }`
    expect((await send(acme, fragments, {}, free.url)).body.errors).toBeUndefined()
    // 11 sites are created, 89 mutations are left.
    for (let n = 0; n < 6; n += 1) await send(acme, `mutation { ${fields} }`, {}, free.url)
    expect(await sites()).toBe(11 + 6 * 14)
    expectRefusal(await send(acme, `mutation { ${fields} }`, {}, free.url))
    expect(await sites()).toBe(11 + 6 * 14)
    for (let n = 0; n < 5; n += 1)
      expect((await send(acme, `mutation { ${field(n)} }`, {}, free.url)).status).toBe(200)
    expectRefusal(await send(acme, `mutation { ${field(0)} }`, {}, free.url))
    expect(await sites()).toBe(100)
    expect((await send(acme, costly, {}, free.url)).status).toBe(200)
  })
})

describe('webhook tests and secret rotations', () => {
  let free: TestServer
  let acme: Tenant
  beforeAll(async () => {
    free = await startTestServer()
    acme = await free.tenant()
  })
  afterAll(() => free.close())
  test('a webhook is tested 20 times a minute; 80 more tests are refused, send nothing and write nothing', async () => {
    const { id } = await createWebhook(acme, receiver)
    const requestsBefore = receiver.requests.length
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => sendFor(free, acme, 'WebhookTest', id)),
    )
    expect(codes(answers)).toEqual({ fine: maxWebhookTests, refused: 100 - maxWebhookTests })
    for (const answer of answers) if (answer.status === 429) expectRefusal(answer)
    expect(receiver.requests).toHaveLength(requestsBefore + maxWebhookTests)
    // The refused tests write no rows.
    const [row] = await free.connections.sql<
      { count: string }[]
    >`select count(*) from attempts where webhook_id = ${id}`
    expect(Number(row?.count)).toBe(maxWebhookTests)
  })

  test('tests by another project are NOT_FOUND and do not count against a webhook', async () => {
    const { id } = await createWebhook(acme, receiver)
    const stranger = await free.tenant()
    for (let n = 0; n < maxWebhookTests + 5; n += 1)
      expect(await mutate(stranger, 'WebhookTest', { id })).toMatchObject({
        userErrors: [{ code: 'NOT_FOUND' }],
      })
    expect((await sendFor(free, acme, 'WebhookTest', id)).status).toBe(200)
    expect(await mutate(stranger, 'WebhookTest', { id: missingId('whk') })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND' }],
    })
  })

  test('a field that reached its limit does not affect the other fields; the status is 200, with retry-after', async () => {
    const { id } = await createWebhook(acme, receiver)
    for (let n = 0; n < maxWebhookRotations; n += 1) await sendFor(free, acme, 'SecretRotate', id)
    const query = `mutation ($id: ID!) { webhookSecretRotate(input: { id: $id }) { secret } siteCreate(input: { name: "X" }) { site { name } } }`
    const { status, retryAfter, body } = await send(acme, query, { id }, free.url)
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

  test('a secret is rotated three times a minute; the fourth rotation is refused and writes nothing', async () => {
    const { id } = await createWebhook(acme, receiver)
    for (let n = 0; n < 5; n += 1) await mutate(acme, 'SecretRotate', { id, overlapMs: -1 })
    for (let n = 0; n < maxWebhookRotations; n += 1)
      expect((await sendFor(free, acme, 'SecretRotate', id)).status).toBe(200)
    const before = await fingerprint(free.connections)
    expectRefusal(await sendFor(free, acme, 'SecretRotate', id))
    expect(await fingerprint(free.connections)).toEqual(before)
    expect((await sendFor(free, acme, 'SecretRotate', (await createWebhook(acme, receiver)).id)).status).toBe(
      200,
    )
  })
})

describe.skipIf(!redisAvailable())('limits of a project', () => {
  // The test takes most of a limit as another process with the same Redis would: 300 requests would take up to a minute.
  const left = 10
  let redis: TestRedis
  let free: TestServer
  let elsewhere: OwnedRates
  beforeAll(async () => {
    redis = await startRedis()
    free = await startTestServer({ REDIS_URL: redis.url })
    const budgets = {
      KEY_COST: 1,
      KEY_MUTATIONS: 1,
      WEBHOOK_TESTS: 1,
      WEBHOOK_ROTATIONS: 1,
      PROJECT_TESTS: maxProjectTests,
      PROJECT_SAVE_CHECKS: maxProjectSaveChecks,
    }
    const prefix = `orderbell-${await free.admin.installationId()}`
    elsewhere = await makeRates({ budgets, redis: { url: redis.url, prefix }, log: nullLog })
  })
  afterAll(async () => {
    await elsewhere.close()
    await free.close()
    await redis.stop()
  })

  test('the webhooks of one project are tested 300 times a minute together', async () => {
    const [acme, other] = [await free.tenant(), await free.tenant()]
    const [first, second] = [await createWebhook(acme, receiver), await createWebhook(acme, receiver)]
    await elsewhere.take('PROJECT_TESTS', acme.projectId, maxProjectTests - left)
    const testOften = async (id: string) =>
      codes(await Promise.all(Array.from({ length: 8 }, () => sendFor(free, acme, 'WebhookTest', id))))

    expect(await testOften(first.id)).toEqual({ fine: 8, refused: 0 })
    expect(await testOften(second.id)).toEqual({ fine: left - 8, refused: 16 - left })

    const { id } = await createWebhook(other, receiver)
    expect((await sendFor(free, other, 'WebhookTest', id)).status).toBe(200)
  })

  test('a project sends 300 checks on save a minute; the next save is refused, sends nothing and writes nothing', async () => {
    const acme = await free.tenant()
    const rejecting = await startReceiver()
    rejecting.script(500)
    const input = { name: 'C', url: `${rejecting.url}/hook`, topics: ['order.created'], preset: 'FOODY' }
    const create = () => send(acme, documents.WebhookCreate, { input }, free.url)
    await elsewhere.take('PROJECT_SAVE_CHECKS', acme.projectId, maxProjectSaveChecks - left)

    for (const { body } of await Promise.all(Array.from({ length: left }, create)))
      expect(body.data).toMatchObject({ webhookCreate: { userErrors: [{ code: 'SAVE_CHECK_FAILED' }] } })
    const before = await fingerprint(free.connections)
    expectRefusal(await create())

    expect(rejecting.requests).toHaveLength(left)
    expect(await fingerprint(free.connections)).toEqual(before)
    // A webhook without a check on save is not limited.
    await createWebhook(acme, rejecting)
    await rejecting.close()
  })
})

test.skipIf(!redisAvailable())('two processes with one Redis share the budget of a key', async () => {
  const redis = await startRedis()
  const one = await startTestServer({ RATE_COST_PER_MINUTE: '1000', REDIS_URL: redis.url })
  const { DATABASE_URL, ...rest } = { DATABASE_URL: one.config.databaseUrl ?? '', REDIS_URL: redis.url }
  const other = await startTestServer({ RATE_COST_PER_MINUTE: '1000', DATABASE_URL, ROLES: 'api', ...rest })
  const acme = await one.tenant()
  expect((await send(acme, costly, {}, one.url)).status).toBe(200)
  expectRefusal(await send(acme, costly, {}, other.url))
  expect((await send(acme, cheap, {}, other.url)).status).toBe(200)
  await other.close()
  await one.close()
  await redis.stop()
})
