/**
 * Searches all logs, responses and columns for known secrets, tokens, credentials and keys. Each may be only where it
 * is shown once.
 */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rowsWith } from '../../support/database/dump.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Received, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  createOrder,
  documents,
  mutateOrThrow,
  makeRecordingLog,
  quickRetries,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'
import type { ServerResponse } from 'node:http'

const hex = (count: number): string => randomBytes(count).toString('hex')
const signingSecret = (): string => `whsec_${randomBytes(32).toString('base64')}`

const log = makeRecordingLog()
const masterKey = randomBytes(32).toString('base64')
let server: TestServer
let acme: Tenant
let receiver: Receiver
/** All responses, without the secrets that they show once. */
const answers: string[] = []
const canaries = new Set<string>()
const canary = (text: string): string => {
  canaries.add(text)
  return text
}

/** The secret part of a key. Its id and its checksum are not secret. */
const secretOf = (key: string) => key.slice(-72, -8)

beforeAll(async () => {
  server = await startTestServer({ SECRETS_KEYS: `canary:${canary(masterKey)}` }, log)
  receiver = await startReceiver()
  acme = await server.tenant()
  canary(acme.key)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function send(query: string, variables: Input = {}): Promise<void> {
  const { body } = await acme.post({ query, variables })
  answers.push(JSON.stringify(body))
}
const execute = (name: DocumentName, input: Input) => send(documents[name], { input })

/** Executes a mutation that shows secrets once, and keeps the rest of its response. */
async function executeShowing(name: DocumentName, input: Input): Promise<{ id: string }> {
  const { body } = await acme.post({ query: documents[name], variables: { input } })
  const answer = Object.values(body.data ?? {})[0] as {
    webhook: { id: string }
    secret: string | null
    token: string | null
    userErrors: object[]
  }
  expect(answer.userErrors).toEqual([])
  for (const shown of [answer.secret, answer.token]) if (shown !== null) canary(shown)
  answers.push(JSON.stringify({ ...answer, secret: null, token: null }))
  return answer.webhook
}

/** Returns the request in the response, as debug pages do. */
const echo = (status: number) => (request: Received, response: ServerResponse) => {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [`x-got-${name}`, value]),
  )
  response.writeHead(status, headers).end(JSON.stringify({ headers: request.headers, body: request.body }))
}

const webhookDetails = `query ($id: ID!) {
  webhook(id: $id) {
    id url secret token headers { name value } disabled { message }
    deliveries { nodes { state attempts { nodes {
      outcome detail request { url body headers { name value } } response { body bodyBase64 headers { name value } }
    } } } }
    latestAttempt { request { headers { name value } body } response { body } }
  }
  deliveryPreview(webhookId: $id) { request { headers { name value } body } }
}`

/** The credentials that each preset accepts. The webhook gets new ones with its update. */
const presets = [
  { preset: 'STANDARD', secret: signingSecret },
  { preset: 'FLYBUY', token: () => hex(16) },
  { preset: 'FLIPDISH', secret: signingSecret },
  { preset: 'FOODY', token: () => hex(16) },
  { preset: 'FAST_EVENTS', secret: () => hex(32) },
]
const credentialsFor = ({ secret, token }: { secret?: () => string; token?: () => string }): Input => ({
  ...(secret !== undefined && { secret: canary(secret()) }),
  ...(token !== undefined && { token: canary(token()) }),
})
const credential = () => ({ name: 'authorization-x', value: `Bearer ${canary(hex(16))}` })

test('no log line, response, subscription message, column or health page contains a secret', async () => {
  receiver.script(echo(200))
  const socket: string[] = []
  const unsubscribe = acme.socket().subscribe(
    {
      query: `subscription { deliveryAttempts { attempt {
        detail request { body headers { name value } } response { body headers { name value } } } } }`,
    },
    {
      next: (message) => socket.push(JSON.stringify(message)),
      error: (error) => socket.push(String(error)),
      complete: () => undefined,
    },
  )
  const ids: string[] = []
  for (const preset of presets) {
    const policy = { httpsOnly: false, ...quickRetries(1), disable: [] }
    const { id } = await executeShowing('WebhookCreate', {
      ...{ name: preset.preset, preset: preset.preset, url: `${receiver.url}/`, topics: ['order.*'], policy },
      ...{ headers: [credential(), { name: 'x-shop', value: '7' }], ...credentialsFor(preset) },
    })
    ids.push(id)
    // A secret in fields that do not accept it, and in an invalid form.
    const wrong = canary(hex(24))
    await execute('WebhookUpdate', { id, secret: wrong, token: `${wrong}\n` })
    await execute('WebhookUpdate', { id, headers: [{ name: 'x-api-key', value: `${wrong}\r\nx: y` }] })
    await execute('SecretRotate', { id, secret: `${wrong} `, overlapMs: -1 })
    await execute('WebhookCreate', {
      name: 'x',
      url: 'https://x.example',
      topics: [],
      preset: preset.preset,
      secret: wrong,
    })
    await execute('WebhookUpdate', { id, ...credentialsFor(preset), headers: [credential()] })
  }
  receiver.script(echo(500), echo(200), echo(500))
  const { id: order } = await createOrder(acme, { customer: { name: 'Ann' } })
  await waitFor(
    async () =>
      (await server.connections.sql`select from attempts where delivery_id is not null`).length >= 6,
    { what: 'failed attempts and their retries' },
  )
  for (const id of ids) {
    await execute('WebhookTest', { id })
    await executeShowing('SecretRotate', { id })
    await execute('WebhookTest', { id })
    await send(webhookDetails, { id })
  }
  await execute('OrderStateChange', { orderId: order, state: 'READY' })
  // The response of keyCreate shows the key once. No later response contains its secret part.
  const { partner } = await mutateOrThrow<{ partner: { id: string } }>(acme, 'PartnerCreate', {
    name: 'Courier Ltd',
  })
  const made = await mutateOrThrow<{ key: { id: string }; secret: string }>(acme, 'KeyCreate', {
    ...{ role: 'PARTNER', partnerId: partner.id, name: 'Courier' },
  })
  canary(secretOf(made.secret))
  await send('{ keys { nodes { id name role partner { name } lastUsedAt } } }')
  await execute('KeyCreate', { role: 'PARTNER', partnerId: made.secret, name: 'x' })
  await execute('KeyRevoke', { id: made.secret })
  await execute('KeyRevoke', { id: made.key.id })
  await send(documents.AuditLog, { first: 100 })
  for (const id of ids) await send(webhookDetails, { id })

  // Secrets in invalid documents and variables, in the input of a fault, and keys in unusual places.
  const misplaced = canary(signingSecret())
  await send(`{ webhook(id: 7, secret: ${JSON.stringify(misplaced)}) { id } }`)
  await execute('WebhookCreate', {
    name: 'x',
    url: `https://${hex(4)}.example`,
    topics: ['order.*'],
    secret: [misplaced],
    token: { misplaced },
  })
  await send(`mutation { webhookDelete(input: { id: [${JSON.stringify(misplaced)}] }) { deletedId } }`)
  await send(
    `{ orders(first: ${JSON.stringify(misplaced)}, filter: { states: ${JSON.stringify(misplaced)} }) { nodes { id } } }`,
  )
  await send('query ($preset: Preset) { webhooks(filter: { presets: [$preset] }) { nodes { id } } }', {
    preset: misplaced,
  })
  await server.connections.sql`alter table webhooks rename to webhooks_away`
  await execute('WebhookCreate', {
    name: 'x',
    url: 'https://x.example',
    topics: ['order.*'],
    secret: misplaced,
  })
  await send(webhookDetails, { id: ids[0] })
  await server.connections.sql`alter table webhooks_away rename to webhooks`
  const [bare] = server.url.split('/graphql')
  for (const path of ['/healthz', '/readyz', '/metrics', `/${acme.key}`, `/graphql?key=${acme.key}`]) {
    const response = await fetch(`${bare}${path}`, { headers: { authorization: `Basic ${acme.key}` } })
    answers.push(await response.text())
  }
  unsubscribe()

  const all = [...canaries].flatMap((text) => [text, text.replace(/^whsec_/, '')])
  const wanted = [...new Set([...all, secretOf(acme.key)])]
  const lines = log.lines.map((line) => JSON.stringify(line, hiddenParts))
  const hits = (texts: readonly string[]) => texts.filter((text) => wanted.some((one) => text.includes(one)))
  expect(wanted.length).toBeGreaterThan(25)
  expect(socket.length).toBeGreaterThan(0)
  expect(hits(answers)).toEqual([])
  expect(hits(socket)).toEqual([])
  expect(hits(lines)).toEqual([])
  expect(await rowsWith(server.connections, wanted)).toEqual([])
  // The search finds a text that is stored.
  expect(await rowsWith(server.connections, ['FAST_EVENTS'])).not.toEqual([])
}, 120_000)

/** Writes an error as the log does: its message and its cause. */
function hiddenParts(_name: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const message = 'query' in value ? String(value.query) : value.message
  return { message, cause: value.cause }
}
