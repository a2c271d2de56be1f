/** Where a webhook may point, as the API says it. Every form of an address is test/http's; here it is what the caller sees. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { createWebhook, mutateOrThrow, fingerprint, mutate, type WebhookAnswer } from '../support/fixtures.ts'

let open: TestServer
let strict: TestServer
let here: Tenant
let there: Tenant
let receiver: Receiver

beforeAll(async () => {
  open = await startTestServer()
  // As an installation that sets nothing: https alone, and nothing but the public internet.
  strict = await startTestServer({ SEND_ALLOW_HTTP: '', SEND_ALLOWED_NETWORKS: '' })
  here = await open.tenant()
  there = await strict.tenant()
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  await open.close()
  await strict.close()
})

const wish = (url: string) => ({ name: 'POS', url, topics: ['order.*'] })

describe('a URL that cannot be rung is refused with a code, and nothing is written', () => {
  test.each([
    ['no URL', 'nowhere', 'URL_INVALID'],
    ['an empty one', '', 'URL_INVALID'],
    ['another scheme', 'ftp://pos.example/hook', 'URL_INVALID'],
    ['a script', 'javascript:alert(1)', 'URL_INVALID'],
    ['no host', 'https:///hook', 'URL_INVALID'],
    ['a user and a password', 'https://user:secret@pos.example/hook', 'URL_INVALID'],
    ['a space', 'https://pos.example/ho ok', 'URL_INVALID'],
    ['NUL', 'https://pos.example/\0', 'URL_INVALID'],
    ['a line break', 'https://pos.example/\r\nx: y', 'URL_INVALID'],
    ['a backslash', 'https://pos.example\\@evil.example', 'URL_INVALID'],
    ['2,049 characters', `https://pos.example/${'x'.repeat(2_049 - 20)}`, 'URL_INVALID'],
    ['plain http', 'http://pos.example/hook', 'URL_NOT_HTTPS'],
    ['loopback', 'https://127.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['loopback by name', 'https://localhost/', 'DESTINATION_NOT_ALLOWED'],
    ['loopback in IPv6', 'https://[::1]/', 'DESTINATION_NOT_ALLOWED'],
    ['a private address', 'https://10.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['... in decimal', 'https://167772161/', 'DESTINATION_NOT_ALLOWED'],
    ['... in hex', 'https://0x0a000001/', 'DESTINATION_NOT_ALLOWED'],
    ['... in octal', 'https://012.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['... in short', 'https://10.1/', 'DESTINATION_NOT_ALLOWED'],
    ['... mapped into IPv6', 'https://[::ffff:10.0.0.1]/', 'DESTINATION_NOT_ALLOWED'],
    ['... behind NAT64', 'https://[64:ff9b::a00:1]/', 'DESTINATION_NOT_ALLOWED'],
    ['... in full-width digits', 'https://１０.0.0.1/', 'DESTINATION_NOT_ALLOWED'],
    ['a unique local address', 'https://[fd00::1]/', 'DESTINATION_NOT_ALLOWED'],
    ["the cloud's metadata", 'https://169.254.169.254/latest/', 'DESTINATION_NOT_ALLOWED'],
    ['nobody', 'https://0.0.0.0/', 'DESTINATION_NOT_ALLOWED'],
    ['a name of a cluster', 'https://api.default.svc.cluster.local/', 'DESTINATION_NOT_ALLOWED'],
    ['a port of a database', 'https://pos.example:5432/', 'DESTINATION_NOT_ALLOWED'],
    ['a port of mail', 'https://pos.example:25/', 'DESTINATION_NOT_ALLOWED'],
  ])('%s', async (_, url, code) => {
    const before = await fingerprint(strict.connections)
    const answer = await mutate(there, 'WebhookCreate', wish(url))

    expect(answer).toMatchObject({
      webhook: null,
      secret: null,
      userErrors: [{ code, field: ['url'] }],
    })
    expect(await fingerprint(strict.connections)).toEqual(before)
  })

  test('also when a webhook is moved there', async () => {
    const { webhook } = await mutateOrThrow<{ webhook: WebhookAnswer }>(
      there,
      'WebhookCreate',
      wish('https://pos.example/hook'),
    )
    const before = await fingerprint(strict.connections)
    const answer = await mutate(there, 'WebhookUpdate', { id: webhook.id, url: 'https://192.168.0.1/' })

    expect(answer.userErrors).toMatchObject([{ code: 'DESTINATION_NOT_ALLOWED', field: ['url'] }])
    expect(await fingerprint(strict.connections)).toEqual(before)
  })

  test('and the refusal does not say what is behind the address', async () => {
    const said = await Promise.all(
      ['https://10.0.0.1/', 'https://127.0.0.1/', 'https://169.254.169.254/'].map(async (url) => {
        const { userErrors } = await mutate(there, 'WebhookCreate', wish(url))
        return userErrors[0]?.message
      }),
    )
    expect(new Set(said).size).toBe(1)
  })
})

describe('a URL that may be rung', () => {
  test.each([
    ['HTTPS://POS.Example/Hook', 'https://pos.example/Hook'],
    ['https://pos.example:443/hook', 'https://pos.example/hook'],
    ['https://pos.example', 'https://pos.example/'],
    ['https://pos.example/hook#part', 'https://pos.example/hook'],
    ['https://pos.example/a/../b?x=1', 'https://pos.example/b?x=1'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://pos.example:8443/', 'https://pos.example:8443/'],
  ])('is kept in its canonical form: %s', async (url, canonical) => {
    const answer = await mutate(there, 'WebhookCreate', wish(url))
    expect(answer).toMatchObject({ webhook: { url: canonical }, userErrors: [] })
  })

  test('twice is two webhooks', async () => {
    const first = await createWebhook(there, { url: 'https://pos.example' })
    const second = await createWebhook(there, { url: 'https://pos.example' })
    expect(second.id).not.toBe(first.id)
  })
})

describe('https only', () => {
  test('is a policy that a webhook may ask for where the installation allows http', async () => {
    const answer = await mutate(here, 'WebhookCreate', {
      ...wish(receiver.url),
      policy: { httpsOnly: true },
    })
    expect(answer.userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })

  test('cannot be turned off by a webhook where the installation asks for it', async () => {
    const answer = await mutate(there, 'WebhookCreate', {
      ...wish('http://pos.example/hook'),
      policy: { httpsOnly: false },
    })
    expect(answer.userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
    const { id } = await createWebhook(
      there,
      { url: 'https://pos.example' },
      { policy: { httpsOnly: false } },
    )
    const shown = await there.gql(`query ($id: ID!) { webhook(id: $id) { policy { httpsOnly } } }`, { id })
    expect(shown).toEqual({ webhook: { policy: { httpsOnly: true } } })
  })

  test('asked for later refuses the URL that is there', async () => {
    const { id } = await createWebhook(here, receiver)
    const answer = await mutate(here, 'WebhookUpdate', { id, policy: { httpsOnly: true } })
    expect(answer.userErrors).toMatchObject([{ code: 'URL_NOT_HTTPS', field: ['url'] }])
  })

  test('lets a network that the operator opened through, and nothing else', async () => {
    const refused = await mutate(here, 'WebhookCreate', wish('http://10.0.0.1:8080/'))
    expect(refused.userErrors).toMatchObject([{ code: 'DESTINATION_NOT_ALLOWED', field: ['url'] }])
    expect(await createWebhook(here, receiver)).toMatchObject({ url: `${receiver.url}/hook` })
  })
})

test('a name that resolves to a private address is blocked when it is rung, and nothing is told of it', async () => {
  // Both are private here: what `localhost` resolves to, and an opened network it does not lead to.
  const server = await startTestServer({ SEND_ALLOWED_NETWORKS: '10.9.8.0/24' })
  const tenant = await server.tenant()
  const { id } = await createWebhook(tenant, { url: receiver.url.replace('127.0.0.1', 'localhost') })
  const heard = receiver.requests.length
  const { attempt } = await mutateOrThrow<{ attempt: { outcome: string } }>(tenant, 'WebhookTest', { id })

  expect(attempt).toMatchObject({ outcome: 'BLOCKED', statusCode: null, response: null })
  const { deliveryAttempt } = await tenant.gql<{ deliveryAttempt: unknown }>(
    `query ($id: ID!) { deliveryAttempt(id: $id) { detail resolvedAddress } }`,
    { id: (attempt as unknown as { id: string }).id },
  )
  expect(deliveryAttempt).toEqual({ detail: 'the destination is not allowed', resolvedAddress: null })
  expect(receiver.requests).toHaveLength(heard)
  await server.close()
})
