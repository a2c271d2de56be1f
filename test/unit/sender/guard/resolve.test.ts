import { createSocket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { hostsEntries, makeSystemResolve } from '../../../../src/sender/guard/resolve.ts'
import { buildRequest, makeTestSender, httpReceiver } from '../receiver.ts'

describe('hosts file', () => {
  it('the hosts file is read with comments, aliases and both address families', () => {
    const text =
      '# 10.0.0.1 no\n127.0.0.1\tlocalhost  Alias.Example.com # x\r\n::1 localhost\n\nnonsense here\n127.0.0.1 localhost\n'
    const entries = hostsEntries(text)
    expect(entries.get('localhost')).toEqual(['127.0.0.1', '::1'])
    expect(entries.get('alias.example.com')).toEqual(['127.0.0.1'])
    expect([...entries.keys()]).toEqual(['localhost', 'alias.example.com'])
  })

  it('localhost resolves to loopback, and a request to it reaches a receiver', async () => {
    expect(await makeSystemResolve({ localNames: true })('localhost')).toContain('127.0.0.1')
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const result = await makeTestSender().send(buildRequest(receiver.url.replace('127.0.0.1', 'localhost')))
    expect(result.answer.kind).toBe('ANSWERED')
  })

  it('concurrent look-ups of a name share one query', () => {
    const resolve = makeSystemResolve({ localNames: true })
    expect(resolve('localhost')).toBe(resolve('localhost'))
  })

  it('a request to an unknown name has the outcome DNS_FAILED', async () => {
    const result = await makeTestSender().send(
      buildRequest('http://no-such-host.invalid/', { timeoutMs: 8_000 }),
    )
    expect(result.answer.kind).toBe('DNS_FAILED')
  })
})

describe('DNS resolution', () => {
  const closing: (() => void)[] = []
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  it('a name resolves to all its addresses, IPv4 first', async () => {
    const resolve = makeSystemResolve({ localNames: true, dnsServers: [await dnsServer()] })
    expect(await resolve('both.example.com')).toEqual(['192.0.2.1', '2001:db8::1'])
    expect(await resolve('four.example.com')).toEqual(['192.0.2.1'])
  })

  it('100 look-ups without an answer do not delay other look-ups, and fail within 4 s', async () => {
    const resolve = makeSystemResolve({ localNames: true, dnsServers: [await dnsServer()] })
    const slow = Array.from({ length: 100 }, (_, index) => resolve(`slow${index}.example.com`))
    const startedAt = Date.now()
    await resolve('four.example.com')
    expect(await resolve('localhost')).toContain('127.0.0.1')
    expect(Date.now() - startedAt).toBeLessThan(500)
    const ends = await Promise.allSettled(slow)
    expect(new Set(ends.map((each) => each.status))).toEqual(new Set(['rejected']))
    expect(Date.now() - startedAt).toBeLessThan(4_000)
  })

  it('a name is queried again after two seconds', async () => {
    let queries = 0
    const resolve = makeSystemResolve({
      localNames: true,
      dnsServers: [await dnsServer(() => (queries += 1))],
    })
    await resolve('four.example.com')
    await resolve('four.example.com')
    expect(queries).toBe(2) // A and AAAA, once
    await new Promise((done) => setTimeout(done, 2_100))
    await resolve('four.example.com')
    expect(queries).toBe(4)
  })

  /** A DNS server with an A record for every name, an AAAA record for names that start with `both`, and no answer for names that start with `slow`. */
  async function dnsServer(onQuestion: () => void = () => undefined): Promise<string> {
    const server = createSocket('udp4')
    server.on('message', (query, { port, address }) => {
      onQuestion()
      const name = query.subarray(13, 13 + (query[12] ?? 0)).toString()
      if (name.startsWith('slow')) return
      const questionEnd = query.indexOf(0, 12) + 5
      const question = query.subarray(12, questionEnd)
      const isA = query[questionEnd - 3] === 1
      const data = isA ? [192, 0, 2, 1] : [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1]
      const answers = isA || name.startsWith('both') ? 1 : 0
      const head = [query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, answers, 0, 0, 0, 0]
      const record = [0xc0, 0x0c, 0, isA ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, data.length, ...data]
      server.send(
        Buffer.concat([Buffer.from(head), question, Buffer.from(answers === 1 ? record : [])]),
        port,
        address,
      )
    })
    await new Promise<void>((done) => server.bind(0, '127.0.0.1', done))
    closing.push(() => server.close())
    return `127.0.0.1:${server.address().port}`
  }
})
