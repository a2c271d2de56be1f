import { describe, expect, it } from 'vitest'
import { allowedAnswers, isAllowedPort } from '../../../../src/sender/guard/destination.ts'
import { makeAddressGuard } from '../../../../src/sender/guard/address.ts'
import { codeFor, corpus, isRefusedAtSave, type CorpusEntry } from './corpus.ts'
import { buildRequest, makeTestSender } from '../receiver.ts'

const publicOnly = { allowedNetworks: [], allowHttp: false }

function corpusSender(entry: CorpusEntry, looked: string[] = []) {
  return makeTestSender({
    allowedNetworks: entry.policy?.allowCidrs ?? [],
    allowHttp: entry.policy?.allowHttp ?? false,
    allowNat64: entry.policy?.allowNat64 ?? false,
    selfHosts: entry.policy?.selfHosts ?? [],
    resolve: async (hostname) => {
      looked.push(hostname)
      return entry.dns ?? []
    },
  })
}

describe('corpus of destinations', () => {
  it.each(corpus.map((entry) => [entry.url, entry.why, entry] as const))(
    'saving a webhook allows or refuses %j as the corpus says (%s)',
    (url, _why, entry) => {
      const looked: string[] = []
      const checked = corpusSender(entry, looked).checkUrl(url, { httpsOnly: false }, ['url'])
      expect(checked.ok).toBe(!isRefusedAtSave(entry))
      expect(looked).toEqual([])
      if (!checked.ok) expect(checked.problem).toMatchObject({ code: codeFor(entry), field: ['url'] })
    },
  )

  // The first answer of a redirect is an ordinary public address. `responses.test.ts` tests that redirects are not followed.
  const refusedBySender = corpus.filter((entry) => entry.expect === 'refuse' && entry.reason !== 'redirect')
  it.each(refusedBySender.map((entry) => [entry.url, entry.why, entry] as const))(
    'the sender never connects to %j (%s)',
    async (url, _why, entry) => {
      const looked: string[] = []
      const result = await corpusSender(entry, looked).send(buildRequest(url))
      expect(result.answer.kind).toBe('BLOCKED')
      expect(JSON.stringify(result)).not.toMatch(/127\.0\.0\.1|10\.|0\.0\.0\.0|64:ff9b|7f00/)
      if (entry.stage === 'validate') expect(looked).toEqual([])
    },
  )

  // The answers are checked without a connection: no test leaves this machine.
  const answered = corpus.filter((entry) => entry.dns !== undefined && entry.reason !== 'self')
  it.each(answered.map((entry) => [entry.url, entry.dns, entry.why, entry] as const))(
    'the DNS answers for %s, %j, are allowed or refused as the corpus says (%s)',
    (url, dns, _why, entry) => {
      const guard = makeAddressGuard(entry.policy?.allowCidrs ?? [], entry.policy)
      const isRefused = entry.expect === 'refuse' && entry.reason !== 'redirect'
      expect(allowedAnswers(new URL(url).hostname, dns ?? [], guard)).toEqual(isRefused ? [] : dns)
    },
  )
})

describe('webhook URL', () => {
  it.each([
    ['HTTPS://EXAMPLE.com:443/Hook?b=1&a=2#part', 'https://example.com/Hook?b=1&a=2'],
    ['https://münchen.example.com/ü', 'https://xn--mnchen-3ya.example.com/%C3%BC'],
    ['https://example.com./hook', 'https://example.com./hook'],
    ['https://my_service.example.com', 'https://my_service.example.com/'],
    ['https://134744072/hook', 'https://8.8.8.8/hook'],
  ])('the URL %s is stored as %s', (raw, url) => {
    expect(makeTestSender(publicOnly).checkUrl(raw, { httpsOnly: true }, [])).toEqual({ ok: true, url })
  })

  it.each([
    'https:///example.com/',
    'https:/example.com/',
    'https://@example.com/',
    'https://example.com /',
    ' https://example.com',
    'https://example.com\\@evil.example',
    'https://-a.example.com/',
    'https://a-.example.com/',
    'https://a..example.com/',
    'https://example.com../',
    'https://exa$mple.com/',
    'https://example.com:99999/',
    'https://example.com/\u0085',
    'https://example.com/\u00a0',
    'https://',
    'https://?x',
    'ftp://example.com/',
    'example.com/hook',
    '',
    `https://${'a.'.repeat(127)}com/`,
    'https://[::1/',
    'https://1.2.3.4.5/',
    'https://[::1%25lo]/',
    'https://exa%00mple.com/',
  ])('the URL %j is refused with URL_INVALID', (url) => {
    const checked = makeTestSender({ allowHttp: true }).checkUrl(url, { httpsOnly: false }, ['input', 'url'])
    expect(checked).toMatchObject({ ok: false, problem: { code: 'URL_INVALID', field: ['input', 'url'] } })
  })

  it('a URL of 2,048 characters is accepted; 2,049, also only after percent-encoding, are refused', () => {
    const urlOf = (length: number, letter: string) => 'https://example.com/'.padEnd(length, letter)
    const codes = [urlOf(2048, 'a'), urlOf(2049, 'a'), urlOf(2000, 'é')].map((url) => {
      const checked = makeTestSender(publicOnly).checkUrl(url, { httpsOnly: false }, [])
      return checked.ok ? 'ok' : checked.problem.code
    })
    expect(codes).toEqual(['ok', 'URL_INVALID', 'URL_INVALID'])
  })

  it('the message about an invalid URL contains no control character of the URL', () => {
    const checked = makeTestSender(publicOnly).checkUrl(
      'https://evil\u001b[31m.example/',
      { httpsOnly: false },
      [],
    )
    expect(checked.ok ? '' : checked.problem.message).toMatch(/^[ -~]{1,200}$/)
  })

  it('plain http is accepted only when both the operator and the webhook allow it', () => {
    const codeOf = (allowHttp: boolean, httpsOnly: boolean) => {
      const checked = makeTestSender({ allowHttp }).checkUrl('http://example.com/', { httpsOnly }, [])
      return checked.ok ? 'ok' : checked.problem.code
    }
    expect(codeOf(true, false)).toBe('ok')
    expect([codeOf(false, false), codeOf(true, true), codeOf(false, true)]).toEqual(
      Array(3).fill('URL_NOT_HTTPS'),
    )
  })

  const privateNames = [
    'localhost',
    'LOCALHOST',
    'a.localhost',
    'localhost.',
    'x.local',
    'x.internal',
    'x.svc',
    'x.y.cluster.local',
    'x.home.arpa',
    'x.lan',
    'x.corp',
    'x.home',
    'x.onion',
    'x.test',
    'x.invalid',
    'intranet',
    'intranet.',
    'x.local.',
  ]
  it.each(privateNames)('the private name %s is refused unless the operator allows networks', (host) => {
    const url = `https://${host}/`
    expect(makeTestSender(publicOnly).checkUrl(url, { httpsOnly: false }, [])).toMatchObject({
      problem: { code: 'DESTINATION_NOT_ALLOWED' },
    })
    expect(makeTestSender().checkUrl(url, { httpsOnly: false }, []).ok).toBe(true)
  })

  it.each([
    'localhost.example.com',
    'internal.example.com',
    'mylocal.example',
    'xlocalhost.com',
    'svc.example.com',
    'corp.com',
  ])('the public name %s is allowed although it resembles a private one', (host) =>
    expect(makeTestSender(publicOnly).checkUrl(`https://${host}/`, { httpsOnly: false }, []).ok).toBe(true),
  )

  it('ports of well-known services are refused, and the ports beside them are allowed', () => {
    const services = [
      2375, 2376, 2379, 2380, 3306, 3389, 5432, 5672, 5900, 6379, 6443, 6667, 9042, 9092, 9200, 9300,
    ]
    const refused = [...services, 10250, 11211, 27017, 6000, 6063, 0, 1, 22, 25, 79, 81, 442, 444, 1023]
    expect(refused.filter(isAllowedPort)).toEqual([])
    const allowed = [
      80, 443, 1024, 2374, 2377, 2378, 2381, 3305, 5433, 5999, 6064, 6378, 6380, 8080, 8443, 27018, 65535,
    ]
    expect(allowed.filter((port) => !isAllowedPort(port))).toEqual([])
  })

  it('a service port is refused on an allowed address, too', () => {
    const checked = makeTestSender().checkUrl('http://127.0.0.1:6379/', { httpsOnly: false }, [])
    expect(checked).toMatchObject({ problem: { code: 'DESTINATION_NOT_ALLOWED' } })
  })
})

describe('DNS answers', () => {
  const guard = makeAddressGuard(['10.0.0.0/8', '127.0.0.0/8'])

  it('DNS answers are allowed only when all addresses are allowed', () => {
    expect(allowedAnswers('a.example.com', ['93.184.216.34', '10.0.0.1'], guard)).toHaveLength(2)
    expect(allowedAnswers('a.example.com', ['93.184.216.34', '192.168.0.1'], guard)).toEqual([])
    expect(allowedAnswers('a.example.com', [], guard)).toEqual([])
  })

  it('DNS answers of a private name are allowed only when the operator allows all of them; a public address is refused', () => {
    expect(allowedAnswers('db.internal', ['10.0.0.1'], guard)).toEqual(['10.0.0.1'])
    expect(allowedAnswers('db.internal', ['93.184.216.34'], guard)).toEqual([])
    expect(allowedAnswers('intranet', ['10.0.0.1', '93.184.216.34'], guard)).toEqual([])
  })

  it('of the addresses of localhost only the allowed family is used', () => {
    expect(allowedAnswers('localhost', ['::1', '127.0.0.1'], guard)).toEqual(['127.0.0.1'])
    expect(allowedAnswers('localhost', ['::1', '127.0.0.1', '10.0.0.1'], guard)).toEqual([])
    expect(allowedAnswers('localhost', ['::1'], makeAddressGuard(['10.0.0.0/8']))).toEqual([])
  })
})
