import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, it } from 'vitest'
import { makeAddressGuard } from '../../../../src/sender/guard/address.ts'

const publicOnly = makeAddressGuard([])

/** First and last address of each refused range, and the adjacent addresses outside the range when they are public. */
const refusedRanges: readonly (readonly [
  range: string,
  first: string,
  last: string,
  below?: string | undefined,
  above?: string | undefined,
])[] = [
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255', undefined, '1.0.0.0'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['100.64.0.0/10', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['168.63.129.16/32', '168.63.129.16', '168.63.129.16', '168.63.129.15', '168.63.129.17'],
  ['169.254.0.0/16', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['172.16.0.0/12', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['192.31.196.0/24', '192.31.196.0', '192.31.196.255', '192.31.195.255', '192.31.197.0'],
  ['192.52.193.0/24', '192.52.193.0', '192.52.193.255', '192.52.192.255', '192.52.194.0'],
  ['192.88.99.0/24', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['192.168.0.0/16', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['192.175.48.0/24', '192.175.48.0', '192.175.48.255', '192.175.47.255', '192.175.49.0'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['224.0.0.0/4', '224.0.0.0', '239.255.255.255', '223.255.255.255'],
  ['240.0.0.0/4', '240.0.0.0', '255.255.255.255'],
  ['::/96', '::', '::ffff:ffff'],
  ['::ffff:0:0:0/96', '::ffff:0:0:0', '::ffff:0:ffff:ffff'],
  ['64:ff9b::/96', '64:ff9b::', '64:ff9b::ffff:ffff'],
  ['64:ff9b:1::/48', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ['100::/64', '100::', '100::ffff:ffff:ffff:ffff'],
  ['100:0:0:1::/64', '100:0:0:1::', '100:0:0:1:ffff:ffff:ffff:ffff'],
  ['::/3', '::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['2001::/23', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '2000:ffff::', '2001:200::'],
  ['2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db7:ffff::', '2001:db9::'],
  ['2002::/16', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '2001:ffff::', '2003::'],
  [
    '2620:4f:8000::/48',
    '2620:4f:8000::',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
    '2620:4f:7fff::',
    '2620:4f:8001::',
  ],
  ['3fff::/20', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '3ffe:ffff::', '3fff:1000::'],
  ['4000::/2', '4000::', '7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '3fff:ffff::'],
  ['8000::/1', '8000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['5f00::/16', '5f00::', '5f00:ffff::'],
  ['fc00::/7', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['fe80::/10', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ['ff00::/8', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
]

describe('non-public addresses', () => {
  for (const [range, first, last, ...neighbours] of refusedRanges) {
    it(`the range ${range} is refused from its first to its last address, and the public addresses beside it are accepted`, () => {
      expect([first, last].map(publicOnly.check)).toEqual(['REFUSED', 'REFUSED'])
      for (const neighbour of neighbours) {
        if (neighbour !== undefined)
          expect([neighbour, publicOnly.check(neighbour)]).toEqual([neighbour, 'PUBLIC'])
      }
    })
  }

  it('2,000 random addresses of refused ranges are refused', () => {
    const member = fc.constantFrom(...refusedRanges).chain(([range]) => {
      const [start, prefixBits] = ipaddr.parseCIDR(range)
      const bytes = start.toByteArray()
      return fc
        .array(fc.integer({ min: 0, max: 255 }), { minLength: bytes.length, maxLength: bytes.length })
        .map((random) =>
          ipaddr
            .fromByteArray(
              bytes.map((byte, index) => {
                const fixedBits = Math.min(8, Math.max(0, prefixBits - index * 8))
                const freeMask = 0xff >> fixedBits
                return (byte & ~freeMask) | ((random[index] ?? 0) & freeMask)
              }),
            )
            .toString(),
        )
    })
    // An IPv4-mapped address in ::/3 is checked as its IPv4 address, which the next test covers.
    const unmappedMember = member.filter((each) => !each.startsWith('::ffff:'))
    fc.assert(
      fc.property(unmappedMember, (address) => publicOnly.check(address) === 'REFUSED'),
      { numRuns: 2_000 },
    )
  })

  it('an IPv4-mapped IPv6 address is checked as its IPv4 address, whichever networks are allowed', () => {
    const guards = [publicOnly, makeAddressGuard(['10.0.0.0/8', '8.8.0.0/16'])]
    const octet = fc.oneof(fc.constantFrom(0, 8, 10, 127, 169, 192, 254), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), fc.constantFrom(...guards), (octets, guard) => {
        const v4 = octets.join('.')
        const hex = ipaddr.IPv4.parse(v4).toIPv4MappedAddress().toString()
        expect([guard.check(`::ffff:${v4}`), guard.check(hex)]).toEqual([guard.check(v4), guard.check(v4)])
      }),
      { numRuns: 2_000 },
    )
  })

  it.each([
    '',
    '0177.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    'example.com',
    '2606:4700::1%eth0',
    '[::1]',
  ])('a text that is not an address in canonical form (%j) is refused', (text) =>
    expect(publicOnly.check(text)).toBe('REFUSED'),
  )
})

describe('networks that the operator allows', () => {
  it('only the addresses of an allowed network are accepted besides public ones', () => {
    const guard = makeAddressGuard(['10.1.2.0/24', 'fd12::/16', '127.0.0.1'])
    expect(['10.1.2.3', 'fd12::1', '127.0.0.1'].map(guard.check)).toEqual(['ALLOWED', 'ALLOWED', 'ALLOWED'])
    expect(['10.1.3.1', 'fd13::1', '127.0.0.2'].map(guard.check)).toEqual(['REFUSED', 'REFUSED', 'REFUSED'])
    expect(guard.check('93.184.216.34')).toBe('PUBLIC')
  })

  it('an IPv4-mapped network allows the IPv4 network', () => {
    expect(makeAddressGuard(['::ffff:10.0.0.0/104']).check('10.200.0.1')).toBe('ALLOWED')
  })

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fe80::1',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    '2001::1',
    '::169.254.169.254',
    '::a9fe:a9fe',
    '::ffff:0:169.254.169.254',
  ])('%s is refused even when all networks are allowed', (address) => {
    expect(makeAddressGuard(['0.0.0.0/0', '::/0']).check(address)).toBe('REFUSED')
  })

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    'example.com',
    '',
    '10.0.0.0/8/8',
    '010.0.0.0/8',
    '10.0.0.0/x',
  ])('an allowed network of %j is refused at the start', (text) =>
    expect(() => makeAddressGuard([text])).toThrow(/expected a network/),
  )
})
