import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { buildRequest, makeTestSender, canListen, fixture, tlsReceiver, waitFor } from './receiver.ts'

const extraCa = fixture('ca')
const good = { key: fixture('good.key'), cert: fixture('good') }
const named = 'receiver.example.com'
const resolve = async () => ['127.0.0.1']
// Not every machine has IPv6, nor all of 127.0.0.0/8.
const hasNeighbour = await canListen('127.0.0.2')
const available = (await canListen('::1')) ? ['127.0.0.1', '::1'] : ['127.0.0.1']

describe.concurrent('TLS', () => {
  it("a receiver is trusted with the operator's certificate authority, for the requested name without its final dot", async () => {
    let requestedName: unknown
    const receiver = await tlsReceiver({
      ...good,
      SNICallback: (name, done) => {
        requestedName = name
        done(null)
      },
    })
    const result = await makeTestSender({ extraCa, resolve }).send(
      buildRequest(`https://${named}.:${receiver.port}/`),
    )
    expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    expect(result.resolvedAddress).toBe('127.0.0.1')
    expect([result.phases.dnsMs, result.phases.connectMs, result.phases.tlsMs]).not.toContain(null)
    expect(requestedName).toBe(named)
  })

  it.each(available)(
    'a receiver at the literal address %s is trusted when the certificate contains the address',
    async (host) => {
      const receiver = await tlsReceiver(good, host)
      const result = await makeTestSender({ extraCa }).send(buildRequest(receiver.url))
      expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
    },
  )

  it('a receiver is not trusted without the certificate authority', async () => {
    const receiver = await tlsReceiver(good)
    const result = await makeTestSender({ resolve }).send(buildRequest(`https://${named}:${receiver.port}/`))
    expect(result.answer).toMatchObject({ kind: 'TLS_FAILED', detail: /not trusted/ as unknown as string })
  })

  it('NODE_TLS_REJECT_UNAUTHORIZED=0 does not make a receiver trusted', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const receiver = await tlsReceiver(good)
      const result = await makeTestSender({ resolve }).send(
        buildRequest(`https://${named}:${receiver.port}/`),
      )
      expect(result.answer.kind).toBe('TLS_FAILED')
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before
    }
  })

  it.each([
    ['another host', 'other', 'the certificate is not valid for this host'],
    ['a past period', 'expired', 'the certificate has expired'],
  ])('a certificate for %s is refused', async (_what, name, detail) => {
    const receiver = await tlsReceiver({ key: fixture(`${name}.key`), cert: fixture(name) })
    const result = await makeTestSender({ extraCa, resolve }).send(
      buildRequest(`https://${named}:${receiver.port}/`),
    )
    expect(result.answer).toEqual({ kind: 'TLS_FAILED', detail })
    expect(result.resolvedAddress).toBe('127.0.0.1')
  })

  it('a certificate that does not contain the literal address is refused', async () => {
    const receiver = await tlsReceiver({ key: fixture('other.key'), cert: fixture('other') })
    const result = await makeTestSender({ extraCa }).send(buildRequest(receiver.url))
    expect(result.answer).toEqual({
      kind: 'TLS_FAILED',
      detail: 'the certificate is not valid for this host',
    })
  })

  it.skipIf(!hasNeighbour)('a certificate that contains only 127.0.0.1 is refused at 127.0.0.2', async () => {
    const receiver = await tlsReceiver(good, '127.0.0.2')
    const result = await makeTestSender({ extraCa }).send(buildRequest(receiver.url))
    expect(result.answer).toEqual({
      kind: 'TLS_FAILED',
      detail: 'the certificate is not valid for this host',
    })
  })

  it('TLS older than 1.2 is refused', async () => {
    const ciphers = 'DEFAULT@SECLEVEL=0'
    const receiver = await tlsReceiver({ ...good, minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers })
    const result = await makeTestSender({ extraCa, resolve }).send(
      buildRequest(`https://${named}:${receiver.port}/`),
    )
    expect(result.answer).toMatchObject({ kind: 'TLS_FAILED' })
  })

  it.each([
    ['plain HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['nothing and closes', ''],
  ])('https to a receiver that sends %s is TLS_FAILED', async (_what, words) => {
    const server = createServer((socket) => socket.on('error', () => undefined).end(words))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const result = await makeTestSender({ extraCa }).send(buildRequest(`https://127.0.0.1:${port}/`))
    server.close()
    expect(result.answer.kind).toBe('TLS_FAILED')
  })

  it('a TLS handshake that never finishes ends after 5 s, before the deadline', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const result = await makeTestSender({ extraCa }).send(
      buildRequest(`https://127.0.0.1:${port}/`, { timeoutMs: 20_000 }),
    )
    server.close()
    expect(result.answer).toEqual({
      kind: 'TIMED_OUT',
      detail: 'the TLS handshake was not made within 5000 ms',
    })
    expect(result.durationMs).toBeLessThan(5_700)
    expect(result.phases).toMatchObject({ tlsMs: null, firstByteMs: null })
  })

  it('a TLS handshake that runs at the deadline is closed', async () => {
    let isOpen = false
    const server = createServer((socket) => {
      isOpen = true
      socket
        .on('error', () => undefined)
        .on('close', () => (isOpen = false))
        .resume()
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const result = await makeTestSender({ extraCa }).send(
      buildRequest(`https://127.0.0.1:${port}/`, { timeoutMs: 200 }),
    )
    expect(result.answer.kind).toBe('TIMED_OUT')
    const stoppedAt = Date.now()
    await waitFor(() => !isOpen)
    expect(Date.now() - stoppedAt).toBeLessThan(1_000) // and not only when connecting itself would give up
    server.close()
  })

  it('plain http to an https receiver is PROTOCOL_ERROR or CONNECTION_FAILED', async () => {
    const receiver = await tlsReceiver(good)
    const result = await makeTestSender().send(buildRequest(receiver.url.replace('https', 'http')))
    expect(['PROTOCOL_ERROR', 'CONNECTION_FAILED']).toContain(result.answer.kind)
  })

  it('an extra certificate authority that is not PEM throws', () => {
    expect(() => makeTestSender({ extraCa: 'no certificate' })).toThrow(/expected PEM certificates/)
    expect(() => makeTestSender({ extraCa: extraCa.replace(/M[A-Za-z0-9+/]{20}/, 'MIIB') })).toThrow()
  })
})
