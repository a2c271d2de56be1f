/** Kept connections that end during a request, over real sockets with and without TLS. */
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { SendResult } from '../../../../src/domain/deliveries/outcome.ts'
import {
  buildRequest,
  makeTestSender,
  fixture,
  rawReceiver,
  tlsReceiver,
  waitFor,
  type Receiver,
} from '../receiver.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const extraCa = fixture('ca')
const good = { key: fixture('good.key'), cert: fixture('good') }

type Talk = (socket: Socket, request: string, place: Place) => void
interface Place {
  /** The number of the connection and of the request on it, both from 1. */
  readonly connection: number
  readonly request: number
  /** Resets the TCP connection, also below TLS. */
  readonly reset: () => void
}

const receivers: Readonly<Record<'http' | 'https', (talk: Talk) => Promise<Receiver>>> = {
  http: async (talk) => {
    const receiver: Receiver = await rawReceiver(placed(talk, (socket) => receiver.reset(socket)))
    return receiver
  },
  https: async (talk) => {
    const receiver: Receiver = await tlsReceiver(
      good,
      '127.0.0.1',
      placed(talk, (socket) => receiver.reset(socket)),
    )
    return receiver
  },
}
const schemes = ['http', 'https'] as const

function placed(talk: Talk, reset: Receiver['reset']): (socket: Socket, request: string) => void {
  const places = new Map<Socket, { readonly connection: number; request: number }>()
  return (socket, request) => {
    const place = places.get(socket) ?? { connection: places.size + 1, request: 0 }
    place.request += 1
    places.set(socket, place)
    talk(socket, request, { ...place, reset: () => reset(socket) })
  }
}

/** Answers the first request of a connection; `then` handles the later ones. */
const answersOnce =
  (then: Talk): Talk =>
  (socket, request, place) =>
    place.request === 1 ? void socket.write(ok) : then(socket, request, place)

const succeeded = { kind: 'ANSWERED', status: 200, retryAfter: null }

async function sendTwice(receiver: Receiver, body?: Uint8Array): Promise<SendResult> {
  const sender = makeTestSender({ extraCa })
  const first = await sender.send(buildRequest(receiver.url))
  expect(first).toMatchObject({ answer: succeeded, resentOnNewConnection: false })
  return sender.send(buildRequest(receiver.url, body === undefined ? {} : { body, timeoutMs: 20_000 }))
}

describe.concurrent.each(schemes)('kept connection over %s', (scheme) => {
  it.each<readonly [string, Talk]>([
    ['ends with the request on it', (socket) => socket.end()],
    ['is reset with the request on it', (_socket, _request, { reset }) => reset()],
    ['ends a while after the request', (socket) => setTimeout(() => socket.end(), 100)],
    ['is reset a while after the request', (_socket, _request, { reset }) => setTimeout(reset, 100)],
  ])('a request whose kept connection %s is sent once more on a new connection', async (_, then) => {
    const receiver = await receivers[scheme](answersOnce(then))
    const result = await sendTwice(receiver)
    expect(result).toMatchObject({ answer: succeeded, resentOnNewConnection: true })
    expect(result.phases.connectMs).not.toBeNull()
    expect(receiver.connections()).toBe(2)
  })

  it('a request whose kept connection is reset while a large body is written is sent once more', async () => {
    let bytes = 0
    const receiver = await receivers[scheme]((socket, request, { connection, reset }) => {
      if (connection === 1) {
        // The request after the first response is not read to its end.
        socket.write(ok)
        socket.removeAllListeners('data').once('data', reset)
        socket.resume()
      } else {
        bytes = request.length
        socket.write(ok)
      }
    })
    const body = Buffer.alloc(2_000_000, 'x')
    const result = await sendTwice(receiver, body)
    expect(result).toMatchObject({ answer: succeeded, resentOnNewConnection: true })
    expect(bytes).toBeGreaterThan(body.length)
  }, 30_000)

  it('a connection that ended while it was idle is not used', async () => {
    const receiver = await receivers[scheme]((socket, _request, { reset }) => {
      socket.write(ok)
      setTimeout(reset, 50)
    })
    const sender = makeTestSender({ extraCa })
    await sender.send(buildRequest(receiver.url))
    await new Promise((resolve) => setTimeout(resolve, 200))
    const result = await sender.send(buildRequest(receiver.url))
    expect(result).toMatchObject({ answer: succeeded, resentOnNewConnection: false })
  })

  it('every request is answered when the receiver ends its connections at random times', async () => {
    const seen: string[] = []
    const receiver = await receivers[scheme]((socket, request, { reset }) => {
      seen.push(request)
      socket.write(ok)
      setTimeout(() => (Math.random() < 0.5 ? socket.end() : reset()), Math.random() * 4)
    })
    const sender = makeTestSender({ extraCa })
    const results: SendResult[] = []
    const lane = async () => {
      for (let count = 0; count < 60; count += 1) {
        results.push(await sender.send(buildRequest(receiver.url)))
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
      }
    }
    await Promise.all([lane(), lane(), lane()])
    expect(results.filter(({ answer }) => answer.kind !== 'ANSWERED')).toEqual([])
    const resent = results.filter(({ resentOnNewConnection }) => resentOnNewConnection).length
    expect(seen.length).toBeLessThanOrEqual(results.length + resent)
  })

  it('after a receiver restarts, one resent request closes the other stale connections', async () => {
    let epoch = 1
    const born = new Map<Socket, number>()
    const receiver = await receivers[scheme]((socket, _request, { reset }) => {
      if (!born.has(socket)) born.set(socket, epoch)
      if (born.get(socket) === epoch) setTimeout(() => socket.write(ok), 100)
      else reset()
    })
    const sender = makeTestSender({ extraCa })
    const send = () => sender.send(buildRequest(receiver.url))
    await Promise.all(Array.from({ length: 5 }, send))
    expect(receiver.connections()).toBe(5)
    epoch = 2
    const first = await send()
    const next = await Promise.all(Array.from({ length: 4 }, send))
    expect(first).toMatchObject({ answer: succeeded, resentOnNewConnection: true })
    for (const each of next) expect(each).toMatchObject({ answer: succeeded, resentOnNewConnection: false })
    expect(receiver.connections()).toBe(9)
  })
})

describe.concurrent('request that is not resent', () => {
  it('a request that fails on a new connection is not resent', async () => {
    const receiver = await receivers.http((_socket, _request, { reset }) => reset())
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result).toMatchObject({ answer: { kind: 'CONNECTION_FAILED' }, resentOnNewConnection: false })
    expect(receiver.connections()).toBe(1)
  })

  it.each([
    ['a byte', 'H', 'CONNECTION_FAILED'],
    ['an empty line', '\r\n', 'CONNECTION_FAILED'],
    ['an interim response', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'CONNECTION_FAILED'],
    ['a status line', 'HTTP/1.1 500 No\r\n', 'ANSWERED'],
  ])('a request is not resent after %s of a response', async (_, bytes, kind) => {
    const receiver = await receivers.http(answersOnce((socket) => socket.end(bytes)))
    const result = await sendTwice(receiver)
    expect(result).toMatchObject({ answer: { kind }, resentOnNewConnection: false })
    expect(receiver.connections()).toBe(1)
  })

  it('a request is not resent after its time limit', async () => {
    const receiver = await receivers.http(answersOnce(() => undefined))
    const sender = makeTestSender()
    await sender.send(buildRequest(receiver.url))
    const result = await sender.send(buildRequest(receiver.url, { timeoutMs: 300 }))
    expect(result).toMatchObject({ answer: { kind: 'TIMED_OUT' }, resentOnNewConnection: false })
    expect(receiver.connections()).toBe(1)
  })

  it('a resent request is not sent a third time', async () => {
    let requests = 0
    const receiver = await receivers.http((socket, _request, { reset }) => {
      requests += 1
      if (requests === 1) socket.write(ok)
      else reset()
    })
    const result = await sendTwice(receiver)
    expect(result.answer).toEqual({ kind: 'CONNECTION_FAILED', detail: 'the connection was reset' })
    expect(result.resentOnNewConnection).toBe(true)
    expect(requests).toBe(3)
  })
})

describe.concurrent('resent request', () => {
  it('a resent request has the remaining time limit, not a new one', async () => {
    const receiver = await receivers.http((socket, _request, { connection, request }) => {
      if (connection === 1 && request === 1) socket.write(ok)
      if (connection === 1 && request === 2) setTimeout(() => socket.end(), 300)
    })
    const sender = makeTestSender()
    await sender.send(buildRequest(receiver.url))
    const result = await sender.send(buildRequest(receiver.url, { timeoutMs: 500 }))
    expect(result).toMatchObject({ answer: { kind: 'TIMED_OUT' }, resentOnNewConnection: true })
    expect(result.durationMs).toBeLessThan(790)
  })

  it('a resent request is identical byte for byte, or is written again by writeAgain when it is given', async () => {
    const seen: string[] = []
    const receiver = await receivers.http((socket, request, place) => {
      seen.push(request)
      answersOnce(() => socket.end())(socket, request, place)
    })
    const sender = makeTestSender()
    await sender.send(buildRequest(receiver.url))
    await sender.send(buildRequest(receiver.url))
    expect(seen[2]).toBe(seen[1])
    const writeAgain = () => ({ headers: [{ name: 'x-id', value: '2' }], body: Buffer.from('second') })
    await sender.send(buildRequest(receiver.url, { headers: [{ name: 'x-id', value: '1' }], writeAgain }))
    expect(seen[3]).toMatch(/x-id: 1\r\n[^]*\{"a":1\}$/)
    expect(seen[4]).toMatch(/x-id: 2\r\n[^]*second$/)
    expect(seen).toHaveLength(5)
  })
})

describe.concurrent('Keep-Alive', () => {
  it.each([
    ['timeout=3', 1_500, 1],
    ['timeout=2, max=100', 1_500, 2],
    ['timeout=1', 0, 2],
    ['timeout=0', 0, 2],
    ['max=5, timeout="2"', 1_500, 2],
  ])(
    'a connection with Keep-Alive %s is reused after %i ms only when at least a second is left: %i connections',
    async (hint, idleMs, made) => {
      const receiver = await receivers.http((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\nKeep-Alive: ${hint}\r\ncontent-length: 0\r\n\r\n`),
      )
      const sender = makeTestSender()
      await sender.send(buildRequest(receiver.url))
      await new Promise((resolve) => setTimeout(resolve, idleMs))
      await sender.send(buildRequest(receiver.url))
      await waitFor(() => receiver.connections() === made)
    },
  )
})
