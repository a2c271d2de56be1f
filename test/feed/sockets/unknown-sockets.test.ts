/** Limits of unauthenticated sockets, by address and in total: refused at the upgrade, and freed when a socket authenticates or ends. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { ApiWorld } from '../../../src/graphql/auth/authenticate.ts'
import { makeSchema } from '../../../src/graphql/schema.ts'
import {
  makeSocketFace,
  type WebSocketTransport,
} from '../../../src/graphql/websocket/websocket-transport.ts'
import { makeSocketLimits } from '../../../src/graphql/websocket/connection-limits.ts'
import { makeOperationValidator } from '../../../src/graphql/execution/validate-operation.ts'
import { nullLog } from '../../support/null-log.ts'
import { waitFor } from '../../support/wait-for.ts'

const schema = makeSchema()
let server: Server
let face: WebSocketTransport
beforeEach(async () => {
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api = {
    addressOf: ({ headers }: { headers: Record<string, string> }) => headers['x-address'] ?? 'here',
    keyless: { take: () => true, isOver: () => false, giveBack: () => undefined },
    authThrottle: { ask: () => Promise.resolve({ id: 'key_1', projectId: 'prj_1' }) },
    onKeyEnded: () => undefined,
    endedKeys: () => Promise.resolve([]),
    log: nullLog,
  } as unknown as ApiWorld
  const limits = makeSocketLimits({ unknownPerAddress: 3, unknown: 5 })
  face = makeSocketFace(
    api,
    schema,
    makeOperationValidator(schema, { introspection: true }),
    server,
    '/graphql',
    limits,
  )
})
afterEach(async () => {
  await face.stop()
  await new Promise((resolve) => server.close(resolve))
})

interface Knock {
  readonly socket: WebSocket
  /** 101, or the status that refused the upgrade. */
  readonly status: number
  readonly retryAfter: string | undefined
}

async function knock(address = 'here', path = '/graphql'): Promise<Knock> {
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
async function knocks(count: number, address?: string): Promise<readonly Knock[]> {
  const found: Knock[] = []
  for (let n = 0; n < count; n += 1) found.push(await knock(address))
  return found
}
const statuses = (found: readonly Knock[]) => found.map(({ status }) => status)
const room = (address?: string) =>
  waitFor(async () => (await knock(address)).status === 101, { what: 'a free place for one more' })

describe('unauthenticated socket limit', () => {
  test('the fourth unauthenticated socket of an address is refused with 429 when the limit is 3; another address is accepted', async () => {
    expect(statuses(await knocks(3))).toEqual([101, 101, 101])
    expect(await knock()).toMatchObject({ status: 429, retryAfter: '3' })
    expect((await knock('elsewhere')).status).toBe(101)
  })

  test('the sixth unauthenticated socket is refused with 429 when the total limit is 5', async () => {
    expect(statuses([...(await knocks(3, 'a')), ...(await knocks(3, 'b'))])).toEqual([
      101, 101, 101, 101, 101, 429,
    ])
    expect((await knock('c')).status).toBe(429)
  })

  test('a socket that authenticates frees its place once; its later close does not free a second place', async () => {
    const [first] = await knocks(3)
    first?.socket.send(JSON.stringify({ type: 'connection_init' }))
    await room()
    expect((await knock()).status).toBe(429)
    first?.socket.close()
    await waitFor(() => first?.socket.readyState === WebSocket.CLOSED, {
      what: 'the first socket to be closed',
    })
    expect((await knock()).status).toBe(429)
  })

  test('an unauthenticated socket that ends frees one place', async () => {
    const [first] = await knocks(3)
    first?.socket.terminate()
    await room()
    expect((await knock()).status).toBe(429)
  })

  test('upgrades at another path are refused with 400 and do not count against the limit', async () => {
    for (let n = 0; n < 10; n += 1) expect((await knock('here', '/elsewhere')).status).toBe(400)
    expect(statuses(await knocks(3))).toEqual([101, 101, 101])
  })
})
