/** Limits of sockets and subscriptions: one above the limit is refused with a code, the others continue, and each one that ends frees its place. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  makeSocketLimits,
  maxSocketsPerKey,
  maxSubscriptionsPerProject,
  maxSubscriptionsPerSocket,
} from '../../../src/graphql/websocket/connection-limits.ts'
import { createWebhook, createOrder, documents } from '../../api/support/fixtures.ts'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver } from '../../support/receiver.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openAuthenticated, openRaw, type RawSocket } from '../support/raw-socket.ts'

let server: TestServer
let acme: Tenant
let open: RawSocket[] = []

beforeAll(async () => {
  server = await startTestServer()
})
afterEach(async () => {
  for (const raw of open) raw.close()
  open = []
  acme = await server.tenant()
})
afterAll(() => server.close())

const known = async (key: string): Promise<RawSocket> => {
  const raw = await openAuthenticated(server.url, key)
  open.push(raw)
  return raw
}
const subscribe = (id: string, query = documents.Live) => ({ type: 'subscribe', id, payload: { query } })
const follow = (raw: RawSocket, count: number, from = 0): void => {
  for (let n = from; n < from + count; n += 1) raw.send(subscribe(`s${n}`))
}
/** Returns the error and complete messages, once the server has answered everything sent before. */
const answers = async (raw: RawSocket) => {
  const pongs = () => raw.messages.filter(({ type }) => type === 'pong').length
  const before = pongs()
  raw.send({ type: 'ping' })
  await waitFor(() => pongs() > before, { what: 'a pong' })
  return raw.messages.filter(({ type }) => type === 'error' || type === 'complete')
}
const refused = (id: string) => ({
  type: 'error',
  id,
  payload: [{ message: expect.any(String) as string, extensions: { code: 'RATE_LIMITED' } }],
})

/** Locks a table until the returned function is called. */
async function lockTable(table: string): Promise<() => Promise<void>> {
  const connection = await server.connections.sql.reserve()
  await connection.unsafe(`begin; lock table ${table} in access exclusive mode`)
  return async () => {
    await connection`rollback`
    connection.release()
  }
}

/** The cursor of an attempt. */
async function createCursor(): Promise<string> {
  const receiver = await startReceiver()
  const raw = await known(acme.key)
  raw.send(subscribe('first'))
  await answers(raw)
  await createWebhook(acme, receiver)
  await createOrder(acme)
  const nextMessages = () => raw.messages.find(({ type }) => type === 'next')
  await waitFor(() => nextMessages() !== undefined, { what: 'an attempt' })
  await receiver.close()
  const { data } = nextMessages()?.payload as { data: { deliveryAttempts: { cursor: string } } }
  return data.deliveryAttempts.cursor
}

describe('subscription limit of a socket', () => {
  beforeAll(async () => {
    acme = await server.tenant()
  })

  test('the 21st subscription of a socket is refused with RATE_LIMITED, and the 20 others receive attempts', async () => {
    const receiver = await startReceiver()
    const raw = await known(acme.key)
    follow(raw, maxSubscriptionsPerSocket + 1)
    expect(await answers(raw)).toMatchObject([refused('s20')])
    expect(raw.closed()).toBeUndefined()

    await createWebhook(acme, receiver)
    await createOrder(acme)
    const nextMessages = () => new Set(raw.messages.filter(({ type }) => type === 'next').map(({ id }) => id))
    await waitFor(() => nextMessages().size === maxSubscriptionsPerSocket, {
      what: 'attempts on twenty subscriptions',
    })
    await receiver.close()
  })

  test.each([
    ['one subscription', (raw: RawSocket) => raw.send({ type: 'complete', id: 's3' })],
    [
      'all subscriptions',
      (raw: RawSocket) => {
        for (let n = 0; n < maxSubscriptionsPerSocket; n += 1) raw.send({ type: 'complete', id: `s${n}` })
      },
    ],
  ])('a socket may subscribe again after its client ends %s', async (_, end) => {
    const raw = await known(acme.key)
    follow(raw, maxSubscriptionsPerSocket)
    expect(await answers(raw)).toEqual([])
    end(raw)
    await answers(raw)
    raw.send(subscribe('one more'))
    expect(await answers(raw)).toEqual([])
  })

  test('subscriptions that are refused or fail at the start do not count against the limit of 20', async () => {
    const raw = await known(acme.key)
    const forged = 'subscription { deliveryAttempts(after: "x") { cursor } }'
    for (let n = 0; n < 2 * maxSubscriptionsPerSocket; n += 1) {
      raw.send(subscribe(`wrong${n}`, 'subscription { nothing }'))
      raw.send(subscribe(`forged${n}`, forged))
      await waitFor(() => raw.messages.some(({ type, id }) => type === 'error' && id === `forged${n}`), {
        what: 'the refusal of the forged cursor',
      })
    }
    follow(raw, maxSubscriptionsPerSocket)
    const messages = await answers(raw)
    expect(messages.filter(({ id }) => id?.startsWith('s'))).toEqual([])
    expect(JSON.stringify(messages)).not.toContain('RATE_LIMITED')
  })

  test('subscriptions count against the limit while they start, and those that end before they started free their places', async () => {
    const raw = await known(acme.key)
    const after = await createCursor()
    const begin = (id: string) =>
      raw.send({ type: 'subscribe', id, payload: { query: documents.Live, variables: { after } } })
    // A starting subscription reads its position in the feed from this table.
    const unlock = await lockTable('feeds')
    for (let n = 0; n < maxSubscriptionsPerSocket; n += 1) {
      begin(`s${n}`)
      raw.send({ type: 'complete', id: `s${n}` })
    }
    begin('s0')
    begin('one more')
    expect(await answers(raw)).toMatchObject([refused('s0'), refused('one more')])
    await unlock()

    await waitFor(
      async () => {
        const received = raw.messages.length
        raw.send(subscribe('free'))
        await answers(raw)
        return raw.messages.slice(received).every(({ type }) => type === 'pong')
      },
      { what: 'a free place after all have ended' },
    )
    await waitFor(
      async () => {
        const received = raw.messages.length
        raw.send({ type: 'complete', id: 'free' })
        follow(raw, maxSubscriptionsPerSocket)
        await answers(raw)
        const all = raw.messages.slice(received).every(({ type }) => type === 'pong')
        if (!all)
          for (let n = 0; n < maxSubscriptionsPerSocket; n += 1) raw.send({ type: 'complete', id: `s${n}` })
        return all
      },
      { what: 'free places for all twenty' },
    )
  })
})

describe('socket limit of a key', () => {
  test('the 51st socket of a key is closed with 4429 and a reason, the 50 others stay open, and closing one frees its place', async () => {
    const other = await server.tenant()
    await Promise.all(Array.from({ length: maxSocketsPerKey }, () => known(acme.key)))
    const onePastTheLast = await openRaw(server.url)
    onePastTheLast.send({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } })

    expect(await onePastTheLast.end()).toBe(4429)
    expect(onePastTheLast.closed()?.reason).toBe('Too many sockets: the maximum for one key is 50')
    expect(onePastTheLast.messages).toEqual([])
    expect(open.map((raw) => raw.closed())).toEqual(Array(maxSocketsPerKey).fill(undefined))
    expect((await known(other.key)).messages).toEqual([{ type: 'connection_ack' }])

    open[0]?.close()
    await waitFor(
      async () => {
        const raw = await openRaw(server.url)
        raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}` } })
        await waitFor(() => raw.messages.length > 0 || raw.closed() !== undefined, { what: 'an answer' })
        open.push(raw)
        return raw.closed() === undefined
      },
      { what: 'a free place for one socket' },
    )
  })

  test('55 sockets with a wrong key do not count against the socket limit of a key', async () => {
    for (let n = 0; n < maxSocketsPerKey + 5; n += 1) {
      const raw = await openRaw(server.url)
      raw.send({ type: 'connection_init', payload: { authorization: `Bearer ${acme.key}x` } })
      expect(await raw.end()).toBe(4403)
    }
    expect((await known(acme.key)).messages).toEqual([{ type: 'connection_ack' }])
  })
})

describe('subscription limit of a project', () => {
  const socketsFull = maxSubscriptionsPerProject / maxSubscriptionsPerSocket

  test('a project has at most 1,000 subscriptions over all its sockets, and releasing one twice frees one place', () => {
    const limits = makeSocketLimits()
    const sockets = Array.from({ length: socketsFull }, () => ({}))
    const take = (socket: object, projectId = 'prj_1') => limits.takeSubscription({ socket, projectId })
    const taken = sockets.flatMap((socket) =>
      Array.from({ length: maxSubscriptionsPerSocket }, () => take(socket)),
    )
    expect(taken.every((one) => typeof one === 'function')).toBe(true)
    const [first] = taken
    const fresh = {}
    const code = (found: unknown) =>
      found instanceof Error && 'extensions' in found ? found.extensions : 'taken'

    expect(code(take(fresh))).toEqual({ code: 'RATE_LIMITED' })
    expect(code(take(fresh, 'prj_2'))).toBe('taken')
    if (typeof first === 'function') {
      first()
      first()
    }
    expect(code(take(fresh))).toBe('taken')
    expect(code(take(fresh))).toEqual({ code: 'RATE_LIMITED' })
    // Subscriptions that the project's limit refused do not count on the socket: `fresh` has two, eighteen are left.
    const rest = Array.from({ length: 19 }, () => code(take(fresh, 'prj_3')))
    expect(rest.filter((one) => one === 'taken')).toHaveLength(18)
  })

  test('closing a socket of a project with 1,000 subscriptions frees the places of its 20 subscriptions', async () => {
    await Promise.all(Array.from({ length: socketsFull - 1 }, () => known(acme.key)))
    const last = await known(acme.key)
    for (const raw of open) follow(raw, maxSubscriptionsPerSocket)
    for (const raw of open) expect(await answers(raw)).toEqual([])
    last.send({ type: 'complete', id: 's0' })
    await answers(last)
    const [one] = open
    one?.close()
    await waitFor(() => one?.closed() !== undefined, { what: 'a socket to be closed' })
    // 979 are left: 21 more fit, 20 on a new socket and one on the socket that has ended one.
    const fresh = await known(acme.key)
    follow(fresh, maxSubscriptionsPerSocket)
    last.send(subscribe('again'))
    expect([...(await answers(fresh)), ...(await answers(last))]).toEqual([])
  }, 30_000)
})
