/**
 * The corpus of destinations through a running house: at save by the mutations, and for what is refused end to end,
 * with the row written past the save, so that the send itself must refuse. Every form of an address is test/http's.
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

/** As an installation that sets nothing. */
const nothingSet = { SEND_ALLOW_HTTP: '', SEND_ALLOWED_NETWORKS: '' }

const servers = new Map<string, Promise<TestServer>>()
const looked: string[] = []
let answers: (host: string) => readonly string[] = () => []
let receiver: Receiver

/** One house for each way to set it up; the names resolve to what `answers` says. */
function serverWith(environment: Readonly<Record<string, string>>): Promise<TestServer> {
  const key = JSON.stringify(environment)
  const resolve = async (host: string) => {
    looked.push(host)
    return answers(host)
  }
  const server =
    servers.get(key) ?? startTestServer({ ...nothingSet, ...environment }, undefined, { resolve })
  servers.set(key, server)
  return server
}

function houseFor({ policy = {} }: CorpusEntry): Promise<TestServer> {
  return serverWith({
    ...(policy.allowCidrs !== undefined && { SEND_ALLOWED_NETWORKS: policy.allowCidrs.join(',') }),
    ...(policy.allowNat64 === true && { SEND_ALLOW_NAT64: 'true' }),
    ...(policy.selfHosts !== undefined && { PUBLIC_URL: `https://${policy.selfHosts[0] ?? ''}/` }),
  })
}

const tenants = new Map<TestServer, { readonly tenant: Tenant; readonly id: string; uses: number }>()

/** A project with a webhook, which may be moved; another one after some tests, since a key has its limits. */
async function tenantOf(server: TestServer): Promise<{ readonly tenant: Tenant; readonly id: string }> {
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

const wish = (url: string) => ({ name: 'POS', url, topics: ['order.*'] })

describe('at save, through the API of a house that sets nothing', () => {
  test.each(corpus.map((entry) => [entry.expect, entry.url, entry.why, entry] as const))(
    '%s %j (%s)',
    async (_expect, url, _why, entry) => {
      const server = await houseFor(entry)
      const { tenant, id } = await tenantOf(server)
      looked.length = 0
      const before = await fingerprint(server.connections, tenant.projectId)
      const created = await mutate<{ webhook: WebhookAnswer | null }>(tenant, 'WebhookCreate', wish(url))
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
      expect(looked, 'no name is looked up when a webhook is saved').toEqual([])
    },
  )

  test('a name that does not resolve is saved: what it means is asked when it is rung', async () => {
    const tenant = await (await serverWith({})).tenant()
    answers = () => {
      throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
    }
    const { id } = await createWebhook(tenant, { url: 'https://not-yet.example.com' })
    const { attempt } = await mutateOrThrow<{ attempt: { outcome: string } }>(tenant, 'WebhookTest', { id })
    expect(attempt.outcome).toBe('DNS_FAILED')
  })
})

/** What the owner sees of an attempt that was refused: the same whatever was refused, and nothing of what is inside. */
const blocked = {
  outcome: 'BLOCKED',
  detail: 'the destination is not allowed',
  statusCode: null,
  resolvedAddress: null,
  phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
  response: null,
}

const look = `query ($id: ID!) { deliveryAttempt(id: $id) {
  outcome detail statusCode resolvedAddress phases { dnsMs connectMs tlsMs firstByteMs } response { body } } }`

async function testedAt(server: TestServer, url: string): Promise<unknown> {
  const { tenant, id } = await tenantOf(server)
  await server.connections.sql`update webhooks set url = ${url} where id = ${id}`
  const { attempt } = await mutateOrThrow<{ attempt: { id: string } }>(tenant, 'WebhookTest', { id })
  return (await tenant.gql<{ deliveryAttempt: unknown }>(look, { id: attempt.id })).deliveryAttempt
}

describe('end to end, past the save', () => {
  // A text with NUL cannot even be stored.
  const refused = corpus.filter(
    (entry) => entry.expect === 'refuse' && entry.reason !== 'redirect' && !entry.url.includes('\0'),
  )

  test.each(refused.map((entry) => [entry.url, entry.why, entry] as const))(
    'never rung: %j (%s)',
    async (url, _why, entry) => {
      const server = await houseFor(entry)
      looked.length = 0
      answers = () => entry.dns ?? []
      expect(await testedAt(server, url)).toEqual(blocked)
      if (entry.stage === 'validate') expect(looked).toEqual([])
    },
  )

  // The same, moved to a receiver that would hear it: only the judgement of the host keeps the request from it.
  const byHost = refused.filter(({ reason }) => ['address', 'hostname', 'self'].includes(reason ?? ''))
  test.each(byHost.map((entry) => [entry.url, entry] as const))(
    'a receiver on loopback never hears of: %j',
    async (url, entry) => {
      const port = receiver.url.slice('http://127.0.0.1:'.length)
      const moved = url.replace(/^https:\/\/([^/]+)/, `http://$1:${port}`)
      const selfHosts = entry.policy?.selfHosts
      const server = await serverWith({
        SEND_ALLOW_HTTP: 'true',
        ...(selfHosts !== undefined && { PUBLIC_URL: `https://${selfHosts[0] ?? ''}/` }),
      })
      answers = () => ['127.0.0.1']
      expect(await testedAt(server, moved)).toEqual(blocked)
      expect(receiver.requests).toEqual([])
    },
  )

  test('never rung by deliveries either: each is an attempt that was blocked', async () => {
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

  test.each([301, 302, 303, 307, 308])('a %i is a failed attempt, and leads nowhere', async (status) => {
    const target = await startReceiver()
    receiver.script((_request, response) => {
      response.writeHead(status, { location: `${target.url}/latest/meta-data/` }).end()
    })
    const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
    const attempt = await testedAt(server, `${receiver.url}/hook`)
    expect(attempt).toMatchObject({ outcome: 'HTTP_ERROR', statusCode: status, resolvedAddress: '127.0.0.1' })
    expect(target.requests).toEqual([])
    await target.close()
  })

  test('a name that is public once and private then is refused at the second connection', async () => {
    const rebound = ['127.0.0.1', '10.0.0.1']
    receiver.script((_request, response) => response.writeHead(200, { connection: 'close' }).end())
    const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
    answers = (host) => [(host === 'flip.example.com' ? rebound.shift() : undefined) ?? '10.0.0.1']
    const url = receiver.url.replace('127.0.0.1', 'flip.example.com')
    expect(await testedAt(server, url)).toMatchObject({ outcome: 'SUCCEEDED' })
    expect(await testedAt(server, url)).toEqual(blocked)
  })

  test('ourselves are not rung, by our address or by a name that leads to it', async () => {
    const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
    const tenant = await server.tenant()
    answers = () => ['127.0.0.1']
    const created = await mutate(tenant, 'WebhookCreate', wish(server.url))
    expect(created.userErrors).toMatchObject([{ code: 'DESTINATION_NOT_ALLOWED', field: ['url'] }])
    expect(await testedAt(server, server.url)).toEqual(blocked)
    const named = server.url.replace('127.0.0.1', 'somebody.example.com')
    expect(await mutate(tenant, 'WebhookCreate', wish(named))).toMatchObject({ userErrors: [] })
    expect(await testedAt(server, named)).toEqual(blocked)
  })

  test('what comes back to us by a way that nobody could see is not served, whatever its key', async () => {
    const server = await serverWith({ SEND_ALLOW_HTTP: 'true', SEND_ALLOWED_NETWORKS: '127.0.0.0/8' })
    const { tenant } = await tenantOf(server)
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

test('metadata that is not closed is said at every start, loudly', async () => {
  const warned: (readonly [unknown, string])[] = []
  const log = { ...nullLog, warn: (fields: unknown, step: string) => void warned.push([fields, step]) }
  const SEND_ALLOWED_NETWORKS = '169.254.0.0/16'
  const server = await startTestServer({ SEND_ALLOWED_NETWORKS, SEND_ALLOW_METADATA: 'true' }, log)
  await server.close()
  expect(warned).toContainEqual([{ networks: [SEND_ALLOWED_NETWORKS] }, 'send.metadata-allowed'])
})
