import { describe, expect, it } from 'vitest'
import type { SendResult } from '../../../src/domain/deliveries/outcome.ts'
import { buildRequest, makeTestSender, closedPort, drip, rawReceiver, textOf, waitFor } from './receiver.ts'

describe.concurrent('request deadline', () => {
  const timeoutMs = 300

  function expectInTime(result: SendResult): void {
    expect(result.durationMs).toBeGreaterThanOrEqual(timeoutMs - 5)
    expect(result.durationMs).toBeLessThan(timeoutMs + 700)
  }

  it.each([
    ['sends nothing', () => ''],
    ['drips headers', (tick: number) => (tick === 0 ? 'HTTP/1.1 200 OK\r\n' : `x-${tick}: 1\r\n`)],
    ['sends 103 for ever', () => 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'],
    ['sends 100 for ever', () => 'HTTP/1.1 100 Continue\r\n\r\n'],
  ])('the deadline ends a request to a receiver that %s', async (_what, words) => {
    let closed = false
    const receiver = await rawReceiver((socket) => drip(socket, words, () => (closed = true)))
    const result = await makeTestSender().send(buildRequest(receiver.url, { timeoutMs }))
    expect(result.answer).toEqual({ kind: 'TIMED_OUT', detail: 'no answer within 300 ms' })
    expect(result.resolvedAddress).toBe('127.0.0.1')
    // The received bytes are stored for diagnosis.
    expect(result.response).toEqual(words(0) === '' ? null : expect.objectContaining({ malformed: true }))
    expectInTime(result)
    await waitFor(() => closed)
  })

  it('the deadline truncates a body that never ends, and the status is kept', async () => {
    const head = 'HTTP/1.1 200 OK\r\n\r\n'
    let closed = false
    const receiver = await rawReceiver((socket) =>
      drip(
        socket,
        (tick) => (tick === 0 ? head : 'x'),
        () => (closed = true),
      ),
    )
    const result = await makeTestSender().send(buildRequest(receiver.url, { timeoutMs }))
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(result.response).toMatchObject({ truncated: true, bodySize: null })
    expect(result.response?.body.length).toBeGreaterThan(2)
    expectInTime(result)
    await waitFor(() => closed)
  })

  it('the deadline includes a DNS look-up that never ends', async () => {
    const sender = makeTestSender({ resolve: () => new Promise(() => undefined) })
    const result = await sender.send(buildRequest('http://slow.example.com/', { timeoutMs }))
    expect(result.answer.kind).toBe('TIMED_OUT')
    expectInTime(result)
  })

  it('a flood of 103 responses is a PROTOCOL_ERROR after 256 KiB, before the deadline', async () => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(500)
    const receiver = await rawReceiver((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(hints));
      }
      socket.on('drain', more)
      more()
    })
    const before = process.memoryUsage().rss
    const result = await makeTestSender().send(buildRequest(receiver.url, { timeoutMs: 5_000 }))
    expect(result.answer).toEqual({
      kind: 'PROTOCOL_ERROR',
      detail: 'the head of the response is larger than 256 KiB',
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })
})

describe.concurrent('receiver without a response', () => {
  it('a closed port is CONNECTION_FAILED without an address', async () => {
    const result = await makeTestSender().send(buildRequest(`http://127.0.0.1:${await closedPort()}/hook`))
    expect(result.answer).toEqual({ kind: 'CONNECTION_FAILED', detail: 'the connection was refused' })
    expect(result).toMatchObject({ response: null, resolvedAddress: null })
  })

  it.each([
    ['closes at once', ''],
    ['closes in the status line', 'HTTP/1.1 20'],
  ])('a receiver that %s is CONNECTION_FAILED', async (_what, words) => {
    const receiver = await rawReceiver((socket) => socket.end(words))
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.answer.kind).toBe('CONNECTION_FAILED')
    expect(result.resolvedAddress).toBe('127.0.0.1')
    expect(textOf(result)).toBe(words)
  })

  it('a receiver that resets the connection is CONNECTION_FAILED', async () => {
    const receiver = await rawReceiver((socket) => socket.resetAndDestroy())
    const result = await makeTestSender().send(buildRequest(receiver.url))
    expect(result.answer).toEqual({ kind: 'CONNECTION_FAILED', detail: 'the connection was reset' })
  })

  it('a host name that does not exist is DNS_FAILED', async () => {
    const resolve = () =>
      Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }))
    const result = await makeTestSender({ resolve }).send(buildRequest('http://gone.example.com/'))
    expect(result.answer).toEqual({
      kind: 'DNS_FAILED',
      detail: 'the host name could not be resolved (ENOTFOUND)',
    })
  })

  it('a host name without an address is DNS_FAILED', async () => {
    const result = await makeTestSender({ resolve: async () => [] }).send(
      buildRequest('http://empty.example.com/'),
    )
    expect(result.answer).toEqual({ kind: 'DNS_FAILED', detail: 'the host name has no address' })
  })

  it('a look-up that takes longer than 3 s is DNS_FAILED before the deadline', async () => {
    const sender = makeTestSender({ resolve: () => new Promise(() => undefined) })
    const result = await sender.send(buildRequest('http://slow.example.com/', { timeoutMs: 10_000 }))
    expect(result.answer).toEqual({
      kind: 'DNS_FAILED',
      detail: 'the host name was not resolved within 3000 ms',
    })
    expect(result.durationMs).toBeLessThan(3_700)
  })

  it('a look-up that fails with EMFILE throws, because it is not an outcome of the receiver', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }))
    await expect(makeTestSender({ resolve }).send(buildRequest('http://a.example.com/'))).rejects.toThrow(
      /a\.example\.com/,
    )
  })
})
