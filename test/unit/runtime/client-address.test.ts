/** Whom limits by address are counted for: what anybody may write is not believed. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { makeClientAddresses } from '../../../src/runtime/server/client-address.ts'

const request = (remoteAddress: string | undefined, forwardedFor?: string, forwarded?: string) =>
  ({
    socket: { remoteAddress },
    headers: {
      ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
      ...(forwarded !== undefined && { forwarded }),
    },
  }) as unknown as IncomingMessage

describe('the address of a request', () => {
  test.each<readonly [string, readonly string[], string | undefined, string | undefined, string]>([
    ['is that of its connection', [], '198.51.100.7', undefined, '198.51.100.7'],
    ['is not what X-Forwarded-For says', [], '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['is not what it says to one that is no proxy', ['10.0.0.0/8'], '11.0.0.1', '203.0.113.9', '11.0.0.1'],
    ['is what a trusted proxy says', ['10.0.0.0/8'], '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    [
      'is the last that trusted proxies did not write',
      ['10.0.0.0/8'],
      '10.0.0.1',
      '1.1.1.1, 203.0.113.9, 10.9.9.9',
      '203.0.113.9',
    ],
    ['is the proxy where it says nonsense', ['10.0.0.0/8'], '10.0.0.1', 'x'.repeat(9_000), '10.0.0.1'],
    ['is the proxy where it says nothing', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
    ['is of IPv4 however it is written', [], '::ffff:198.51.100.7', undefined, '198.51.100.7'],
    ['is of IPv6 the /64', [], '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['is the same for a neighbour in it', [], '2001:db8:1:2:ffff::1', undefined, '2001:db8:1:2::/64'],
    ['is another beyond it', [], '2001:db8:1:3::1', undefined, '2001:db8:1:3::/64'],
    ['is nobody’s when the connection is gone', [], undefined, undefined, 'unknown'],
  ])('%s', (_, trusted, peer, forwardedFor, address) => {
    expect(makeClientAddresses(trusted).ofRequest(request(peer, forwardedFor))).toBe(address)
  })
})

test('a trusted proxy’s connections are nobody’s own, all others are their peer’s', () => {
  const book = makeClientAddresses(['10.0.0.0/8', 'fd00::/8'])
  expect(
    ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '11.0.0.1', undefined].map((peer) => book.ofPeer(peer)),
  ).toEqual([null, null, null, '11.0.0.1', 'unknown'])
})

describe('what a trusted proxy writes', () => {
  const book = makeClientAddresses(['10.0.0.0/8', 'fd00::/8'])
  const at = (forwardedFor: string | undefined, forwarded?: string) =>
    book.ofRequest(request('10.0.0.1', forwardedFor, forwarded))

  test.each([
    ['an address and a port, as Azure does', '203.0.113.7:4711', '203.0.113.7'],
    ['IPv6 in brackets with a port', '[2001:db8::1]:4711', '2001:db8::/64'],
    ['IPv6 in brackets', '[2001:db8::1]', '2001:db8::/64'],
    ['IPv6 bare', '2001:db8::1', '2001:db8::/64'],
    ['IPv6 in capitals and in full', '2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::/64'],
    ['IPv4 in the notation of IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['the same in brackets with a port', '[::ffff:203.0.113.7]:80', '203.0.113.7'],
    ['an address with a zone', 'fe80::1%eth0', 'fe80::/64'],
    ['quotes', '"203.0.113.7:4711"', '203.0.113.7'],
    ['spaces, tabs and empty members', ' ,, 203.0.113.7 ,\t, ', '203.0.113.7'],
    ['several proxies with ports', '1.1.1.1:1, 203.0.113.7:4711, 10.9.9.9:80, [fd00::2]:80', '203.0.113.7'],
    ['what follows a quote that the client opened', '", 203.0.113.7', '203.0.113.7'],
    ['proxies alone', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
  ])('%s is read: %s', (_, header, address) => {
    expect(at(header)).toBe(address)
  })

  test.each([
    ['unknown'],
    ['_hidden'],
    ['203.0.113.7, unknown'],
    ['203.0.113.7, _hidden:80'],
    ['203.0.113.7, 256.1.1.1'],
    ['203.0.113.7, 1.2.3'],
    ['203.0.113.7, 010.1.1.1'],
    ['203.0.113.7, 0x7f000001'],
    ['203.0.113.7, [203.0.113.7]:80'],
    ['203.0.113.7, [2001:db8::1'],
    ['203.0.113.7, 2001:db8::1]:80'],
    ['203.0.113.7, [2001:db8::1]80'],
    ['203.0.113.7, 1.2.3.4:5:6'],
    ['203.0.113.7, for=1.2.3.4'],
    ['203.0.113.7, <script>'],
    ['203.0.113.7, ":'],
    [''],
    [','],
    ['%'],
    ['1'.repeat(9_000)],
    [','.repeat(9_000)],
  ])('is no address, and the proxy itself is counted: %s', (header) => {
    expect(at(header)).toBe('10.0.0.1')
  })

  test('after a proxy that is known is no address, and that proxy is counted', () => {
    expect(at('203.0.113.7, unknown, 10.5.5.5')).toBe('10.5.5.5')
  })

  test.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="203.0.113.7:4711";proto=https;by=10.0.0.1', '203.0.113.7'],
    ['proto=https;for="[2001:db8::1]:4711"', '2001:db8::/64'],
    ['for=1.1.1.1, for=203.0.113.7;host="a", for=10.9.9.9', '203.0.113.7'],
    ['for="1.1.1.1, for=203.0.113.7', '203.0.113.7'],
    ['for=203.0.113.7;host="a,for=6.6.6.6;x="', '10.0.0.1'],
    ['for=203.0.113.7;host="a,for=6.6.6.6;x=\\""', '10.0.0.1'],
    ['for=203.0.113.7, for=unknown', '10.0.0.1'],
    ['for=203.0.113.7, for="_gazonk"', '10.0.0.1'],
    ['for=203.0.113.7, proto=https', '10.0.0.1'],
    ['for=203.0.113.7;for=1.1.1.1', '10.0.0.1'],
    ['for="203.0.113.7', '10.0.0.1'],
    ['', '10.0.0.1'],
  ])('as Forwarded is read: %s', (header, address) => {
    expect(at(undefined, header)).toBe(address)
  })

  test.each([
    // Whichever the proxy writes, its client may have written the other.
    ['203.0.113.7', 'for=198.51.100.1', '10.0.0.1'],
    ['203.0.113.7, 10.9.9.9', 'for=198.51.100.1', '10.0.0.1'],
    ['203.0.113.7', 'for=_hidden', '10.0.0.1'],
    ['unknown', 'for=198.51.100.1', '10.0.0.1'],
    // It writes both, with or without what proxies before it wrote.
    ['1.1.1.1, 203.0.113.7', 'for=2.2.2.2, for="203.0.113.7:80"', '203.0.113.7'],
    ['203.0.113.7, 10.9.9.9', 'for=10.9.9.9', '203.0.113.7'],
    ['10.9.9.9', 'for=203.0.113.7, for=10.9.9.9', '203.0.113.7'],
    ['203.0.113.7', '', '203.0.113.7'],
    ['', 'for=203.0.113.7', '203.0.113.7'],
    ['10.9.9.9', 'for=10.8.8.8', '10.9.9.9'],
  ])('in both headers, %s and %s, is read where they agree', (forwardedFor, forwarded, address) => {
    expect(at(forwardedFor, forwarded)).toBe(address)
  })

  test('is not read from anybody else', () => {
    expect(book.ofRequest(request('11.0.0.1', '203.0.113.7', 'for=198.51.100.1'))).toBe('11.0.0.1')
  })

  test('is believed of every proxy where all are trusted, and of networks in either notation', () => {
    expect(makeClientAddresses(['0.0.0.0/0', '::/0']).ofRequest(request('8.8.8.8', '1.1.1.1, 9.9.9.9'))).toBe(
      '1.1.1.1',
    )
    expect(
      makeClientAddresses(['::ffff:10.0.0.0/104']).ofRequest(request('::ffff:10.0.0.1', '1.1.1.1')),
    ).toBe('1.1.1.1')
    expect(makeClientAddresses(['::/0']).ofRequest(request('8.8.8.8', '1.1.1.1'))).toBe('8.8.8.8')
  })
})

test('a trusted proxy that asks for itself is nobody’s client, what it forwards is its client’s', () => {
  const book = makeClientAddresses(['10.0.0.0/8'])
  expect(
    [
      request('10.0.0.1'),
      request('10.0.0.1', 'unknown'),
      request('10.0.0.1', '1.1.1.1'),
      request('1.1.1.1'),
    ].map((one) => book.ofClient(one)),
  ).toEqual([null, '10.0.0.1', '1.1.1.1', '1.1.1.1'])
})
