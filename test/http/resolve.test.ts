import { describe, expect, it } from 'vitest'
import { hostsEntries, makeSystemResolve } from '../../src/http/resolve.ts'
import { aRequest, aSender, httpReceiver } from './receiver.ts'

describe('the names of this machine', () => {
  it('are read from the hosts file: comments, aliases, both families', () => {
    const text =
      '# 10.0.0.1 no\n127.0.0.1\tlocalhost  Alias.Example.com # x\r\n::1 localhost\n\nnonsense here\n127.0.0.1 localhost\n'
    const entries = hostsEntries(text)
    expect(entries.get('localhost')).toEqual(['127.0.0.1', '::1'])
    expect(entries.get('alias.example.com')).toEqual(['127.0.0.1'])
    expect([...entries.keys()]).toEqual(['localhost', 'alias.example.com'])
  })

  it('include localhost, which reaches a receiver on loopback', async () => {
    expect(await makeSystemResolve()('localhost')).toContain('127.0.0.1')
    const receiver = await httpReceiver((_request, response) => response.end('ok'))
    const result = await aSender().send(aRequest(receiver.url.replace('127.0.0.1', 'localhost')))
    expect(result.answer.kind).toBe('ANSWERED')
  })

  it('are asked for once by a burst of connections', () => {
    const resolve = makeSystemResolve()
    expect(resolve('localhost')).toBe(resolve('localhost'))
  })

  it('that nobody knows are an outcome, not a fault', async () => {
    const result = await aSender().send(aRequest('http://no-such-host.invalid/', { timeoutMs: 8_000 }))
    expect(result.answer.kind).toBe('DNS_FAILED')
  })
})
