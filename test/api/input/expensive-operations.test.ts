/** Operations that are too expensive are refused over HTTP and WebSocket, and do not delay other projects. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAuthenticated } from '../../feed/support/raw-socket.ts'
import { sharedTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { sendBody } from '../support/fixtures.ts'

let server: TestServer
let attacker: Tenant
let otherTenant: Tenant

beforeAll(async () => {
  server = await sharedTestServer()
  attacker = await server.tenant('Attacker')
  otherTenant = await server.tenant('Other')
})
afterAll(() => server.close())

/** Duration of one measurement. */
const measureMs = 1_500
/** Concurrent loops of the attacker. */
const attackers = 3
/** No single response may block the event loop for longer. */
const longestStallMs = 250

/** 25 levels in 1.3 kB that expand to 2^24 fields. */
const doubling = (type: string, leaf: string) =>
  Array.from(
    { length: 25 },
    (_, level) =>
      `fragment F${level} on ${type} { ${level === 24 ? leaf : `...F${level + 1} ...F${level + 1}`} }`,
  ).join(' ')
const aliases = (field: string) => Array.from({ length: 10_000 }, (_, n) => `a${n}: ${field}`).join(' ')
const levels = '{ a '.repeat(3_000) + '}'.repeat(3_000)
const directives = '@skip(if:true)'.repeat(1_000)

const attacks = {
  'fragments that double 25 times': {
    query: `{ viewer { project { ...F0 } } } ${doubling('Project', 'id')}`,
    subscription: `subscription { deliveryAttempts { ...F0 } } ${doubling('DeliveryAttemptEvent', 'cursor')}`,
  },
  '10,000 aliases': {
    query: `{ ${aliases('viewer { key { id } }')} }`,
    // Larger than the message limit: the server closes the socket with 1009.
    subscription: `subscription { deliveryAttempts { ${aliases('cursor')} } }`,
  },
  '3,000 levels': { query: levels, subscription: `subscription ${levels}` },
  '1,000 directives': {
    query: `{ viewer ${directives} { key { id } } }`,
    subscription: `subscription { deliveryAttempts { cursor ${directives} } }`,
  },
} as const

/** The refusal over HTTP and over WebSocket: a code, or the close code of the socket. */
async function refusals({ query, subscription }: { readonly query: string; readonly subscription: string }) {
  const { status, text } = await sendBody(server, attacker, JSON.stringify({ query }))
  const { errors } = JSON.parse(text) as { errors: readonly { extensions: { code: string } }[] }
  const raw = await openAuthenticated(server.url, attacker.key)
  raw.send({ type: 'subscribe', id: '1', payload: { query: subscription } })
  const [, answer] = await Promise.race([raw.received(2), raw.end().then(() => [])])
  const received = (answer?.payload as typeof errors | undefined)?.[0]?.extensions.code ?? raw.closed()?.code
  raw.close()
  return { status, code: errors[0]?.extensions.code, received }
}

/** Latencies of the other project's requests, sent one after another during one measurement. */
async function measureOtherTenant(): Promise<readonly number[]> {
  const latenciesMs: number[] = []
  const endMs = performance.now() + measureMs
  while (performance.now() < endMs) {
    const beganMs = performance.now()
    const { status, body } = await otherTenant.post({ query: '{ viewer { key { id } } }' })
    expect([status, body.errors]).toEqual([200, undefined])
    latenciesMs.push(performance.now() - beganMs)
  }
  return latenciesMs
}
const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Infinity

test.each(Object.entries(attacks))(
  'the server refuses an operation of %s over HTTP and over WebSocket',
  async (name, attack) => {
    expect(await refusals(attack)).toEqual({
      status: 400,
      code: 'QUERY_TOO_COMPLEX',
      received: name === '10,000 aliases' ? 1009 : 'QUERY_TOO_COMPLEX',
    })
  },
)

test('continuous expensive operations of one project do not block the event loop for 250 ms or delay the requests of another project', async () => {
  await measureOtherTenant()
  const undisturbed = await measureOtherTenant()

  let isOver = false
  let refused = 0
  const stalls = monitorEventLoopDelay({ resolution: 5 })
  const attackOn = async () => {
    while (!isOver)
      for (const attack of Object.values(attacks)) {
        const { status } = await refusals(attack)
        if (status === 400) refused += 1
      }
  }
  const attacking = Array.from({ length: attackers }, attackOn)
  stalls.enable()
  const underAttack = await measureOtherTenant()
  stalls.disable()
  isOver = true
  await Promise.all(attacking)

  expect(refused).toBeGreaterThan(attackers * 3)
  expect(stalls.max / 1e6).toBeLessThan(longestStallMs)
  // The project shares the event loop with the attackers and waits for their requests. The queue must not grow.
  expect(median(underAttack)).toBeLessThan(Math.max(10 * median(undisturbed), 50))
  expect(Math.max(...underAttack)).toBeLessThan(2 * longestStallMs)
}, 30_000)
