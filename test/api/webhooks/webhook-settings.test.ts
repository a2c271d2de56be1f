import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  listDeliveries,
  missingId,
  mutate,
  waitForSettled,
  type Input,
  type UserError,
} from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
/** Every test has its own project. */
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
  receiver = await startReceiver()
})
beforeEach(async () => {
  acme = await server.tenant()
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

const shown = `query ($id: ID!) { webhook(id: $id) { preset dialect secret token previousSecretUntil maxConcurrency ratePerSecond
  version enabled disabled { reason message } policy { timeoutMs } } }`
async function read(id: string): Promise<Record<string, unknown>> {
  const { webhook } = await acme.gql<{ webhook: Record<string, unknown> }>(shown, { id })
  return webhook
}

const webhookInput = (input: Input): Input => ({
  ...{ name: 'POS', url: `${receiver.url}/hook`, topics: ['order.*'] },
  ...input,
})
interface Created {
  readonly webhook: { readonly id: string } | null
  readonly secret: string | null
  readonly token: string | null
}
const create = (input: Input) => mutate<Created>(acme, 'WebhookCreate', webhookInput(input))
const update = (input: Input) => mutate<{ webhook: object | null }>(acme, 'WebhookUpdate', input)

/** Runs a mutation that must write nothing, and returns its problems. */
async function refused(work: () => Promise<{ userErrors: readonly UserError[] }>) {
  const before = await fingerprint(server.connections)
  const { userErrors } = await work()
  expect(await fingerprint(server.connections)).toEqual(before)
  return userErrors
}

describe('settings of a new webhook', () => {
  test('webhookCreate returns the secret once, and webhook returns it masked with the other settings', async () => {
    const { webhook, secret, token } = await create({ maxConcurrency: 50, ratePerSecond: 1_000 })
    expect(secret).toMatch(/^whsec_/)
    expect(token).toBeNull()
    expect(await read(webhook?.id ?? '')).toMatchObject({
      ...{ dialect: 'STANDARD', secret: '[masked]', token: null, previousSecretUntil: null },
      ...{ maxConcurrency: 50, ratePerSecond: 1_000, enabled: true },
    })
  })

  test('a webhook can have another dialect than its preset', async () => {
    const { webhook } = await create({ preset: 'STANDARD', dialect: 'FLYBUY' })
    expect(await read(webhook?.id ?? '')).toMatchObject({ preset: 'STANDARD', dialect: 'FLYBUY' })
  })

  test('a webhook that is created with enabled: false is disabled as REQUESTED, and its deliveries are SKIPPED', async () => {
    const { webhook } = await create({ enabled: false })
    const id = webhook?.id ?? ''
    expect(await read(id)).toMatchObject({
      enabled: false,
      disabled: { reason: 'REQUESTED', message: expect.stringContaining('webhookEnable') as string },
    })
    await createOrder(acme)
    expect(await listDeliveries(acme)).toMatchObject([{ state: 'SKIPPED', webhook: { id } }])
  })

  test('webhookCreate treats null in every optional field as a missing field', async () => {
    const nulls = ['filters', 'preset', 'dialect', 'policy', 'headers', 'secret', 'token', 'maxConcurrency']
    const more = ['ratePerSecond', 'partnerId', 'enabled']
    const { webhook } = await create(Object.fromEntries([...nulls, ...more].map((name) => [name, null])))
    expect(await read(webhook?.id ?? '')).toMatchObject({ preset: 'STANDARD', enabled: true, version: 1 })
  })

  test.each<[string, Input, string, readonly string[]]>([
    ['maxConcurrency 0', { maxConcurrency: 0 }, 'INVALID', ['maxConcurrency']],
    ['maxConcurrency 51', { maxConcurrency: 51 }, 'INVALID', ['maxConcurrency']],
    ['ratePerSecond 0', { ratePerSecond: 0 }, 'INVALID', ['ratePerSecond']],
    ['ratePerSecond 1,001', { ratePerSecond: 1_001 }, 'INVALID', ['ratePerSecond']],
    ['ratePerSecond -1', { ratePerSecond: -1 }, 'INVALID', ['ratePerSecond']],
    ['a missing partner', { partnerId: 'ptn_1' }, 'NOT_FOUND', ['partnerId']],
    ['a token that its dialect does not use', { token: 'x' }, 'INVALID', ['token']],
    ['a token with a quote', { dialect: 'FLYBUY', token: 'a"b' }, 'INVALID', ['token']],
    ['an empty token', { dialect: 'FLYBUY', token: '' }, 'REQUIRED', ['token']],
    ['a token of 256 characters', { dialect: 'FLYBUY', token: 'x'.repeat(256) }, 'TOO_LONG', ['token']],
    ['the mask as a token', { dialect: 'FLYBUY', token: '[masked]' }, 'INVALID', ['token']],
    [
      'a secret that its dialect does not use',
      { dialect: 'FLYBUY', secret: 'whsec_x' },
      'INVALID',
      ['secret'],
    ],
    [
      'a topic that the dialect does not carry',
      { dialect: 'FOODY', topics: ['order.eta_changed'] },
      'UNKNOWN_TOPIC',
      ['topics', '0'],
    ],
    [
      'topics of which the dialect carries none',
      { dialect: 'FOODY', topics: ['menu.*'] },
      'UNKNOWN_TOPIC',
      ['topics', '0'],
    ],
  ])('webhookCreate refuses %s, and nothing is written', async (_, input, code, field) => {
    expect(await refused(() => create(input))).toMatchObject([{ code, field }])
  })

  test('webhookCreate returns the problems of all fields together', async () => {
    const input = {
      ...{ name: ' ', topics: [], maxConcurrency: 0, ratePerSecond: 0, partnerId: 'x', token: 'x' },
      headers: [{ name: 'Host', value: 'x' }],
      filters: { siteIds: [missingId('sit')] },
    }
    const fields = (await refused(() => create(input))).map(({ field }) => field[0])
    expect(new Set(fields)).toEqual(new Set([...Object.keys(input).filter((name) => name !== 'url')]))
  })
})

describe('token', () => {
  test('webhookCreate generates a FOODY token, which is returned once, masked afterwards and not stored in clear', async () => {
    const { webhook, token, secret } = await create({ dialect: 'FOODY' })
    expect(token).toMatch(/^[0-9a-f]{32}$/)
    expect(secret).toBeNull()
    expect(await read(webhook?.id ?? '')).toMatchObject({ token: '[masked]', secret: null })
    const [kept] = await server.connections.sql<
      { text: string }[]
    >`select string_agg(w::text, '') as text from webhooks w`
    expect(kept?.text).not.toContain(token)
  })

  test('webhookCreate returns a given FOODY token unchanged', async () => {
    expect(await create({ dialect: 'FOODY', token: 'a~:1' })).toMatchObject({ token: 'a~:1' })
  })

  test('webhookCreate generates no FLYBUY token, and webhookUpdate clears a given one by null', async () => {
    const bare = await create({ dialect: 'FLYBUY' })
    expect(bare).toMatchObject({ token: null, secret: null })
    expect(await read(bare.webhook?.id ?? '')).toMatchObject({ token: null })

    const { webhook, token } = await create({ dialect: 'FLYBUY', token: 'abc' })
    expect(token).toBe('abc')
    const id = webhook?.id ?? ''
    await mutateOrThrow(acme, 'WebhookUpdate', { id, name: 'Till' })
    expect(await read(id)).toMatchObject({ token: '[masked]' })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, token: null })
    expect(await read(id)).toMatchObject({ token: null })
  })
})

describe('webhookUpdate', () => {
  test('webhookUpdate keeps fields that are left out, and clears fields that are null', async () => {
    const { id } = await createWebhook(acme, receiver, {
      ...{ maxConcurrency: 2, ratePerSecond: 3, policy: { timeoutMs: 2_000 } },
    })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, name: 'Till' })
    expect(await read(id)).toMatchObject({
      ...{ maxConcurrency: 2, ratePerSecond: 3, policy: { timeoutMs: 2_000 }, version: 2 },
    })
    await mutateOrThrow(acme, 'WebhookUpdate', {
      id,
      maxConcurrency: null,
      ratePerSecond: null,
      policy: null,
    })
    expect(await read(id)).toMatchObject({
      ...{ maxConcurrency: null, ratePerSecond: null, policy: { timeoutMs: 15_000 }, version: 3 },
    })
  })

  test('webhookUpdate with a secret leaves no previous secret', async () => {
    const before = await createWebhook(acme, receiver)
    const other = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookUpdate', { id: before.id, secret: other.secret })
    expect(await read(before.id)).toMatchObject({ secret: '[masked]', previousSecretUntil: null })
  })

  test('webhookUpdate with enabled: false and true disables and enables the webhook, and null changes nothing', async () => {
    const { id } = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookUpdate', { id, enabled: false })
    expect(await read(id)).toMatchObject({ enabled: false, disabled: { reason: 'REQUESTED' } })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, enabled: null, name: 'Till' })
    expect(await read(id)).toMatchObject({ enabled: false })
    await mutateOrThrow(acme, 'WebhookUpdate', { id, enabled: true })
    expect(await read(id)).toMatchObject({ enabled: true, disabled: null, version: 4 })
    await createOrder(acme)
    await waitForSettled(acme, { webhookIds: [id], states: ['DELIVERED'] })
  })

  test.each<[string, Input, Input, string, readonly string[]]>([
    ['the secret null', {}, { secret: null }, 'REQUIRED', ['secret']],
    [
      'the token null where the body needs a token',
      { dialect: 'FOODY' },
      { token: null },
      'REQUIRED',
      ['token'],
    ],
    ['the mask as a token', { dialect: 'FOODY' }, { token: '[masked]' }, 'INVALID', ['token']],
    ['a token that its dialect does not use', {}, { token: 'x' }, 'INVALID', ['token']],
    ['a missing partner', {}, { partnerId: missingId('prj') }, 'NOT_FOUND', ['partnerId']],
    ['maxConcurrency 51', {}, { maxConcurrency: 51 }, 'INVALID', ['maxConcurrency']],
    [
      'topics that the dialect does not carry',
      { dialect: 'FOODY' },
      { topics: ['order.updated'] },
      'UNKNOWN_TOPIC',
      ['topics', '0'],
    ],
  ])('webhookUpdate refuses %s, and nothing is written', async (_, created, input, code, field) => {
    const { id } = await createWebhook(acme, receiver, created)
    expect(await refused(() => update({ id, ...input }))).toMatchObject([{ code, field }])
  })
})

describe('limits of the number of webhooks', () => {
  test('a project has at most one FLYBUY webhook, and may create another after it is deleted', async () => {
    const { webhook } = await create({ preset: 'FLYBUY' })
    expect(await refused(() => create({ preset: 'FLYBUY' }))).toMatchObject([
      { code: 'LIMIT_REACHED', field: ['preset'] },
    ])
    await mutateOrThrow(acme, 'WebhookDelete', { id: webhook?.id })
    expect((await create({ preset: 'FLYBUY' })).userErrors).toEqual([])
    const otherTenant = await server.tenant()
    expect(await mutate(otherTenant, 'WebhookCreate', webhookInput({ preset: 'FLYBUY' }))).toMatchObject({
      userErrors: [],
    })
  })

  test('one of 8 concurrent webhookCreate with the preset FLYBUY succeeds', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ preset: 'FLYBUY' })))
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
  })

  test('a project has at most 1,000 webhooks', async () => {
    const { id } = await createWebhook(acme, receiver)
    await server.connections.sql`
      insert into webhooks (id, project_id, name, url, topics, preset, overrides, version, created_at, updated_at)
      select 'whk_' || lpad(n::text, 26, '0'), project_id, name, url, topics, preset, overrides, 1, created_at, updated_at
      from webhooks, generate_series(1, 998) n where id = ${id}`
    expect((await create({})).userErrors).toEqual([])
    expect(await refused(() => create({}))).toMatchObject([{ code: 'LIMIT_REACHED', field: [] }])
  })
})
