/** The receivers of docs/receiving.md, run as printed, with requests of the dialects: genuine, forged and test requests. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type RequestContext, type RenderedRequest } from '../src/domain/dialects/dialect.ts'
import { exampleEvent } from '../src/domain/orders/event.ts'
import { requestContextFor } from './support/checks/dialects.ts'
import { buildId } from './support/samples.ts'
import { manualFile } from './support/manual.ts'
import { waitFor } from './support/wait-for.ts'
import { dialectRules, type Dialect } from '../src/domain/dialects/registry.ts'

const receiving = manualFile('docs/receiving.md')
const receivers = [...receiving.matchAll(/^```js\n(.*?)^```/gms)]
  .map(([, program = '']) => program)
  .filter((program) => program.includes('createServer('))

/** A text that occurs only in the program of the dialect. */
const marks = {
  STANDARD: 'webhook-timestamp',
  FLYBUY: 'authorization',
  FLIPDISH: 'webhook-timestamp',
  FOODY: 'hook_test',
  FAST_EVENTS: 'x-fe-webhook-signature',
} as const satisfies Partial<Record<Dialect, string>>
/** The dialects whose senders' documents are known. */
type Sender = keyof typeof marks
const senders = Object.keys(marks) as readonly Sender[]

const tokens = { right: '2b100082b90d4ad9b4fezzed960cf652', wrong: '4ded1606cd25421398b2de069f1f2cdd' }
const running: ChildProcess[] = []
const end = () => {
  for (const child of running.splice(0)) child.kill('SIGKILL')
}
afterEach(end)
afterAll(end)

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts the receiver of a dialect with the secret and the token that `requestContextOf` uses. */
async function receiverOf(dialect: Sender) {
  const [program, ...others] = receivers.filter((each) => each.includes(marks[dialect]))
  if (program === undefined || others.length > 0) throw new Error(`expected one receiver of ${dialect}`)
  const port = await freePort()
  const [secret = ''] = requestContextOf(dialect).secrets
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { PORT: String(port), SECRET: secret, TOKEN: tokens.right },
  })
  running.push(child)
  const seen = { printed: '', complaints: '' }
  child.stdout.on('data', (chunk: Buffer) => (seen.printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (seen.complaints += chunk.toString()))
  const url = `http://127.0.0.1:${port}/`
  await waitFor(() => fetch(url, { method: 'HEAD' }).then(Boolean, () => false), {
    what: `the receiver of ${dialect} to listen; it said ${seen.complaints}`,
    deadlineMs: 20_000,
  })
  const send = async ({ headers, body }: RenderedRequest): Promise<number> => {
    const pairs = headers.map(({ name, value }): [string, string] => [name, value])
    return (await fetch(url, { method: 'POST', headers: pairs, body })).status
  }
  return { seen, send }
}

function requestContextOf(dialect: Sender, given: Partial<RequestContext> = {}): RequestContext {
  const token = dialectRules[dialect].token === 'NONE' ? null : tokens.right
  const at = new Date()
  return requestContextFor(dialect, { token, at, event: exampleEvent(buildId('evt'), at), ...given })
}

const changed = ({ headers, body }: RenderedRequest, name: string, value: string): RenderedRequest => ({
  body,
  headers: headers.map((header) => (header.name === name ? { name, value } : header)),
})

test('the manual has a receiver of at most 20 lines for every preset', () => {
  expect(receivers).toHaveLength(new Set(Object.values(marks)).size)
  for (const program of receivers) expect(program.trim().split('\n').length).toBeLessThanOrEqual(20)
})

/** The output of each receiver for the example event, and its statuses for genuine and forged requests. */
const wanted = {
  STANDARD: { taken: 204, refused: 401, prints: `${buildId('dlv')} order.state_changed\n` },
  FLIPDISH: { taken: 204, refused: 401, prints: `${buildId('dlv')} order.state_changed\n` },
  FLYBUY: { taken: 204, refused: 401, prints: 'order 187 is accepted, its customer nearby\n' },
  FOODY: { taken: 200, refused: 200, prints: 'order 4228df3a-a54a-40d7-b30f-1385eca4c3dd is accepted\n' },
  FAST_EVENTS: { taken: 200, refused: 200, prints: 'order.updated 187\n' },
}

/** Forged requests, which the receiver of a dialect must not accept. */
function forged(dialect: Sender): readonly RenderedRequest[] {
  const rules = dialectRules[dialect]
  const good = rules.render(requestContextOf(dialect))
  const byOther = requestContextOf(dialect, {
    secrets: rules.secret === null ? [] : [rules.secret.write(Buffer.alloc(32, 9))],
    token: rules.token === 'NONE' ? null : tokens.wrong,
  })
  const proof = good.headers.find(({ name }) => rules.secretHeaders.includes(name.toLowerCase()))
  const bare: RenderedRequest = { headers: [], body: 'not JSON' }
  if (proof === undefined) return [rules.render(byOther), bare, { headers: [], body: 'null' }]
  const odd = changed(good, proof.name, 'é'.repeat(proof.value.length))
  const signed = rules.secret !== null
  return [
    ...[rules.render(byOther), bare, odd],
    ...(signed ? [{ ...good, body: good.body.replace('187', '188') }] : []),
    ...(proof.name === 'webhook-signature'
      ? [rules.render(requestContextOf(dialect, { at: new Date(Date.now() - 301_000) }))]
      : []),
  ]
}

describe.each(senders)('receiver of %s', (dialect) => {
  const { taken, refused, prints } = wanted[dialect]

  test('accepts a genuine request and no forged one', async () => {
    const { seen, send } = await receiverOf(dialect)
    for (const request of forged(dialect)) expect(await send(request), request.body).toBe(refused)
    expect(await send(dialectRules[dialect].render(requestContextOf(dialect)))).toBe(taken)
    await waitFor(() => seen.printed !== '', { what: 'the genuine request to be printed' })
    expect(seen).toEqual({ printed: prints, complaints: '' })
  })

  test('answers the test request with a success status', async () => {
    const { seen, send } = await receiverOf(dialect)
    expect(await send(dialectRules[dialect].renderTest(requestContextOf(dialect)))).toBe(taken)
    expect(seen.complaints).toBe('')
  })
})

const signing = senders.filter((dialect) => dialectRules[dialect].secret !== null)

test.each(signing)(
  'the receiver of %s accepts a request with two signatures during a rotation of the secret',
  async (dialect) => {
    const { seen, send } = await receiverOf(dialect)
    const { secrets } = requestContextOf(dialect)
    // A request with one signature is signed with the newest secret.
    const order = dialectRules[dialect].manySignatures ? [...secrets].reverse() : secrets
    expect(await send(dialectRules[dialect].render(requestContextOf(dialect, { secrets: order })))).toBe(
      wanted[dialect].taken,
    )
    await waitFor(() => seen.printed !== '', { what: 'the request to be printed' })
  },
)
