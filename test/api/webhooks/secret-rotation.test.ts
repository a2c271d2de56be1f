import { Webhook as Verifier } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  mutateOrThrow,
  fingerprint,
  missingId,
  mutate,
  waitForSettled,
  type Input,
  type WebhookAnswer,
} from '../support/fixtures.ts'

let server: TestServer
let receiver: Receiver
let acme: Tenant

beforeAll(async () => {
  server = await startTestServer()
})
beforeEach(async () => {
  acme = await server.tenant()
  receiver = await startReceiver()
  return () => receiver.close()
})
afterAll(() => server.close())

interface Rotated {
  readonly webhook: { readonly id: string }
  readonly secret: string | null
  readonly token: string | null
}
const rotate = (input: Input) => mutateOrThrow<Rotated>(acme, 'SecretRotate', input)
async function read(id: string) {
  const query = 'query ($id: ID!) { webhook(id: $id) { previousSecretUntil secret token version } }'
  const answer = await acme.gql<{
    webhook: { previousSecretUntil: string | null; version: number; token: string | null }
  }>(query, { id })
  return answer.webhook
}

/** Sends a delivery. Returns the number of its signatures, and for each secret whether it verifies the request. */
async function signaturesOf(id: string, ...secrets: readonly (string | null)[]) {
  const before = receiver.requests.length
  await createOrder(acme)
  await waitForSettled(acme, { webhookIds: [id] })
  const request = receiver.requests[before]
  const headers = request?.headers as Record<string, string>
  const verifies = (secret: string | null): boolean => {
    try {
      new Verifier(secret ?? '').verify(request?.body ?? '', headers)
      return true
    } catch {
      return false
    }
  }
  return { count: headers['webhook-signature']?.split(' ').length, verified: secrets.map(verifies) }
}

describe('secretRotate of a secret', () => {
  test('the new and the old secret both sign requests during the overlap of 24 h', async () => {
    const { id, secret: old } = await createWebhook(acme, receiver)
    const { secret, token } = await rotate({ id })
    expect(secret).toMatch(/^whsec_/)
    expect(secret).not.toBe(old)
    expect(token).toBeNull()
    expect(await signaturesOf(id, secret, old)).toEqual({ count: 2, verified: [true, true] })

    const { previousSecretUntil, version } = await read(id)
    const leftMs = new Date(previousSecretUntil ?? 0).getTime() - Date.now()
    expect(leftMs).toBeGreaterThan(86_400_000 - 60_000)
    expect(leftMs).toBeLessThanOrEqual(86_400_000 + 1_000)
    expect(version).toBe(2)
  })

  test('only the new secret signs requests after the overlap', async () => {
    const { id, secret: old } = await createWebhook(acme, receiver)
    const { secret } = await rotate({ id, overlapMs: 60_000 })
    await server.connections.sql`
      update webhooks set previous_secret_until = now() - interval '1 millisecond' where id = ${id}`
    expect(await signaturesOf(id, secret, old)).toEqual({ count: 1, verified: [true, false] })
    expect(await read(id)).toMatchObject({ previousSecretUntil: null })
  })

  test('only the new secret signs requests after secretRotate with overlapMs 0', async () => {
    const { id, secret: old } = await createWebhook(acme, receiver)
    const { secret } = await rotate({ id, overlapMs: 0 })
    expect(await signaturesOf(id, secret, old)).toEqual({ count: 1, verified: [true, false] })
    expect(await read(id)).toMatchObject({ previousSecretUntil: null })
  })

  test('a second secretRotate during the overlap ends the first secret, so that at most two secrets sign', async () => {
    const { id, secret: first } = await createWebhook(acme, receiver)
    const { secret: second } = await rotate({ id })
    const { secret: third } = await rotate({ id })
    expect(await signaturesOf(id, third, second, first)).toEqual({ count: 2, verified: [true, true, false] })
  })

  test('secretRotate accepts a given secret and returns it', async () => {
    const { id, secret: old } = await createWebhook(acme, receiver)
    const given = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
    const { secret } = await rotate({ id, secret: given })
    expect(secret).toBe(given)
    expect(await signaturesOf(id, given, old)).toEqual({ count: 2, verified: [true, true] })
  })

  test('webhookUpdate of the secret ends the overlap, and only its secret signs', async () => {
    const { id, secret: first } = await createWebhook(acme, receiver)
    const { secret: second } = await rotate({ id })
    const given = `whsec_${Buffer.alloc(32, 6).toString('base64')}`
    await mutateOrThrow(acme, 'WebhookUpdate', { id, secret: given })
    expect(await signaturesOf(id, given, second, first)).toEqual({ count: 1, verified: [true, false, false] })
  })

  test('neither the old nor the new secret is stored in clear', async () => {
    const { id, secret: old } = await createWebhook(acme, receiver)
    const { secret } = await rotate({ id })
    const [kept] = await server.connections.sql<
      { text: string }[]
    >`select string_agg(w::text, '') as text from webhooks w`
    for (const each of [old, secret]) expect(kept?.text).not.toContain(each?.slice('whsec_'.length))
  })

  test('secretRotate of a FAST_EVENTS secret has no overlap, since a request carries one signature', async () => {
    const { id, secret: old } = await createWebhook(acme, receiver, { dialect: 'FAST_EVENTS' })
    const { secret } = await rotate({ id, overlapMs: 60_000 })
    expect(secret).not.toBe(old)
    expect(await read(id)).toMatchObject({ previousSecretUntil: null })
    const [row] = await server.connections.sql<
      { previous: string | null }[]
    >`select previous_sealed_secret as previous from webhooks where id = ${id}`
    expect(row?.previous).toBeNull()
  })
})

describe('secretRotate of a token', () => {
  test.each(['FOODY', 'FLYBUY'])(
    'secretRotate generates a new %s token, or accepts a given one',
    async (dialect) => {
      const { id } = await createWebhook(acme, receiver, { dialect })
      const made = await rotate({ id })
      expect(made).toMatchObject({ secret: null, token: expect.stringMatching(/^[0-9a-f]{32}$/) as string })
      expect(await rotate({ id, token: 'abc' })).toMatchObject({ token: 'abc' })
      expect((await rotate({ id })).token).not.toBe(made.token)
      expect(await read(id)).toMatchObject({ token: '[masked]', previousSecretUntil: null })
    },
  )
})

describe('secretRotate with invalid input', () => {
  test.each<[string, Input, Input, string, readonly string[]]>([
    ['a negative overlap', {}, { overlapMs: -1 }, 'INVALID', ['overlapMs']],
    ['an overlap of more than 7 days', {}, { overlapMs: 604_800_001 }, 'INVALID', ['overlapMs']],
    ['a token that the dialect does not use', {}, { token: 'x' }, 'INVALID', ['token']],
    ['a secret that the dialect does not use', { dialect: 'FLYBUY' }, { secret: 'x' }, 'INVALID', ['secret']],
    ['a token with a quote', { dialect: 'FOODY' }, { token: '"' }, 'INVALID', ['token']],
    ['another version', {}, { expectedVersion: 2 }, 'VERSION_CONFLICT', ['expectedVersion']],
    ['a missing webhook', {}, { id: missingId('whk') }, 'NOT_FOUND', ['id']],
    ['an id of another type', {}, { id: missingId('ord') }, 'NOT_FOUND', ['id']],
  ])('secretRotate refuses %s, and nothing is written', async (_, created, input, code, field) => {
    const { id } = await createWebhook(acme, receiver, created)
    const before = await fingerprint(server.connections)
    const answer = await mutate(acme, 'SecretRotate', { id, ...input })
    expect(answer).toMatchObject({ webhook: null, secret: null, token: null, userErrors: [{ code, field }] })
    expect(await fingerprint(server.connections)).toEqual(before)
  })

  test('secretRotate of a deleted webhook is refused with NOT_FOUND', async () => {
    const { id }: WebhookAnswer = await createWebhook(acme, receiver)
    await mutateOrThrow(acme, 'WebhookDelete', { id })
    expect(await mutate(acme, 'SecretRotate', { id })).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] })
  })
})
