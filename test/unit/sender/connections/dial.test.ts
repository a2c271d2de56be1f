import { createSecureContext } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeAddressGuard, type AddressGuard } from '../../../../src/sender/guard/address.ts'
import { dial, type Dialler, type Trace } from '../../../../src/sender/dial.ts'
import { rawReceiver } from '../receiver.ts'

// Each check alone: in the sender an earlier check would refuse first.
const blocked = { answer: { kind: 'BLOCKED', detail: 'the destination is not allowed' } }

function buildDialler(changes: Partial<Dialler>): Dialler {
  return {
    guard: makeAddressGuard([]),
    selfHosts: new Set(),
    allowHttp: true,
    lookUp: () => Promise.reject(new Error('expected no look-up')),
    secureContext: createSecureContext(),
    ...changes,
  }
}

const buildTrace = (): Trace => ({ dnsMs: null, connectMs: null, tlsMs: null, address: null })
const projectId = 'prj_1'
const wanted = new AbortController().signal

describe('dial', () => {
  it.each(['127.0.0.1', '[::1]', '::1', '::ffff:127.0.0.1'])(
    'dial refuses the literal address %s without connecting',
    async (hostname) => {
      const receiver = await rawReceiver(() => undefined)
      const target = { projectId, protocol: 'http:', hostname, port: String(receiver.port) }
      await expect(dial(target, buildDialler({}), buildTrace(), wanted)).rejects.toMatchObject(blocked)
      expect(receiver.connections()).toBe(0)
    },
  )

  it.each(['localhost', 'metadata.google.internal', 'intranet.'])(
    'dial refuses the name %s without a DNS query',
    async (hostname) => {
      const target = { projectId, protocol: 'https:', hostname, port: '' }
      await expect(dial(target, buildDialler({}), buildTrace(), wanted)).rejects.toMatchObject(blocked)
    },
  )

  it.each([
    ['a service port', { projectId, protocol: 'http:', hostname: '8.8.8.8', port: '6379' }, {}],
    [
      'plain http when only https is allowed',
      { projectId, protocol: 'http:', hostname: '8.8.8.8', port: '' },
      { allowHttp: false },
    ],
    [
      'a host name of Orderbell itself',
      { projectId, protocol: 'https:', hostname: 'us.example.com.', port: '' },
      { selfHosts: new Set(['us.example.com']) },
    ],
  ])('dial refuses %s', async (_what, target, changes) => {
    await expect(dial(target, buildDialler(changes), buildTrace(), wanted)).rejects.toMatchObject(blocked)
  })

  it('a connection whose remote address is refused is closed before a byte is sent, and the address is not recorded', async () => {
    let bytes = 0
    const receiver = await rawReceiver(() => (bytes += 1))
    // Allows the DNS answer and refuses the connected address, as if they were different.
    let checked = 0
    const guard: AddressGuard = { check: () => (checked++ === 0 ? 'PUBLIC' : 'REFUSED'), allowsAny: false }
    const target = { projectId, protocol: 'http:', hostname: 'a.example.com', port: String(receiver.port) }
    const trace = buildTrace()
    const dialled = dial(target, buildDialler({ guard, lookUp: async () => ['127.0.0.1'] }), trace, wanted)
    await expect(dialled).rejects.toMatchObject(blocked)
    expect([trace.address, bytes]).toEqual([null, 0])
  })
})
