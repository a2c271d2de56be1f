/** The manual's programs and requests, run as printed, except for the address. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWebhook, createOrder, waitForSettled, type OrderAnswer } from './api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from './support/server.ts'
import { startReceiver, type Receiver } from './support/receiver.ts'
import { manual, manualFile } from './support/manual.ts'
import { waitFor } from './support/wait-for.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Without the receivers that verify signatures and the subscribing programs, which have tests of their own. */
const programs = [...manual.matchAll(/^```js\n(.*?)^```/gms)]
  .map(([, program = '']) => program)
  .filter((program) => !/createServer\(|'graphql-ws'|orderbell\.mjs/.test(program))
const bodies = [...manual.matchAll(/curl .*?-d '(.*?)'$/gms)].map(([, body = '']) => body)

let server: TestServer
let acme: Tenant
let receiver: Receiver
let order: OrderAnswer
const running: ChildProcess[] = []

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  await createWebhook(acme, receiver)
  order = await createOrder(acme)
  await waitForSettled(acme, {})
})
afterAll(async () => {
  for (const process of running) process.kill('SIGKILL')
  await receiver.close()
  await server.close()
})

/** Starts a program of the manual and collects its output in `printed`. */
function run(program: string) {
  const { host } = new URL(server.url)
  const code = program.replaceAll('127.0.0.1:4000', host)
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: root,
    env: { ...process.env, KEY: acme.key },
  })
  running.push(child)
  const seen = { printed: '', exitCode: undefined as number | null | undefined }
  child.stdout.on('data', (chunk: Buffer) => (seen.printed += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (seen.printed += chunk.toString()))
  child.on('exit', (code) => (seen.exitCode = code))
  return seen
}

function programWith(text: string): string {
  const found = programs.filter((program) => program.includes(text))
  expect(found, `programs of the manual with ${text}`).toHaveLength(1)
  return found[0] ?? ''
}

test('the manual has two programs and one curl request that this file runs', () => {
  expect(programs).toHaveLength(2)
  expect(bodies).toHaveLength(1)
})

test.each(['@apollo/client', '@urql/core'])(
  'the program with %s prints the orders and exits with 0',
  async (library) => {
    const seen = run(programWith(`'${library}'`))
    await waitFor(() => seen.exitCode !== undefined, { what: 'the program to end', deadlineMs: 20_000 })
    expect(seen).toEqual({ printed: `#${order.number} CREATED\n`, exitCode: 0 })
  },
)

test('the receiver of the tutorial prints a request and answers 204', async () => {
  const [, program = ''] = /^```js\n(.*?)^```/ms.exec(manualFile('docs/getting-started.md')) ?? []
  const port = await freePort()
  const seen = run(program.replace('8080', String(port)))
  const post = () =>
    fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { 'webhook-id': 'dlv_1' },
      body: '{"a":1}',
    })
  await waitFor(async () => (await post().catch(() => null))?.status === 204, {
    what: 'the receiver to answer',
  })
  await waitFor(() => seen.printed.includes('dlv_1 {"a":1}\n'), { what: 'the request to be printed' })
})

test.each(bodies)('the curl request %s returns the orders', async (body) => {
  const answer = await acme.post(JSON.parse(body))
  expect(answer).toMatchObject({
    status: 200,
    body: { data: { orders: { nodes: [{ number: order.number }] } } },
  })
})

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}
