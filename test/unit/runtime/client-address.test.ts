/** The client address for limits by address. Headers that a client can forge are ignored. */
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

describe('client address', () => {
  test.each<readonly [string, readonly string[], string | undefined, string | undefined, string]>([
    ['the peer without trusted proxies', [], '198.51.100.7', undefined, '198.51.100.7'],
    ['the peer although it sends X-Forwarded-For', [], '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    [
      'the peer that is not a trusted proxy although it sends X-Forwarded-For',
      ['10.0.0.0/8'],
      '11.0.0.1',
      '203.0.113.9',
      '11.0.0.1',
    ],
    [
      'the address in X-Forwarded-For of a trusted proxy',
      ['10.0.0.0/8'],
      '10.0.0.1',
      '203.0.113.9',
      '203.0.113.9',
    ],
    [
      'the last address in X-Forwarded-For that is not a trusted proxy',
      ['10.0.0.0/8'],
      '10.0.0.1',
      '1.1.1.1, 203.0.113.9, 10.9.9.9',
      '203.0.113.9',
    ],
    [
      'the trusted proxy whose X-Forwarded-For is invalid',
      ['10.0.0.0/8'],
      '10.0.0.1',
      'x'.repeat(9_000),
      '10.0.0.1',
    ],
    ['the trusted proxy without X-Forwarded-For', ['10.0.0.0/8'], '10.0.0.1', undefined, '10.0.0.1'],
    ['the IPv4 address of an IPv4-mapped peer', [], '::ffff:198.51.100.7', undefined, '198.51.100.7'],
    ['the /64 of an IPv6 peer', [], '2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2::/64'],
    ['the same /64 for another peer in it', [], '2001:db8:1:2:ffff::1', undefined, '2001:db8:1:2::/64'],
    ['another /64 for a peer outside it', [], '2001:db8:1:3::1', undefined, '2001:db8:1:3::/64'],
    ['unknown when the connection is closed', [], undefined, undefined, 'unknown'],
  ])('the address of a request is %s', (_, trusted, peer, forwardedFor, address) => {
    expect(makeClientAddresses(trusted).ofRequest(request(peer, forwardedFor))).toBe(address)
  })
})

test('ofPeer returns null for trusted proxies, and the address of any other peer', () => {
  const addresses = makeClientAddresses(['10.0.0.0/8', 'fd00::/8'])
  expect(
    ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '11.0.0.1', undefined].map((peer) => addresses.ofPeer(peer)),
  ).toEqual([null, null, null, '11.0.0.1', 'unknown'])
})

describe('headers of a trusted proxy', () => {
  const addresses = makeClientAddresses(['10.0.0.0/8', 'fd00::/8'])
  const at = (forwardedFor: string | undefined, forwarded?: string) =>
    addresses.ofRequest(request('10.0.0.1', forwardedFor, forwarded))

  test.each([
    ['an address and a port, as Azure does', '203.0.113.7:4711', '203.0.113.7'],
    ['IPv6 in brackets with a port', '[2001:db8::1]:4711', '2001:db8::/64'],
    ['IPv6 in brackets', '[2001:db8::1]', '2001:db8::/64'],
    ['IPv6 without brackets', '2001:db8::1', '2001:db8::/64'],
    ['IPv6 in upper case without abbreviation', '2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::/64'],
    ['IPv4-mapped IPv6', '::ffff:203.0.113.7', '203.0.113.7'],
    ['IPv4-mapped IPv6 in brackets with a port', '[::ffff:203.0.113.7]:80', '203.0.113.7'],
    ['an address with a zone', 'fe80::1%eth0', 'fe80::/64'],
    ['quotes', '"203.0.113.7:4711"', '203.0.113.7'],
    ['spaces, tabs and empty members', ' ,, 203.0.113.7 ,\t, ', '203.0.113.7'],
    ['several proxies with ports', '1.1.1.1:1, 203.0.113.7:4711, 10.9.9.9:80, [fd00::2]:80', '203.0.113.7'],
    ['an address after a quote that the client opened', '", 203.0.113.7', '203.0.113.7'],
    ['proxies only', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
  ])('X-Forwarded-For with %s is parsed: %s', (_, header, address) => {
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
  ])('an invalid X-Forwarded-For counts for the proxy itself: %s', (header) => {
    expect(at(header)).toBe('10.0.0.1')
  })

  test('an invalid X-Forwarded-For before a known proxy counts for that proxy', () => {
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
  ])('Forwarded is parsed: %s is %s', (header, address) => {
    expect(at(undefined, header)).toBe(address)
  })

  test.each([
    // The proxy writes one of them, and its client may have written the other.
    ['203.0.113.7', 'for=198.51.100.1', '10.0.0.1'],
    ['203.0.113.7, 10.9.9.9', 'for=198.51.100.1', '10.0.0.1'],
    ['203.0.113.7', 'for=_hidden', '10.0.0.1'],
    ['unknown', 'for=198.51.100.1', '10.0.0.1'],
    // The proxy writes both, with or without the entries of proxies before it.
    ['1.1.1.1, 203.0.113.7', 'for=2.2.2.2, for="203.0.113.7:80"', '203.0.113.7'],
    ['203.0.113.7, 10.9.9.9', 'for=10.9.9.9', '203.0.113.7'],
    ['10.9.9.9', 'for=203.0.113.7, for=10.9.9.9', '203.0.113.7'],
    ['203.0.113.7', '', '203.0.113.7'],
    ['', 'for=203.0.113.7', '203.0.113.7'],
    ['10.9.9.9', 'for=10.8.8.8', '10.9.9.9'],
  ])(
    'X-Forwarded-For %s and Forwarded %s are used only when they agree: %s',
    (forwardedFor, forwarded, address) => {
      expect(at(forwardedFor, forwarded)).toBe(address)
    },
  )

  test('the headers of a peer that is not a trusted proxy are ignored', () => {
    expect(addresses.ofRequest(request('11.0.0.1', '203.0.113.7', 'for=198.51.100.1'))).toBe('11.0.0.1')
  })

  test('trusted proxies may be all networks and IPv4-mapped networks', () => {
    expect(makeClientAddresses(['0.0.0.0/0', '::/0']).ofRequest(request('8.8.8.8', '1.1.1.1, 9.9.9.9'))).toBe(
      '1.1.1.1',
    )
    expect(
      makeClientAddresses(['::ffff:10.0.0.0/104']).ofRequest(request('::ffff:10.0.0.1', '1.1.1.1')),
    ).toBe('1.1.1.1')
    expect(makeClientAddresses(['::/0']).ofRequest(request('8.8.8.8', '1.1.1.1'))).toBe('8.8.8.8')
  })
})

test('ofClient returns null for a trusted proxy without a forwarding header, and otherwise the address', () => {
  const addresses = makeClientAddresses(['10.0.0.0/8'])
  expect(
    [
      request('10.0.0.1'),
      request('10.0.0.1', 'unknown'),
      request('10.0.0.1', '1.1.1.1'),
      request('1.1.1.1'),
    ].map((one) => addresses.ofClient(one)),
  ).toEqual([null, '10.0.0.1', '1.1.1.1', '1.1.1.1'])
})
