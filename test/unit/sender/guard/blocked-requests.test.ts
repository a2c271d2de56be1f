/**
 * Requests that the address guard refuses: DNS rebinding, names with a refused address, spellings of loopback, and
 * refused URLs.
 */
import { describe, expect, it } from 'vitest'
import { buildRequest, makeTestSender, httpReceiver, rawReceiver } from '../receiver.ts'

const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

describe('address guard', () => {
  it('a name with one refused address is BLOCKED without a connection', async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const sender = makeTestSender({
      allowedNetworks: ['192.0.2.0/24'],
      resolve: async () => ['192.0.2.1', '127.0.0.1'],
    })
    const result = await sender.send(buildRequest(`http://mixed.example.com:${receiver.port}/`))
    expect(result).toMatchObject({
      answer: { kind: 'BLOCKED', detail: 'the destination is not allowed' },
      response: null,
      resolvedAddress: null,
    })
    expect(receiver.connections()).toBe(0)
  })

  it('a name is checked at every new connection, so that DNS rebinding is BLOCKED', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    const receiver = await httpReceiver((_request, response) => {
      response.writeHead(200, { connection: 'close' }).end()
    })
    const sender = makeTestSender({
      allowedNetworks: ['127.0.0.1/32'],
      resolve: async () => answers.shift() ?? [],
    })
    const request = buildRequest(`http://flip.example.com:${receiver.port}/`)
    const kinds = [(await sender.send(request)).answer.kind, (await sender.send(request)).answer.kind]
    expect(kinds).toEqual(['ANSWERED', 'BLOCKED'])
    expect(receiver.connections()).toBe(1)
  })

  it.each([
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '１２７.0.0.1',
    '%31%32%37.0.0.1',
    '①②⑦.0.0.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::1]',
    '0',
    'localhost',
    '127.0.0.1.',
  ])('loopback written as %s is BLOCKED', async (host) => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const sender = makeTestSender({ allowedNetworks: [] })
    const result = await sender.send(buildRequest(`http://${host}:${receiver.port}/`))
    expect(result.answer.kind).toBe('BLOCKED')
    expect(receiver.connections()).toBe(0)
  })

  it.each(['127.0.0.1', '2130706433', '127.1', '[::ffff:127.0.0.1]', 'localhost', 'LOCALHOST.'])(
    'loopback written as %s is reached when the operator allows it',
    async (host) => {
      const receiver = await rawReceiver((socket) => socket.write(ok))
      const sender = makeTestSender({ allowedNetworks: ['127.0.0.0/8'] })
      const result = await sender.send(buildRequest(`http://${host}:${receiver.port}/`))
      expect(result.answer).toMatchObject({ kind: 'ANSWERED', status: 200 })
      expect(result.resolvedAddress).toMatch(/127\.0\.0\.1$|::ffff:7f00:1$/)
    },
  )

  it("plain http, a service port, Orderbell's own host and an invalid URL are BLOCKED when a request is sent", async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const results = await Promise.all([
      makeTestSender().send(buildRequest(receiver.url, { httpsOnly: true })),
      makeTestSender({ allowHttp: false }).send(buildRequest(receiver.url)),
      makeTestSender().send(buildRequest('http://127.0.0.1:6379/')),
      makeTestSender({ selfHosts: ['Hooks.Example.com'] }).send(buildRequest('http://hooks.example.com./')),
      makeTestSender().send(buildRequest('not a url')),
    ])
    expect(results.map((each) => each.answer.kind)).toEqual(Array(5).fill('BLOCKED'))
    expect(receiver.connections()).toBe(0)
  })

  it('the addresses of a name are tried in order until one connects', async () => {
    const receiver = await rawReceiver((socket) => socket.write(ok))
    const sender = makeTestSender({ resolve: async () => ['127.0.0.9', '127.0.0.1'] })
    const result = await sender.send(buildRequest(`http://two.example.com:${receiver.port}/`))
    expect(result.answer.kind).toBe('ANSWERED')
    expect(result.resolvedAddress).toBe('127.0.0.1')
    expect(result.phases.dnsMs).not.toBeNull()
  })
})
