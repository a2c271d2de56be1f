/** Secrets, tokens, credentials and keys that are known by heart, through a whole life with the log at its loudest: they are found nowhere but where they are shown once. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rowsWith } from '../../support/database/dump.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Received, type Receiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import {
  anOrder,
  documents,
  done,
  keptLog,
  quickRetries,
  type DocumentName,
  type Input,
} from '../support/fixtures.ts'
import type { ServerResponse } from 'node:http'

const hex = (count: number): string => randomBytes(count).toString('hex')
const signing = (): string => `whsec_${randomBytes(32).toString('base64')}`

const log = keptLog()
const ring = randomBytes(32).toString('base64')
let server: TestServer
let acme: Tenant
let receiver: Receiver
/** Every answer but those that show a secret once. */
const answers: string[] = []
const canaries = new Set<string>()
const canary = (text: string): string => {
  canaries.add(text)
  return text
}

/** What proves a key: its id and its checksum are no secrets. */
const secretOf = (key: string) => key.slice(-72, -8)

beforeAll(async () => {
  server = await startTestServer({ SECRETS_KEYS: `canary:${canary(ring)}` }, log)
  receiver = await startReceiver()
  acme = await server.tenant()
  canary(acme.key)
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

async function ask(query: string, variables: Input = {}): Promise<void> {
  const { body } = await acme.post({ query, variables })
  answers.push(JSON.stringify(body))
}
const asks = (name: DocumentName, input: Input) => ask(documents[name], { input })

/** Answers whose secrets are shown this once: what else they say is kept. */
async function shows(name: DocumentName, input: Input): Promise<{ id: string }> {
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

/** Says all that it was sent, as debug pages do. */
const echo = (status: number) => (request: Received, response: ServerResponse) => {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [`x-got-${name}`, value]),
  )
  response.writeHead(status, headers).end(JSON.stringify({ headers: request.headers, body: request.body }))
}

const everything = `query ($id: ID!) {
  webhook(id: $id) {
    id url secret token headers { name value } disabled { message }
    deliveries { nodes { state attempts { nodes {
      outcome detail request { url body headers { name value } } response { body bodyBase64 headers { name value } }
    } } } }
    latestAttempt { request { headers { name value } body } response { body } }
  }
  deliveryPreview(webhookId: $id) { request { headers { name value } body } }
}`

/** What a preset may be given: two of each, to begin with and to change to. */
const presets = [
  { preset: 'STANDARD', secret: signing },
  { preset: 'FLYBUY', token: () => hex(16) },
  { preset: 'FLIPDISH', secret: signing },
  { preset: 'FOODY', token: () => hex(16) },
  { preset: 'FAST_EVENTS', secret: () => hex(32) },
]
const given = ({ secret, token }: { secret?: () => string; token?: () => string }): Input => ({
  ...(secret !== undefined && { secret: canary(secret()) }),
  ...(token !== undefined && { token: canary(token()) }),
})
const credential = () => ({ name: 'authorization-x', value: `Bearer ${canary(hex(16))}` })

test('no secret is in a log line, an answer, a column or a page of health', async () => {
  receiver.script(echo(200))
  const socket: string[] = []
  const leave = acme.socket().subscribe(
    {
      query: `subscription { deliveryAttempts { attempt {
        detail request { body headers { name value } } response { body headers { name value } } } } }`,
    },
    {
      next: (news) => socket.push(JSON.stringify(news)),
      error: (error) => socket.push(String(error)),
      complete: () => undefined,
    },
  )
  const ids: string[] = []
  for (const wish of presets) {
    const policy = { httpsOnly: false, ...quickRetries(1), disable: [{ rule: 'NEVER' }] }
    const { id } = await shows('WebhookCreate', {
      ...{ name: wish.preset, preset: wish.preset, url: `${receiver.url}/`, topics: ['order.*'], policy },
      ...{ headers: [credential(), { name: 'x-shop', value: '7' }], ...given(wish) },
    })
    ids.push(id)
    // Where there is no room for it, and as what it is not.
    const wrong = canary(hex(24))
    await asks('WebhookUpdate', { id, secret: wrong, token: `${wrong}\n` })
    await asks('WebhookUpdate', { id, headers: [{ name: 'x-api-key', value: `${wrong}\r\nx: y` }] })
    await asks('SecretRotate', { id, secret: `${wrong} `, overlapMs: -1 })
    await asks('WebhookCreate', {
      name: 'x',
      url: 'https://x.example',
      topics: [],
      preset: wish.preset,
      secret: wrong,
    })
    await asks('WebhookUpdate', { id, ...given(wish), headers: [credential()] })
  }
  receiver.script(echo(500), echo(200), echo(500))
  const { id: order } = await anOrder(acme, { customer: { name: 'Ann' } })
  await waitFor(
    async () =>
      (await server.connections.sql`select from attempts where delivery_id is not null`).length >= 6,
    { what: 'attempts that failed and were repeated' },
  )
  for (const id of ids) {
    await asks('WebhookTest', { id })
    await shows('SecretRotate', { id })
    await asks('WebhookTest', { id })
    await ask(everything, { id })
  }
  await asks('OrderStateChange', { orderId: order, state: 'READY' })
  // Keys are shown once too: what proves them is no more in any of the others.
  const { partner } = await done<{ partner: { id: string } }>(acme, 'PartnerCreate', { name: 'Courier Ltd' })
  const made = await done<{ key: { id: string }; secret: string }>(acme, 'KeyCreate', {
    ...{ role: 'PARTNER', partnerId: partner.id, name: 'Courier' },
  })
  canary(secretOf(made.secret))
  await ask('{ keys { nodes { id name role partner { name } lastUsedAt } } }')
  await asks('KeyCreate', { role: 'PARTNER', partnerId: made.secret, name: 'x' })
  await asks('KeyRevoke', { id: made.secret })
  await asks('KeyRevoke', { id: made.key.id })
  await ask(documents.AuditLog, { first: 100 })
  for (const id of ids) await ask(everything, { id })

  // Wrong from the start: a document that names one, a fault of ours with one in its input, a key in odd places.
  const loose = canary(signing())
  await ask(`{ webhook(id: 7, secret: ${JSON.stringify(loose)}) { id } }`)
  await asks('WebhookCreate', {
    name: 'x',
    url: `https://${hex(4)}.example`,
    topics: ['order.*'],
    secret: [loose],
    token: { loose },
  })
  await ask(`mutation { webhookDelete(input: { id: [${JSON.stringify(loose)}] }) { deletedId } }`)
  await ask(
    `{ orders(first: ${JSON.stringify(loose)}, filter: { states: ${JSON.stringify(loose)} }) { nodes { id } } }`,
  )
  await ask('query ($preset: Preset) { webhooks(filter: { presets: [$preset] }) { nodes { id } } }', {
    preset: loose,
  })
  await server.connections.sql`alter table webhooks rename to webhooks_away`
  await asks('WebhookCreate', { name: 'x', url: 'https://x.example', topics: ['order.*'], secret: loose })
  await ask(everything, { id: ids[0] })
  await server.connections.sql`alter table webhooks_away rename to webhooks`
  const [bare] = server.url.split('/graphql')
  for (const path of ['/healthz', '/readyz', '/metrics', `/${acme.key}`, `/graphql?key=${acme.key}`]) {
    const response = await fetch(`${bare}${path}`, { headers: { authorization: `Basic ${acme.key}` } })
    answers.push(await response.text())
  }
  leave()

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
  // The search finds what is there.
  expect(await rowsWith(server.connections, ['FAST_EVENTS'])).not.toEqual([])
}, 120_000)

/** As the log writes a cause: message, code and what caused it; see runtime/log. */
function hiddenParts(_name: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const message = 'query' in value ? String(value.query) : value.message
  return { message, cause: value.cause }
}
