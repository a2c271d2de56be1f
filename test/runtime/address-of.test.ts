/** Whom limits by address are counted for: what anybody may write is not believed. */
import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { makeAddressBook } from '../../src/runtime/address-of.ts'

const request = (remoteAddress: string | undefined, forwardedFor?: string) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwardedFor } }) as unknown as IncomingMessage

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
    expect(makeAddressBook(trusted).ofRequest(request(peer, forwardedFor))).toBe(address)
  })
})

test('a trusted proxy’s connections are nobody’s own, all others are their peer’s', () => {
  const book = makeAddressBook(['10.0.0.0/8', 'fd00::/8'])
  expect(
    ['10.1.2.3', '::ffff:10.1.2.3', 'fd00::1', '11.0.0.1', undefined].map((peer) => book.ofPeer(peer)),
  ).toEqual([null, null, null, '11.0.0.1', 'unknown'])
})
