import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { buildRequest, makeTestSender, httpReceiver, rawReceiver, textOf, waitFor } from '../receiver.ts'

/** A time limit that a thousand connections on a busy machine do not reach, in milliseconds. */
const patientMs = 20_000

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe.concurrent('connection reuse', () => {
  it('a second request reuses the connection and has no connect phase', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const sender = makeTestSender()
    const first = await sender.send(buildRequest(receiver.url))
    const second = await sender.send(buildRequest(receiver.url))
    expect(first.phases.connectMs).not.toBeNull()
    const time = expect.any(Number) as number
    expect(second.phases).toEqual({ dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: time })
    expect(second.resolvedAddress).toBe('127.0.0.1')
    expect(receiver.connections()).toBe(1)
  })

  it('connections are not shared between projects', async () => {
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const sender = makeTestSender()
    await sender.send(buildRequest(receiver.url, { projectId: 'prj_1' }))
    const other = await sender.send(buildRequest(receiver.url, { projectId: 'prj_2' }))
    expect(other.phases.connectMs).not.toBeNull()
    expect(receiver.connections()).toBe(2)
  })

  it('connections are not reused after connection: close or after their Keep-Alive time', async () => {
    const headers = ['connection: close', 'keep-alive: timeout=1\r\nconnection: keep-alive']
    for (const header of headers) {
      const receiver = await rawReceiver((socket) =>
        socket.write(`HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 0\r\n\r\n`),
      )
      const sender = makeTestSender()
      for (let count = 0; count < 3; count += 1) {
        expect((await sender.send(buildRequest(receiver.url))).answer.kind).toBe('ANSWERED')
      }
      expect(receiver.connections()).toBe(3)
    }
  })

  it('connections that the receiver closes while idle are replaced without a failed request', async () => {
    let closed = 0
    const receiver = await rawReceiver((socket) => {
      socket.on('close', () => (closed += 1))
      socket.end(ok) // HTTP/1.1 promises keep-alive, and the receiver breaks the promise
    })
    const sender = makeTestSender()
    for (let count = 1; count <= 5; count += 1) {
      expect((await sender.send(buildRequest(receiver.url))).answer.kind).toBe('ANSWERED')
      await waitFor(() => closed === count)
    }
  })

  it('1,200 requests to one origin share at most 1,000 connections, and each gets its own response', async () => {
    const receiver = await httpReceiver((request, response) => {
      setTimeout(
        () =>
          response.end(
            createHash('sha1')
              .update(request.url ?? '')
              .digest('hex'),
          ),
        20,
      )
    })
    const sender = makeTestSender()
    const paths = Array.from({ length: 1_200 }, (_, index) => `/p${index}`)
    const results = await Promise.all(
      paths.map((path) =>
        sender.send(buildRequest(receiver.url.replace('/hook', path), { timeoutMs: patientMs })),
      ),
    )
    expect(results.map(textOf)).toEqual(paths.map((path) => createHash('sha1').update(path).digest('hex')))
    expect(receiver.connections()).toBeLessThanOrEqual(1_000)
  })

  it('requests that time out free their connections for waiting ones', async () => {
    const receiver = await httpReceiver((request, response) => {
      if (request.url === '/quick') response.end('ok')
    })
    const sender = makeTestSender()
    const hung = Array.from({ length: 1_000 }, () =>
      sender.send(buildRequest(receiver.url, { timeoutMs: 1_000 })),
    )
    const quick = await sender.send(
      buildRequest(receiver.url.replace('/hook', '/quick'), { timeoutMs: patientMs }),
    )
    expect(quick.answer.kind).toBe('ANSWERED')
    expect(new Set((await Promise.all(hung)).map((each) => each.answer.kind))).toEqual(new Set(['TIMED_OUT']))
  })

  it('no connection is opened for a request whose deadline passes while it waits', async () => {
    const held: ServerResponse[] = []
    const receiver = await httpReceiver((_request, response) => void held.push(response))
    const sender = makeTestSender()
    const hung = Array.from({ length: 1_000 }, () =>
      sender.send(buildRequest(receiver.url, { timeoutMs: patientMs })),
    )
    await waitFor(() => held.length === 1_000)
    const waited = Array.from({ length: 20 }, () =>
      sender.send(buildRequest(receiver.url, { timeoutMs: 100 })),
    )
    for (const result of await Promise.all(waited)) {
      expect(result).toMatchObject({ answer: { kind: 'TIMED_OUT' }, resolvedAddress: null })
    }
    for (const response of held) response.end('ok')
    await Promise.all(hung)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(receiver.connections()).toBe(1_000)
  })
})
