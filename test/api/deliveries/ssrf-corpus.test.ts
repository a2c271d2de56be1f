/**
 * The corpus of destinations on a running server: when a webhook is saved, and when a request is sent. For the second,
 * the URL is written directly to the row, so that the sender itself must refuse it. test/unit/sender covers the forms
 * of an address.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { userAgent } from '../../../src/runtime/version.ts'
import { codeFor, corpus, isRefusedAtSave, type CorpusEntry } from '../../unit/sender/guard/corpus.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { nullLog } from '../../support/null-log.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  createWebhook,
  mutateOrThrow,
  fingerprint,
  mutate,
  type WebhookAnswer,
} from '../support/fixtures.ts'

/** The settings of an installation that changes no default. */
const defaults = { SEND_ALLOW_HTTP: '', SEND_ALLOWED_NETWORKS: '' }

const servers = new Map<string, Promise<TestServer>>()
const lookedUp: string[] = []
let answers: (host: string) => readonly string[] = () => []
let receiver: Receiver

/** One server for each environment. Its names resolve to the addresses that `answers` returns. */
function serverWith(environment: Readonly<Record<string, string>>): Promise<TestServer> {
  const key = JSON.stringify(environment)
  const resolve = async (host: string) => {
    lookedUp.push(host)
    return answers(host)
  }
  const server = servers.get(key) ?? startTestServer({ ...defaults, ...environment }, undefined, { resolve })
  servers.set(key, server)
  return server
}

function serverFor({ policy = {} }: CorpusEntry): Promise<TestServer> {
  return serverWith({
    ...(policy.allowCidrs !== undefined && { SEND_ALLOWED_NETWORKS: policy.allowCidrs.join(',') }),
    ...(policy.allowNat64 === true && { SEND_ALLOW_NAT64: 'true' }),
    ...(policy.selfHosts !== undefined && { PUBLIC_URL: `https://${policy.selfHosts[0] ?? ''}/` }),
  })
}

const tenants = new Map<TestServer, { readonly tenant: Tenant; readonly id: string; uses: number }>()

/** A project with a webhook, whose URL tests may change. Every 15 uses a new project, since keys have rate limits. */
async function tenantWithWebhook(
  server: TestServer,
): Promise<{ readonly tenant: Tenant; readonly id: string }> {
  const known = tenants.get(server)
  if (known !== undefined && known.uses < 15) {
    known.uses += 1
    return known
  }
  const tenant = await server.tenant()
  const { id } = await createWebhook(tenant, { url: 'https://pos.example.com' })
  tenants.set(server, { tenant, id, uses: 1 })
  return { tenant, id }
}

beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(async () => {
  await receiver.close()
  for (const server of servers.values()) await (await server).close()
})

const webhookInput = (url: string) => ({ name: 'POS', url, topics: ['order.*'] })

describe('webhookCreate and webhookUpdate with a URL of the corpus', () => {
  test.each(corpus.map((entry) => [entry.expect, entry.url, entry.why, entry] as const))(
    'webhookCreate and webhookUpdate %s the URL %j without a DNS look-up (%s)',
    async (_expect, url, _why, entry) => {
      const server = await serverFor(entry)
      const { tenant, id } = await tenantWithWebhook(server)
      lookedUp.length = 0
      const before = await fingerprint(server.connections, tenant.projectId)
      const created = await mutate<{ webhook: WebhookAnswer | null }>(
        tenant,
        'WebhookCreate',
        webhookInput(url),
      )
      if (isRefusedAtSave(entry)) {
        const refusal = { webhook: null, userErrors: [{ code: codeFor(entry), field: ['url'] }] }
        expect(created).toMatchObject(refusal)
        expect(await mutate(tenant, 'WebhookUpdate', { id, url })).toMatchObject(refusal)
        expect(await fingerprint(server.connections, tenant.projectId)).toEqual(before)
      } else {
        const canonical = new URL(url).href
        expect(created).toMatchObject({ webhook: { url: canonical }, userErrors: [] })
        const updated = await mutate<{ webhook: WebhookAnswer }>(tenant, 'WebhookUpdate', { id, url })
        expect(updated).toMatchObject({ webhook: { url: canonical }, userErrors: [] })
      }
      expect(lookedUp, 'no name is looked up when a webhook is saved').toEqual([])
    },
  )

  test('a URL whose name does not resolve can be saved, and its test attempt ends DNS_FAILED', async () => {
    const tenant = await (await serverWith({})).tenant()
    answers = () => {
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    }
    const { id } = await createWebhook(tenant, { url: 'https://not-yet.example.com' })
    const { attempt } = await mutateOrThrow<{ attempt: { outcome: string } }>(tenant, 'WebhookTest', { id })
    expect(attempt.outcome).toBe('DNS_FAILED')
  })
})

/** What the API returns of a blocked attempt: always the same, so that it reveals nothing of the internal network. */
const blocked = {
  outcome: 'BLOCKED',
  detail: 'the destination is not allowed',
  statusCode: null,
  resolvedAddress: null,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
  response: null,
}

const attemptQuery = `query ($id: ID!) { deliveryAttempt(id: $id) {
  outcome detail statusCode resolvedAddress phases { dnsMs connectMs tlsMs firstByteMs } response { body } } }`

async function testAttemptTo(server: TestServer, url: string): Promise<unknown> {
  const { tenant, id } = await tenantWithWebhook(server)
  await server.connections.sql`update webhooks set url = ${url} where id = ${id}`
  const { attempt } = await mutateOrThrow<{ attempt: { id: string } }>(tenant, 'WebhookTest', { id })
  return (await tenant.gql<{ deliveryAttempt: unknown }>(attemptQuery, { id: attempt.id })).deliveryAttempt
}

describe('a request to a URL of the corpus', () => {
  // PostgreSQL cannot store a text with NUL.
  const refused = corpus.filter(
    (entry) => entry.expect === 'refuse' && entry.reason !== 'redirect' && !entry.url.includes('\0'),
  )

  test.each(refused.map((entry) => [entry.url, entry.why, entry] as const))(
    'a test attempt to %j is BLOCKED (%s)',
    async (url, _why, entry) => {
      const server = await serverFor(entry)
      lookedUp.length = 0
      answers = () => entry.dns ?? []
      expect(await testAttemptTo(server, url)).toEqual(blocked)
      if (entry.stage === 'validate') expect(lookedUp).toEqual([])
    },
  )

  // The same hosts with the port of a receiver on loopback: only the check of the host keeps the request from it.
  const byHost = refused.filter(({ reason }) => ['address', 'hostname', 'self'].includes(reason ?? ''))
  test.each(byHost.map((entry) => [entry.url, entry] as const))(
    'a test attempt to the host of %j at the port of a loopback receiver is BLOCKED, and the receiver gets no request',
    async (url, entry) => {
      const port = receiver.url.slice('http://127.0.0.1:'.length)
      const moved = url.replace(/^https:\/\/([^/]+)/, `http://$1:${port}`)
      const selfHosts = entry.policy?.selfHosts
      const server = await serverWith({
        SEND_ALLOW_HTTP: 'true',
        ...(selfHosts !== undefined && { PUBLIC_URL: `https://${selfHosts[0] ?? ''}/` }),
      })
      answers = () => ['127.0.0.1']
      expect(await testAttemptTo(server, moved)).toEqual(blocked)
      expect(receiver.requests).toEqual([])
    },
  )

  test('a delivery to each refused URL of the corpus ends in a BLOCKED attempt without an address', async () => {
    const server = await serverWith({})
    const tenant = await server.tenant()
    answers = (host) =>
      refused.find(({ url }) => URL.canParse(url) && new URL(url).hostname === host)?.dns ?? []
    const urls = refused.filter(({ policy }) => policy === undefined).map(({ url }) => url)
    for (const url of urls) {
      const { id } = await createWebhook(tenant, { url: 'https://pos.example.com' })
      await server.connections.sql`update webhooks set url = ${url} where id = ${id}`
    }
    await createOrder(tenant)
    const outcomes = async () =>
      server.connections.sql<{ outcome: string; detail: string; address: string | null }[]>`
        select outcome, detail, resolved_address as address from attempts where project_id = ${tenant.projectId}`
    await waitFor(async () => (await outcomes()).length >= urls.length, {
      what: 'an attempt of each webhook',
    })
    expect(new Set((await outcomes()).map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ outcome: 'BLOCKED', detail: blocked.detail, address: null })]),
    )
  })

  test.each([301, 302, 303, 307, 308])(
    'a %i redirect is an HTTP_ERROR, and its target gets no request',
    async (status) => {
      const target = await startReceiver()
      receiver.script((_request, response) => {
        response.writeHead(status, { location: `${target.url}/latest/meta-data/` }).end()
      })
      const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
      const attempt = await testAttemptTo(server, `${receiver.url}/hook`)
      expect(attempt).toMatchObject({
        outcome: 'HTTP_ERROR',
        statusCode: status,
        resolvedAddress: '127.0.0.1',
      })
      expect(target.requests).toEqual([])
      await target.close()
    },
  )

  test('a name that resolves to an allowed address first and to a private address later is BLOCKED at the second connection', async () => {
    const rebound = ['127.0.0.1', '10.0.0.1']
    receiver.script((_request, response) => response.writeHead(200, { connection: 'close' }).end())
    const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
    answers = (host) => [(host === 'flip.example.com' ? rebound.shift() : undefined) ?? '10.0.0.1']
    const url = receiver.url.replace('127.0.0.1', 'flip.example.com')
    expect(await testAttemptTo(server, url)).toMatchObject({ outcome: 'SUCCEEDED' })
    expect(await testAttemptTo(server, url)).toEqual(blocked)
  })

  test('a test attempt to the server itself is BLOCKED, by its address and by a name that resolves to it', async () => {
    const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
    const tenant = await server.tenant()
    answers = () => ['127.0.0.1']
    const created = await mutate(tenant, 'WebhookCreate', webhookInput(server.url))
    expect(created.userErrors).toMatchObject([{ code: 'DESTINATION_NOT_ALLOWED', field: ['url'] }])
    expect(await testAttemptTo(server, server.url)).toEqual(blocked)
    const named = server.url.replace('127.0.0.1', 'somebody.example.com')
    expect(await mutate(tenant, 'WebhookCreate', webhookInput(named))).toMatchObject({ userErrors: [] })
    expect(await testAttemptTo(server, named)).toEqual(blocked)
  })

  test('the API refuses requests with the user agent of Orderbell with 508 FORBIDDEN, and serves similar user agents', async () => {
    const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
    const { tenant } = await tenantWithWebhook(server)
    for (const agent of [
      userAgent,
      'Orderbell/1',
      'Orderbell/1 (Webhooks/1)',
      'Orderbell/12.0.3 (Webhooks/2.1.0)',
    ]) {
      const answer = await tenant.post({ query: '{ viewer { id } }' }, { 'user-agent': agent })
      expect([answer.status, answer.body.errors?.[0]?.extensions]).toEqual([508, { code: 'FORBIDDEN' }])
    }
    for (const agent of [
      'Orderbell/1-client',
      'Orderbell/',
      'Orderbell',
      'My-Orderbell/1.0.0',
      'curl/8.5.0 Orderbell/0.1.0',
    ]) {
      const other = await tenant.post({ query: '{ __typename }' }, { 'user-agent': agent })
      expect([agent, other.status]).toEqual([agent, 200])
    }
  })
})

test('a server that allows the metadata network logs send.metadata-allowed as a warning at its start', async () => {
  const warnings: (readonly [unknown, string])[] = []
  const log = { ...nullLog, warn: (fields: unknown, step: string) => void warnings.push([fields, step]) }
  const SEND_ALLOWED_NETWORKS = '169.254.0.0/16'
  const server = await startTestServer({ SEND_ALLOWED_NETWORKS, SEND_ALLOW_METADATA: 'true' }, log)
  await server.close()
  expect(warnings).toContainEqual([{ networks: [SEND_ALLOWED_NETWORKS] }, 'send.metadata-allowed'])
})
