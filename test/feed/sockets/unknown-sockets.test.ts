/** Limits of unauthenticated sockets, by address and in total: refused at the upgrade, and freed when a socket authenticates or ends. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { ApiDeps } from '../../../src/graphql/auth/request-context.ts'
import { executableSchema } from '../../../src/graphql/schema.ts'
import {
  makeWebSocketTransport,
  type WebSocketTransport,
} from '../../../src/graphql/websocket/websocket-transport.ts'
import { makeSocketLimits } from '../../../src/graphql/websocket/connection-limits.ts'
import { makeOperationValidator } from '../../../src/graphql/execution/validate-operation.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

const schema = executableSchema()
let server: Server
let transport: WebSocketTransport
beforeEach(async () => {
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api = {
    addressOf: ({ headers }: { headers: Record<string, string> }) => headers['x-address'] ?? 'here',
    keyless: { take: () => true, isOver: () => false, refund: () => undefined },
    authThrottle: {
      authenticate: () => Promise.resolve({ key: { id: 'key_1', projectId: 'prj_1' }, sessionId: null }),
    },
    onEnded: () => undefined,
    endedAmong: () => Promise.resolve([]),
    trustedOrigins: { publicUrl: 'http://127.0.0.1:4000/', allowedOrigins: [] },
    log: nullLog,
    serviceDeps: { system: { random: () => 0 } },
  } as unknown as ApiDeps
  const limits = makeSocketLimits({ unauthenticatedPerAddress: 3, unauthenticated: 5 })
  transport = makeWebSocketTransport(
    api,
    schema,
    makeOperationValidator(schema, { introspection: true }),
    server,
    '/graphql',
    limits,
  )
})
afterEach(async () => {
  await transport.stop()
  await new Promise((resolve) => server.close(resolve))
})

interface Upgrade {
  readonly socket: WebSocket
  /** 101, or the status that refused the upgrade. */
  readonly status: number
  readonly retryAfter: string | undefined
}

async function upgrade(address = 'here', path = '/graphql'): Promise<Upgrade> {
  const { port } = server.address() as AddressInfo
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, ['graphql-transport-ws'], {
    headers: { 'x-address': address },
  })
  socket.on('error', () => undefined)
  return new Promise((resolve) => {
    socket.on('open', () => resolve({ socket, status: 101, retryAfter: undefined }))
    socket.on('unexpected-response', (_, { statusCode = 0, headers }) => {
      socket.terminate()
      resolve({ socket, status: statusCode, retryAfter: headers['retry-after'] })
    })
  })
}
async function upgrades(count: number, address?: string): Promise<readonly Upgrade[]> {
  const found: Upgrade[] = []
  for (let n = 0; n < count; n += 1) found.push(await upgrade(address))
  return found
}
const statuses = (found: readonly Upgrade[]) => found.map(({ status }) => status)
const waitForPlace = (address?: string) =>
  waitFor(async () => (await upgrade(address)).status === 101, { what: 'a free place for one more' })

describe('unauthenticated socket limit', () => {
  test('the fourth unauthenticated socket of an address is refused with 429 when the limit is 3; another address is accepted', async () => {
    expect(statuses(await upgrades(3))).toEqual([101, 101, 101])
    expect(await upgrade()).toMatchObject({ status: 429, retryAfter: '3' })
    expect((await upgrade('elsewhere')).status).toBe(101)
  })

  test('the sixth unauthenticated socket is refused with 429 when the total limit is 5', async () => {
    expect(statuses([...(await upgrades(3, 'a')), ...(await upgrades(3, 'b'))])).toEqual([
      101, 101, 101, 101, 101, 429,
    ])
    expect((await upgrade('c')).status).toBe(429)
  })

  test('a socket that authenticates frees its place once; its later close does not free a second place', async () => {
    const [first] = await upgrades(3)
    first?.socket.send(JSON.stringify({ type: 'connection_init' }))
    await waitForPlace()
    expect((await upgrade()).status).toBe(429)
    first?.socket.close()
    await waitFor(() => first?.socket.readyState === WebSocket.CLOSED, {
      what: 'the first socket to be closed',
    })
    expect((await upgrade()).status).toBe(429)
  })

  test('an unauthenticated socket that ends frees one place', async () => {
    const [first] = await upgrades(3)
    first?.socket.terminate()
    await waitForPlace()
    expect((await upgrade()).status).toBe(429)
  })

  test('upgrades at another path are refused with 400 and do not count against the limit', async () => {
    for (let n = 0; n < 10; n += 1) expect((await upgrade('here', '/elsewhere')).status).toBe(400)
    expect(statuses(await upgrades(3))).toEqual([101, 101, 101])
  })
})
