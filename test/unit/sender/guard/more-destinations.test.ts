/** Destinations that the corpus does not contain: further attacks, networks that the operator allows, and Orderbell itself. */
import { describe, expect, it } from 'vitest'
import { makeAddressGuard } from '../../../../src/sender/guard/address.ts'
import { buildRequest, makeTestSender } from '../receiver.ts'

const publicOnly = { allowedNetworks: [], allowHttp: false }

describe('further destinations', () => {
  const refused: readonly (readonly [url: string, why: string])[] = [
    ['https://0X7F.1/', 'upper-case hex, short'],
    ['https://017700000001/', 'one octal number'],
    ['https://4294967295/', 'the last 32-bit number: broadcast'],
    ['https://127.0.0.1./', 'an address with a dot at the end'],
    ['https://127。0。0。1/', 'ideographic dots'],
    ['https://127.0.0.%31/', 'one percent-encoded digit'],
    ['https://[::127.0.0.1]/', 'IPv4-compatible'],
    ['https://[::ffff:a9fe:a9fe]/', 'mapped metadata'],
    ['https://[0000:0000:0000:0000:0000:ffff:7f00:0001]/', 'mapped, written out'],
    ['https://[64:ff9b::808:808]/', 'NAT64 of a public address, without the switch'],
    ['https://[64:ff9b:1::808:808]/', 'local-use NAT64'],
    ['https://[2002:808:808::]/', '6to4 of a public address'],
    ['https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/', 'Teredo'],
    ['https://[fd00:ec2::23]/', 'EKS credentials'],
    ['https://100.100.100.200/', 'Alibaba metadata'],
    ['https://192.0.0.192/', 'Oracle metadata'],
    ['https://example.com:/\\@127.0.0.1/', 'backslashes behind an empty port'],
    ['https://example.com:00022/', 'a port with leading zeros'],
    ['https://example.com:65536/', 'a port beyond all ports'],
    ['https://example.com:-1/', 'a negative port'],
    ['https://example.com:6000/', 'X11'],
    ['https://example.com:10250/', 'the kubelet'],
    ['https://1.2.3.400/', 'a numeric name that is no address'],
    ['https://foo.0x7f/', 'a name that ends in a number'],
    ['https://example.com.1/', 'a numeric top-level label'],
    ['https://foo.localhost/', 'below localhost'],
    ['https://foo.localhost./', 'below localhost, absolute'],
    ['https://ｌocalhost/', 'localhost in full-width letters'],
    ['https://loc%61lhost/', 'localhost percent-encoded'],
    ['https://metadata/', 'a metadata name of one label'],
    ['https://metadata.google.internal./', 'a metadata name, absolute'],
    ['https://instance-data.ec2.internal/', 'another metadata name'],
    ['https://kubernetes.default.svc/', 'the cluster itself'],
    ['https://router.home.arpa/', 'a home network'],
    ['https://user@example.com/', 'a user without password'],
    ['https://:@example.com/', 'empty user info'],
    ['https://example.com%40127.0.0.1/', 'a percent-encoded @'],
    ['https://example.com%2f@127.0.0.1/', 'a path in the user info'],
    ['https://exam\nple.com/', 'a line feed'],
    ['https://example.com/a\u2028b', 'a line separator'],
    ['https://exa\u00admple .com/', 'a soft hyphen and a space'],
    ['https:////example.com/', 'too many slashes'],
    ['ws://example.com/', 'a web socket'],
    ['data:text/plain,x', 'data'],
    ['FILE:///etc/passwd', 'a file in capitals'],
    ['HTTP://example.com/', 'plain http in capitals'],
    ['dict://example.com:11211/', 'dict'],
    [`https://${'a'.repeat(64)}.example/`, 'a label of 64 octets'],
    [`https://${'a.'.repeat(126)}ab/`, 'a name of 254 octets'],
    ['https://xn--/', 'punycode of nothing'],
  ]
  it.each(refused)('the URL %j is refused when it is saved and never connected to: %s', async (url) => {
    const looked: string[] = []
    const sender = makeTestSender({ ...publicOnly, resolve: async (name) => (looked.push(name), []) })
    expect(sender.checkUrl(url, { httpsOnly: false }, []).ok).toBe(false)
    expect((await sender.send(buildRequest(url))).answer.kind).toBe('BLOCKED')
    expect(looked).toEqual([])
  })

  it.each([
    ['https://example.com:0443/', 'https://example.com/'],
    ['https://example.com:/', 'https://example.com/'],
    ['https://example.com:1024/', 'https://example.com:1024/'],
    ['https://exаmple.com/', 'https://xn--exmple-4nf.com/'], // Cyrillic, shown as punycode
    ['https://127.0.0.1.nip.io/', 'https://127.0.0.1.nip.io/'], // its DNS answers decide
    [`https://${'a'.repeat(63)}.example/`, `https://${'a'.repeat(63)}.example/`],
    ['https://[2001:4860:4860::8888]:8443/', 'https://[2001:4860:4860::8888]:8443/'],
    ['https://[::ffff:8.8.8.8]/', 'https://[::ffff:808:808]/'],
  ])('the URL %s is saved as %s', (url, canonical) => {
    expect(makeTestSender(publicOnly).checkUrl(url, { httpsOnly: true }, [])).toEqual({
      ok: true,
      url: canonical,
    })
  })

  it.each([
    ['169.254.169.254'],
    ['100.100.100.200', '8.8.8.8'],
    ['fd00:ec2::254'],
    ['8.8.8.8', '2002:7f00:1::'],
    ['::'],
    ['not an address'],
  ])('a name that resolves to %j is blocked', async (...answers) => {
    const result = await makeTestSender({ ...publicOnly, resolve: async () => answers }).send(
      buildRequest('https://a.example.com/'),
    )
    expect(result).toMatchObject({
      answer: { kind: 'BLOCKED', detail: 'the destination is not allowed' },
      resolvedAddress: null,
      phases: { dnsMs: null, connectMs: null, tlsMs: null, firstByteMs: null },
    })
  })
})

describe('switches of the operator', () => {
  it('metadata addresses are allowed only with allowMetadata and only within the allowed networks', () => {
    const guard = makeAddressGuard(['169.254.0.0/16', '10.0.0.0/8'], { allowMetadata: true })
    expect(guard.check('169.254.169.254')).toBe('ALLOWED')
    // In public address space and still metadata: the switch alone does not allow them.
    expect(['168.63.129.16', '100.100.100.200', 'fd00:ec2::254', 'fe80::1'].map(guard.check)).toEqual(
      Array(4).fill('REFUSED'),
    )
    expect(makeAddressGuard(['169.254.0.0/16']).check('169.254.169.254')).toBe('REFUSED')
    expect(makeAddressGuard([], { allowMetadata: true }).check('169.254.169.254')).toBe('REFUSED')
  })

  it('allowNat64 allows public addresses behind NAT64 and no private ones', () => {
    const guard = makeAddressGuard(['10.0.0.0/8', '64:ff9b::/96'], { allowNat64: true, allowMetadata: true })
    expect(guard.check('64:ff9b::8.8.8.8')).toBe('PUBLIC')
    const inside = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.0.1', '168.63.129.16', '0.0.0.0']
    expect(inside.map((v4) => guard.check(`64:ff9b::${v4}`))).toEqual(Array(6).fill('REFUSED'))
    expect(guard.check('64:ff9b:1::808:808')).toBe('REFUSED')
  })
})

describe('destinations of Orderbell itself', () => {
  it("Orderbell's own host name is refused on every port, and its own address on its own port", async () => {
    const sender = makeTestSender({ resolve: async () => ['127.0.0.1'] })
    sender.blockOwnHosts(['https://bell.example.com/', 'http://127.0.0.1:4000/', 'http://localhost:4000/'])
    const ownUrls = ['https://BELL.example.com./x', 'https://bell.example.com:8443/']
    const byAddress = ['http://127.0.0.1:4000/', 'http://2130706433:4000/', 'http://[::ffff:127.0.0.1]:4000/']
    for (const url of [...ownUrls, ...byAddress, 'http://localhost:4000/graphql']) {
      expect([url, sender.checkUrl(url, { httpsOnly: false }, []).ok]).toEqual([url, false])
      expect((await sender.send(buildRequest(url))).answer.kind).toBe('BLOCKED')
    }
    // A foreign name that resolves to Orderbell, which is known only when a connection is opened.
    expect((await sender.send(buildRequest('http://other.example.com:4000/'))).answer.kind).toBe('BLOCKED')
    const others = ['http://127.0.0.1:4001/', 'http://localhost:4001/', 'https://pos.bell.example.com/']
    for (const url of others) expect(sender.checkUrl(url, { httpsOnly: false }, []).ok).toBe(true)
  })
})
