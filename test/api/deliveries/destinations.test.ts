/** URLs of webhooks as the API accepts and refuses them. test/unit/sender covers the forms of an address. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, mutateOrThrow, fingerprint, mutate, type WebhookAnswer } from '../support/fixtures.ts'

/** Allows http and loopback receivers. */
let openServer: TestServer
let strictServer: TestServer
let openTenant: Tenant
let strictTenant: Tenant
let receiver: Receiver

beforeAll(async () => {
  openServer = await startTestServer()
  // The defaults of an installation: only https, only the public internet.
  strictServer = await startTestServer({ SEND_ALLOW_HTTP: '', SEND_ALLOWED_NETWORKS: '' })
  openTenant = await openServer.tenant()
  strictTenant = await strictServer.tenant()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await openServer.close()
  await strictServer.close()
})

const webhookInput = (url: string) => ({ name: 'POS', url, topics: ['order.*'] })

describe('webhookCreate with a URL that is not allowed', () => {
  test.each([
    ['that is not a URL', 'nowhere', 'URL_INVALID'],
    ['that is empty', '', 'URL_INVALID'],
    ['with another scheme', 'ftp://pos.example/hook', 'URL_INVALID'],
    ['with the scheme javascript', 'javascript:alert(1)', 'URL_INVALID'],
    ['without a host', 'https:///hook', 'URL_INVALID'],
    ['with a user and a password', 'https://user:secret@pos.example/hook', 'URL_INVALID'],
    ['with a space', 'https://pos.example/ho ok', 'URL_INVALID'],
    ['with NUL', 'https://pos.example/\0', 'URL_INVALID'],
    ['with a line break', 'https://pos.example/\r\nx: y', 'URL_INVALID'],
    ['with a backslash', 'https://pos.example\\@evil.example', 'URL_INVALID'],
    ['of 2,049 characters', `https://pos.example/${'x'.repeat(2_049 - 20)}`, 'URL_INVALID'],
    ['with plain http', 'http://pos.example/hook', 'URL_NOT_HTTPS'],
    ['to loopback', 'https://127.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['to loopback by name', 'https://localhost/', 'DESTINATION_NOT_ALLOWED'],
    ['to loopback in IPv6', 'https://[::1]/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address', 'https://10.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address in decimal', 'https://167772161/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address in hex', 'https://0x0a000001/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address in octal', 'https://012.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address in the short form', 'https://10.1/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address mapped into IPv6', 'https://[::ffff:10.0.0.1]/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address behind NAT64', 'https://[64:ff9b::a00:1]/', 'DESTINATION_NOT_ALLOWED'],
    ['to a private address in full-width digits', 'https://１０.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['to a unique local address', 'https://[fd00::1]/', 'DESTINATION_NOT_ALLOWED'],
    ['to the cloud metadata address', 'https://169.254.169.254/latest/', 'DESTINATION_NOT_ALLOWED'],
    ['to 0.0.0.0', 'https://0.0.0.0/', 'DESTINATION_NOT_ALLOWED'],
    ['to a name of a cluster', 'https://api.default.svc.cluster.local/', 'DESTINATION_NOT_ALLOWED'],
    ['to the port of a database', 'https://pos.example:5432/', 'DESTINATION_NOT_ALLOWED'],
    ['to the port of mail', 'https://pos.example:25/', 'DESTINATION_NOT_ALLOWED'],
  ])('webhookCreate refuses a URL %s, and nothing is written', async (_, url, code) => {
    const before = await fingerprint(strictServer.connections)
    const answer = await mutate(strictTenant, 'WebhookCreate', webhookInput(url))

    expect(answer).toMatchObject({
      webhook: null,
      secret: null,
      userErrors: [{ code, field: ['url'] }],
    })
    expect(await fingerprint(strictServer.connections)).toEqual(before)
  })

  test('webhookUpdate refuses a URL to a private address with DESTINATION_NOT_ALLOWED, and writes nothing', async () => {
    const { webhook } = await mutateOrThrow<{ webhook: WebhookAnswer }>(
      strictTenant,
      'WebhookCreate',
      webhookInput('https://pos.example/hook'),
    )
    const before = await fingerprint(strictServer.connections)
    const answer = await mutate(strictTenant, 'WebhookUpdate', {
      id: webhook.id,
      url: 'https://192.168.0.1/',
    })

    expect(answer.userErrors).toMatchObject([{ code: 'DESTINATION_NOT_ALLOWED', field: ['url'] }])
    expect(await fingerprint(strictServer.connections)).toEqual(before)
  })

  test('webhookCreate refuses private, loopback and metadata addresses with the same message', async () => {
    const messages = await Promise.all(
      ['https://10.0.0.1/', 'https://127.0.0.1/', 'https://169.254.169.254/'].map(async (url) => {
        const { userErrors } = await mutate(strictTenant, 'WebhookCreate', webhookInput(url))
        return userErrors[0]?.message
      }),
    )
    expect(new Set(messages).size).toBe(1)
  })
})

describe('webhookCreate with a URL that is allowed', () => {
  test.each([
    ['HTTPS://POS.Example/Hook', 'https://pos.example/Hook'],
    ['https://pos.example:443/hook', 'https://pos.example/hook'],
    ['https://pos.example', 'https://pos.example/'],
    ['https://pos.example/hook#part', 'https://pos.example/hook'],
    ['https://pos.example/a/../b?x=1', 'https://pos.example/b?x=1'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://pos.example:8443/', 'https://pos.example:8443/'],
  ])('webhookCreate stores the URL %s in its canonical form %s', async (url, canonical) => {
    const answer = await mutate(strictTenant, 'WebhookCreate', webhookInput(url))
    expect(answer).toMatchObject({ webhook: { url: canonical }, userErrors: [] })
  })

  test('webhookCreate twice with the same URL creates two webhooks', async () => {
    const first = await createWebhook(strictTenant, { url: 'https://pos.example' })
    const second = await createWebhook(strictTenant, { url: 'https://pos.example' })
    expect(second.id).not.toBe(first.id)
  })
})

describe('policy.httpsOnly', () => {
  test('a webhook with httpsOnly refuses an http URL on an installation that allows http', async () => {
    const answer = await mutate(openTenant, 'WebhookCreate', {
      ...webhookInput(receiver.url),
      policy: { httpsOnly: true },
    })
    expect(answer.userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })

  test('httpsOnly false has no effect on an installation that does not allow http', async () => {
    const answer = await mutate(strictTenant, 'WebhookCreate', {
      ...webhookInput('http://pos.example/hook'),
      policy: { httpsOnly: false },
    })
    expect(answer.userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
    const { id } = await createWebhook(
      strictTenant,
      { url: 'https://pos.example' },
      { policy: { httpsOnly: false } },
    )
    const shown = await strictTenant.gql(`query ($id: ID!) { webhook(id: $id) { policy { httpsOnly } } }`, {
      id,
    })
    expect(shown).toEqual({ webhook: { policy: { httpsOnly: true } } })
  })

  test('webhookUpdate refuses httpsOnly when the stored URL is http', async () => {
    const { id } = await createWebhook(openTenant, receiver)
    const answer = await mutate(openTenant, 'WebhookUpdate', { id, policy: { httpsOnly: true } })
    expect(answer.userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })

  test('webhookCreate accepts a URL in SEND_ALLOWED_NETWORKS and refuses another private address', async () => {
    const refused = await mutate(openTenant, 'WebhookCreate', webhookInput('http://10.0.0.1:8080/'))
    expect(refused.userErrors).toMatchObject([{ code: 'DESTINATION_NOT_ALLOWED', field: ['url'] }])
    expect(await createWebhook(openTenant, receiver)).toMatchObject({ url: `${receiver.url}/hook` })
  })
})

test('a test attempt to a name that resolves to a private address is BLOCKED, and its record does not show the address', async () => {
  // Allows a private network, but not the one of `localhost`.
  const server = await startTestServer({ SEND_ALLOWED_NETWORKS: '10.9.8.0/24' })
  const tenant = await server.tenant()
  const { id } = await createWebhook(tenant, { url: receiver.url.replace('127.0.0.1', 'localhost') })
  const requestCount = receiver.requests.length
  const { attempt } = await mutateOrThrow<{ attempt: { outcome: string } }>(tenant, 'WebhookTest', { id })

  expect(attempt).toMatchObject({ outcome: 'BLOCKED', statusCode: null, response: null })
  const { deliveryAttempt } = await tenant.gql<{ deliveryAttempt: unknown }>(
    `query ($id: ID!) { deliveryAttempt(id: $id) { detail resolvedAddress } }`,
    { id: (attempt as unknown as { id: string }).id },
  )
  expect(deliveryAttempt).toEqual({ detail: 'the destination is not allowed', resolvedAddress: null })
  expect(receiver.requests).toHaveLength(requestCount)
  await server.close()
})
