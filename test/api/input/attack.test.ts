/** Operations made to bring a server down are refused on both transports, and a neighbour does not notice. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKnown } from '../../feed/support/raw-socket.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { sendBody } from '../support/fixtures.ts'

let server: TestServer
let attacker: Tenant
let neighbour: Tenant

beforeAll(async () => {
  server = await startTestServer()
  attacker = await server.tenant('Attacker')
  neighbour = await server.tenant('Neighbour')
})
afterAll(() => server.close())

const roundMs = 1_500
/** Requests and sockets of the attacker that are under way at once. */
const attackers = 3
/** No single answer may keep all the others waiting for longer. */
const longestStallMs = 250

/** 25 levels in 1.3 kB: 2^24 fields. */
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
    // Larger than a message may be: the socket is closed with 1009.
    subscription: `subscription { deliveryAttempts { ${aliases('cursor')} } }`,
  },
  '3,000 levels': { query: levels, subscription: `subscription ${levels}` },
  '1,000 directives': {
    query: `{ viewer ${directives} { key { id } } }`,
    subscription: `subscription { deliveryAttempts { cursor ${directives} } }`,
  },
} as const

/** The refusal over HTTP, and over a socket: a code, or what the socket was closed with. */
async function refusals({ query, subscription }: { readonly query: string; readonly subscription: string }) {
  const { status, text } = await sendBody(server, attacker, JSON.stringify({ query }))
  const { errors } = JSON.parse(text) as { errors: readonly { extensions: { code: string } }[] }
  const raw = await openKnown(server.url, attacker.key)
  raw.say({ type: 'subscribe', id: '1', payload: { query: subscription } })
  const [, answer] = await Promise.race([raw.heard(2), raw.end().then(() => [])])
  const heard = (answer?.payload as typeof errors | undefined)?.[0]?.extensions.code ?? raw.closed()?.code
  raw.close()
  return { status, code: errors[0]?.extensions.code, heard }
}

/** How long the neighbour waits for each of its requests, one after another, until the time is over. */
async function neighbourWaits(): Promise<readonly number[]> {
  const waits: number[] = []
  const endMs = performance.now() + roundMs
  while (performance.now() < endMs) {
    const beganMs = performance.now()
    const { status, body } = await neighbour.post({ query: '{ viewer { key { id } } }' })
    expect([status, body.errors]).toEqual([200, undefined])
    waits.push(performance.now() - beganMs)
  }
  return waits
}
const median = (numbers: readonly number[]) =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Infinity

test.each(Object.entries(attacks))('%s are refused on both transports', async (name, attack) => {
  expect(await refusals(attack)).toEqual({
    status: 400,
    code: 'QUERY_TOO_COMPLEX',
    heard: name === '10,000 aliases' ? 1009 : 'QUERY_TOO_COMPLEX',
  })
})

test('while all of them go on without a pause a neighbour is answered, soon, and nothing stalls', async () => {
  await neighbourWaits()
  const inPeace = await neighbourWaits()

  let over = false
  let refused = 0
  const stalls = monitorEventLoopDelay({ resolution: 5 })
  const attackOn = async () => {
    while (!over)
      for (const attack of Object.values(attacks)) {
        const { status } = await refusals(attack)
        if (status === 400) refused += 1
      }
  }
  const attacking = Array.from({ length: attackers }, attackOn)
  stalls.enable()
  const underAttack = await neighbourWaits()
  stalls.disable()
  over = true
  await Promise.all(attacking)

  expect(refused).toBeGreaterThan(attackers * 3)
  expect(stalls.max / 1e6).toBeLessThan(longestStallMs)
  // It shares one event loop with all attackers, and waits its turn; what must not be is a queue that grows.
  expect(median(underAttack)).toBeLessThan(Math.max(10 * median(inPeace), 50))
  expect(Math.max(...underAttack)).toBeLessThan(2 * longestStallMs)
}, 30_000)
