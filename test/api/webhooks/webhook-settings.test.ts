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
/** A project of each test's own. */
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

const wish = (input: Input): Input => ({
  ...{ name: 'POS', url: `${receiver.url}/hook`, topics: ['order.*'] },
  ...input,
})
interface Created {
  readonly webhook: { readonly id: string } | null
  readonly secret: string | null
  readonly token: string | null
}
const create = (input: Input) => mutate<Created>(acme, 'WebhookCreate', wish(input))
const update = (input: Input) => mutate<{ webhook: object | null }>(acme, 'WebhookUpdate', input)

/** What the mutation refuses, with nothing written. */
async function refused(work: () => Promise<{ userErrors: readonly UserError[] }>) {
  const before = await fingerprint(server.connections)
  const { userErrors } = await work()
  expect(await fingerprint(server.connections)).toEqual(before)
  return userErrors
}

describe('what is set on a new webhook', () => {
  test('is shown, its secret once and masked after', async () => {
    const { webhook, secret, token } = await create({ maxConcurrency: 50, ratePerSecond: 1_000 })
    expect(secret).toMatch(/^whsec_/)
    expect(token).toBeNull()
    expect(await read(webhook?.id ?? '')).toMatchObject({
      ...{ dialect: 'STANDARD', secret: '[masked]', token: null, previousSecretUntil: null },
      ...{ maxConcurrency: 50, ratePerSecond: 1_000, enabled: true },
    })
  })

  test('may be another dialect than its preset has', async () => {
    const { webhook } = await create({ preset: 'STANDARD', dialect: 'FLYBUY' })
    expect(await read(webhook?.id ?? '')).toMatchObject({ preset: 'STANDARD', dialect: 'FLYBUY' })
  })

  test('may be that it is stopped: it then skips until it is enabled', async () => {
    const { webhook } = await create({ enabled: false })
    const id = webhook?.id ?? ''
    expect(await read(id)).toMatchObject({
      enabled: false,
      disabled: { reason: 'REQUESTED', message: expect.stringContaining('webhookEnable') as string },
    })
    await createOrder(acme)
    expect(await listDeliveries(acme)).toMatchObject([{ state: 'SKIPPED', webhook: { id } }])
  })

  test('may be null throughout, which is as if it were left out', async () => {
    const nulls = ['filters', 'preset', 'dialect', 'policy', 'headers', 'secret', 'token', 'maxConcurrency']
    const more = ['ratePerSecond', 'partnerId', 'enabled']
    const { webhook } = await create(Object.fromEntries([...nulls, ...more].map((name) => [name, null])))
    expect(await read(webhook?.id ?? '')).toMatchObject({ preset: 'STANDARD', enabled: true, version: 1 })
  })

  test.each<[string, Input, string, readonly string[]]>([
    ['no request at once', { maxConcurrency: 0 }, 'INVALID', ['maxConcurrency']],
    ['51 requests at once', { maxConcurrency: 51 }, 'INVALID', ['maxConcurrency']],
    ['no request in a second', { ratePerSecond: 0 }, 'INVALID', ['ratePerSecond']],
    ['1,001 requests in a second', { ratePerSecond: 1_001 }, 'INVALID', ['ratePerSecond']],
    ['fewer than none', { ratePerSecond: -1 }, 'INVALID', ['ratePerSecond']],
    ['a partner, of whom there are none', { partnerId: 'ptn_1' }, 'NOT_FOUND', ['partnerId']],
    ['a token where there is none', { token: 'x' }, 'INVALID', ['token']],
    ['a token with a quote', { dialect: 'FLYBUY', token: 'a"b' }, 'INVALID', ['token']],
    ['an empty token', { dialect: 'FLYBUY', token: '' }, 'REQUIRED', ['token']],
    ['a token of 256 characters', { dialect: 'FLYBUY', token: 'x'.repeat(256) }, 'TOO_LONG', ['token']],
    ['the mask as a token', { dialect: 'FLYBUY', token: '[masked]' }, 'INVALID', ['token']],
    ['a secret where none signs', { dialect: 'FLYBUY', secret: 'whsec_x' }, 'INVALID', ['secret']],
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
  ])('is not %s', async (_, input, code, field) => {
    expect(await refused(() => create(input))).toMatchObject([{ code, field }])
  })

  test('is told all at once when much of it is wrong', async () => {
    const input = {
      ...{ name: ' ', topics: [], maxConcurrency: 0, ratePerSecond: 0, partnerId: 'x', token: 'x' },
      headers: [{ name: 'Host', value: 'x' }],
      filters: { siteIds: [missingId('sit')] },
    }
    const fields = (await refused(() => create(input))).map(({ field }) => field[0])
    expect(new Set(fields)).toEqual(new Set([...Object.keys(input).filter((name) => name !== 'url')]))
  })
})

describe('a token', () => {
  test('is made for FOODY, shown once, masked after and never stored in clear', async () => {
    const { webhook, token, secret } = await create({ dialect: 'FOODY' })
    expect(token).toMatch(/^[0-9a-f]{32}$/)
    expect(secret).toBeNull()
    expect(await read(webhook?.id ?? '')).toMatchObject({ token: '[masked]', secret: null })
    const [kept] = await server.connections.sql<
      { text: string }[]
    >`select string_agg(w::text, '') as text from webhooks w`
    expect(kept?.text).not.toContain(token)
  })

  test('that is given is kept as it is, and shown in the answer', async () => {
    expect(await create({ dialect: 'FOODY', token: 'a~:1' })).toMatchObject({ token: 'a~:1' })
  })

  test('is not made for FLYBUY; one that was given can be cleared', async () => {
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

describe('an update', () => {
  test('leaves what is left out, and clears what is null', async () => {
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

  test('sets a secret that signs from then on, and alone', async () => {
    const before = await createWebhook(acme, receiver)
    const other = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookUpdate', { id: before.id, secret: other.secret })
    expect(await read(before.id)).toMatchObject({ secret: '[masked]', previousSecretUntil: null })
  })

  test('stops and starts like webhookDisable and webhookEnable', async () => {
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
    ['a secret away', {}, { secret: null }, 'REQUIRED', ['secret']],
    ['a token away that the body needs', { dialect: 'FOODY' }, { token: null }, 'REQUIRED', ['token']],
    ['a token to the mask', { dialect: 'FOODY' }, { token: '[masked]' }, 'INVALID', ['token']],
    ['a token to where there is none', {}, { token: 'x' }, 'INVALID', ['token']],
    ['a partner in who is not there', {}, { partnerId: missingId('prj') }, 'NOT_FOUND', ['partnerId']],
    ['its limits out of bounds', {}, { maxConcurrency: 51 }, 'INVALID', ['maxConcurrency']],
    [
      'topics to what the dialect does not carry',
      { dialect: 'FOODY' },
      { topics: ['order.updated'] },
      'UNKNOWN_TOPIC',
      ['topics', '0'],
    ],
  ])('does not take %s', async (_, made, input, code, field) => {
    const { id } = await createWebhook(acme, receiver, made)
    expect(await refused(() => update({ id, ...input }))).toMatchObject([{ code, field }])
  })
})

describe('there is room for', () => {
  test('one FLYBUY webhook in a project, and again one once it is deleted', async () => {
    const { webhook } = await create({ preset: 'FLYBUY' })
    expect(await refused(() => create({ preset: 'FLYBUY' }))).toMatchObject([
      { code: 'LIMIT_REACHED', field: ['preset'] },
    ])
    await mutateOrThrow(acme, 'WebhookDelete', { id: webhook?.id })
    expect((await create({ preset: 'FLYBUY' })).userErrors).toEqual([])
    const elsewhere = await server.tenant()
    expect(await mutate(elsewhere, 'WebhookCreate', wish({ preset: 'FLYBUY' }))).toMatchObject({
      userErrors: [],
    })
  })

  test('one of many FLYBUY webhooks that are created at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ preset: 'FLYBUY' })))
    expect(answers.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1)
  })

  test('a thousand webhooks in a project', async () => {
    const { id } = await createWebhook(acme, receiver)
    await server.connections.sql`
      insert into webhooks (id, project_id, name, url, topics, preset, overrides, version, created_at, updated_at)
      select 'whk_' || lpad(n::text, 26, '0'), project_id, name, url, topics, preset, overrides, 1, created_at, updated_at
      from webhooks, generate_series(1, 998) n where id = ${id}`
    expect((await create({})).userErrors).toEqual([])
    expect(await refused(() => create({}))).toMatchObject([{ code: 'LIMIT_REACHED', field: [] }])
  })
})
