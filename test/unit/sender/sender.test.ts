import { describe, expect, it } from 'vitest'
import { buildRequest, makeTestSender, rawReceiver, waitFor } from './receiver.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('request on the wire', () => {
  it('a request has exactly the given headers, in their order and case, and exactly the given bytes', async () => {
    const seen: string[] = []
    const receiver = await rawReceiver((socket, request) => {
      seen.push(request)
      socket.write(ok)
    })
    const body = Uint8Array.from([0x00, 0xff, 0x0d, 0x0a, 0x80, 0x7b]).subarray(1)

    await makeTestSender().send(
      buildRequest(`${receiver.url}?a=1&b=%20#part`, {
        headers: [
          { name: 'X-FE-Webhook-ID', value: '17' },
          { name: 'User-Agent', value: 'FastEvents/1.0 (hook)' },
          { name: 'x-twice', value: '1' },
          { name: 'X-Twice', value: 'é' },
        ],
        body,
      }),
    )

    expect(seen).toEqual([
      `POST /hook?a=1&b=%20 HTTP/1.1\r\nhost: 127.0.0.1:${receiver.port}\r\nconnection: keep-alive\r\n` +
        'X-FE-Webhook-ID: 17\r\nUser-Agent: FastEvents/1.0 (hook)\r\nx-twice: 1\r\nX-Twice: é\r\n' +
        'content-length: 5\r\n\r\n\xff\r\n\x80{',
    ])
  })

  it('a request with an empty body has content-length: 0', async () => {
    const seen: string[] = []
    const receiver = await rawReceiver((socket, request) => {
      seen.push(request)
      socket.write(ok)
    })
    await makeTestSender().send(buildRequest(receiver.url, { headers: [], body: new Uint8Array(0) }))
    expect(seen[0]).toMatch(/^POST .*\r\ncontent-length: 0\r\n\r\n$/s)
  })

  it.each(['Host', 'content-length', 'Connection', 'Transfer-Encoding'])(
    'the sender throws when its caller sets the header %s',
    async (name) => {
      const send = makeTestSender().send(
        buildRequest('http://127.0.0.1:8080/', { headers: [{ name, value: 'x' }] }),
      )
      await expect(send).rejects.toThrow(name)
    },
  )

  it('the sender throws when a header value contains a line break', async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const headers = [{ name: 'x-a', value: 'a\r\nx-b: c' }]
    await expect(makeTestSender().send(buildRequest(receiver.url, { headers }))).rejects.toThrow(
      /invalid x-a header/,
    )
  })
})

describe('interrupt', () => {
  it('an interrupt ends running requests with its answer, keeps responses that have begun, and lets later requests run', async () => {
    let isOpen = false
    const receiver = await rawReceiver((socket, request) => {
      if (request.startsWith('POST /begun'))
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart')
      else if (isOpen) socket.write(ok)
    })
    const sender = makeTestSender({ resolve: () => new Promise(() => undefined) })
    const silent = sender.send(buildRequest(receiver.url))
    const begun = sender.send(buildRequest(receiver.url.replace('/hook', '/begun')))
    const resolving = sender.send(buildRequest('http://slow.example.com/'))
    await waitFor(() => receiver.connections() === 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    const answer = { kind: 'INTERRUPTED', detail: 'stopped for the test' } as const
    sender.interrupt(answer)
    expect([(await silent).answer, (await resolving).answer]).toEqual([answer, answer])
    expect((await begun).answer).toMatchObject({ kind: 'ANSWERED', status: 200 })

    isOpen = true
    expect((await sender.send(buildRequest(receiver.url))).answer).toMatchObject({ status: 200 })
  })
})

describe('closing', () => {
  it('closing the sender interrupts running requests, keeps responses that have begun, and sends nothing more', async () => {
    const receiver = await rawReceiver((socket, request) => {
      if (request.startsWith('POST /begun'))
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart')
    })
    const sender = makeTestSender({ resolve: () => new Promise(() => undefined) })
    const silent = sender.send(buildRequest(receiver.url))
    const begun = sender.send(buildRequest(receiver.url.replace('/hook', '/begun')))
    const resolving = sender.send(buildRequest('http://slow.example.com/'))
    await waitFor(() => receiver.connections() === 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await sender.close()
    expect((await silent).answer.kind).toBe('INTERRUPTED')
    expect((await begun).answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect((await resolving).answer.kind).toBe('INTERRUPTED')
    expect((await sender.send(buildRequest(receiver.url))).answer.kind).toBe('INTERRUPTED')
    expect(receiver.connections()).toBe(2)
  })
})
