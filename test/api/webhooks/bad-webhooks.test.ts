/** Settings of a webhook that are refused, each by its code and its field: its URL, headers, proof, topics, policy and limits. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer, type Tenant } from '../../support/server.ts'
import { startReceiver, type Receiver } from '../../support/receiver.ts'
import {
  createWebhook,
  createOrder,
  documents,
  mutateOrThrow,
  mutate,
  waitForSettled,
  type Input,
} from '../support/fixtures.ts'
import { errorCodeOf, problemsOf } from '../support/attacks.ts'
import { dialects } from '../../../src/domain/dialects/registry.ts'

let server: TestServer
let acme: Tenant
let receiver: Receiver
let webhookId: string

beforeAll(async () => {
  server = await startTestServer()
  acme = await server.tenant()
  receiver = await startReceiver()
  webhookId = (await createWebhook(acme, receiver)).id
})
afterAll(async () => {
  await receiver.close()
  await server.close()
})

type Case = readonly [what: string, input: Input, code: string, field: string]

const good = () => ({ name: 'POS', url: `${receiver.url}/hook`, topics: ['order.*'] })
const header = (name: string, value = 'x') => ({ headers: [{ name, value }] })
const headers = (count: number, value: string) => ({
  headers: Array.from({ length: count }, (_, index) => ({ name: `x-h${index}`, value })),
})
const whsec = (bytes: number, fill = 7) => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`
const retry = (rules: Input) => ({ policy: { retry: rules } })
const waits = (...members: readonly Input[]) => retry({ waits: members })

const urls: readonly Case[] = [
  ['a URL of 2,049 characters', { url: `https://pos.example/${'x'.repeat(2_029)}` }, 'URL_INVALID', 'url'],
  ['a URL of 100 kB', { url: `https://pos.example/${'x'.repeat(100_000)}` }, 'URL_INVALID', 'url'],
  [
    'a URL that is too long once it is written out',
    { url: `https://pos.example/${'é'.repeat(500)}` },
    'URL_INVALID',
    'url',
  ],
  ['NUL in a URL', { url: 'https://pos.example/\0' }, 'URL_INVALID', 'url'],
  ['an override of direction in its host', { url: 'https://pos\u202e.example/' }, 'URL_INVALID', 'url'],
  ['half a surrogate pair in its host', { url: 'https://\ud800.example/' }, 'URL_INVALID', 'url'],
  ['a label of 64 characters', { url: `https://${'a'.repeat(64)}.example/` }, 'URL_INVALID', 'url'],
  ['a name of 254 characters', { url: `https://${'a.'.repeat(124)}example/` }, 'URL_INVALID', 'url'],
]

const headerCases: readonly Case[] = [
  ...(
    [
      ['empty', '', 'REQUIRED'],
      ['of a space', ' ', 'INVALID'],
      ['with a space', 'x y', 'INVALID'],
      ['with a colon', 'x:y', 'INVALID'],
      ['with a line break', 'x\r\nHost: evil', 'INVALID'],
      ['with NUL', 'x\0', 'INVALID'],
      ['that is not ASCII', 'xé', 'INVALID'],
      ['of 257 characters', 'x'.repeat(257), 'TOO_LONG'],
      ['of 100 kB', 'x'.repeat(100_000), 'TOO_LONG'],
    ] as const
  ).map(([what, name, code]): Case => [`a header's name ${what}`, header(name), code, 'headers.0.name']),
  ...(
    [
      ['with CR', 'a\rb', 'INVALID'],
      ['with LF', 'a\nb', 'INVALID'],
      ['with a header of its own', 'a\r\nx-evil: 1', 'INVALID'],
      ['with NUL', 'a\0b', 'INVALID'],
      ['with an escape', 'a\u001b[31m', 'INVALID'],
      ['beyond latin-1', '🍕', 'INVALID'],
      ['with half a surrogate pair', 'a\ud800', 'INVALID'],
      ['with a space at its end', 'a ', 'INVALID'],
      ['of 8,193 bytes', 'x'.repeat(8_193), 'TOO_LONG'],
      ['of 100 kB', 'x'.repeat(100_000), 'TOO_LONG'],
    ] as const
  ).map(([what, value, code]): Case => [
    `a header's value ${what}`,
    header('x-a', value),
    code,
    'headers.0.value',
  ]),
  ['21 headers', headers(21, 'x'), 'TOO_MANY', 'headers'],
  ['10,000 headers', headers(10_000, 'x'), 'TOO_MANY', 'headers'],
  ['16 kB and a little in three headers', headers(3, 'x'.repeat(5_500)), 'TOO_LONG', 'headers'],
  [
    'a header twice in different cases',
    {
      headers: [
        { name: 'X-Shop', value: '1' },
        { name: 'x-shop', value: '1' },
      ],
    },
    'INVALID',
    'headers.1.name',
  ],
  ...[
    ...['Host', 'content-length', 'Transfer-Encoding', 'CONNECTION', 'te', 'upgrade', 'expect', 'trailer'],
    ...['keep-alive', 'proxy-authorization', 'proxy-', 'Webhook-Id', 'webhook-anything', 'content-type'],
    ...['accept-encoding', 'content-encoding', 'user-agent', 'X-FE-Webhook-Topic'],
  ].map((name): Case => [`the header ${name}`, header(name), 'INVALID', 'headers.0.name']),
]

const proofs: readonly Case[] = [
  ['an empty secret', { secret: '' }, 'INVALID', 'secret'],
  ['a secret of 23 bytes', { secret: whsec(23) }, 'INVALID', 'secret'],
  ['a secret of 65 bytes', { secret: whsec(65) }, 'TOO_LONG', 'secret'],
  ['a secret of 100 kB', { secret: whsec(100_000) }, 'TOO_LONG', 'secret'],
  ['a secret that is no base64', { secret: `whsec_${'%'.repeat(44)}` }, 'INVALID', 'secret'],
  ['a secret in the base64 of URLs', { secret: `whsec_${'-_'.repeat(16)}` }, 'INVALID', 'secret'],
  ['a secret with its prefix twice', { secret: `whsec_${whsec(32)}` }, 'INVALID', 'secret'],
  ['a secret of zeros', { secret: whsec(32, 0) }, 'INVALID', 'secret'],
  ['a secret with white space', { secret: ` ${whsec(32)}` }, 'INVALID', 'secret'],
  ['a secret with a line break', { secret: `${whsec(32)}\n` }, 'INVALID', 'secret'],
  ['a secret with NUL', { secret: `${whsec(32)}\0` }, 'INVALID', 'secret'],
  ['a secret that is the mask', { secret: '[masked]' }, 'INVALID', 'secret'],
  ...(
    [
      ['of 23 characters', 'x'.repeat(23), 'INVALID'],
      ['of 65 characters', 'x'.repeat(65), 'TOO_LONG'],
      ['of zeros', '0'.repeat(32), 'INVALID'],
      ['with a space', `${'x'.repeat(24)} y`, 'INVALID'],
      ['that is not ASCII', 'é'.repeat(24), 'INVALID'],
      ['of the mask again and again', '[masked]'.repeat(4), 'INVALID'],
    ] as const
  ).map(([what, secret, code]): Case => [
    `a FAST_EVENTS secret ${what}`,
    { dialect: 'FAST_EVENTS', secret },
    code,
    'secret',
  ]),
  ['a token with a line break', { dialect: 'FLYBUY', token: 'a\r\nb' }, 'INVALID', 'token'],
  ['a token with NUL', { dialect: 'FLYBUY', token: 'a\0' }, 'INVALID', 'token'],
  ['a token of spaces', { dialect: 'FLYBUY', token: '   ' }, 'INVALID', 'token'],
  ['a token that is not ASCII', { dialect: 'FLYBUY', token: 'tökén' }, 'INVALID', 'token'],
]

const rules: readonly Case[] = [
  ['no topic', { topics: [] }, 'REQUIRED', 'topics'],
  ['a dot at the end of a topic', { topics: ['order.created.'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a dot before a topic', { topics: ['.order.created'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['two stars in a topic', { topics: ['order.**'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a topic of 100 kB', { topics: ['x'.repeat(100_000)] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a topic that objects have', { topics: ['__proto__.*'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a time limit of half a millisecond', { policy: { timeoutMs: 1_500.5 } }, 'INVALID', 'policy.timeoutMs'],
  ['a time limit of 31 s', { policy: { timeoutMs: 31_000 } }, 'INVALID', 'policy.timeoutMs'],
  ['a time limit of 1e308 ms', { policy: { timeoutMs: 1e308 } }, 'INVALID', 'policy.timeoutMs'],
  [
    '1,000 attempts',
    waits(...Array<Input>(1_000).fill({ minMs: 1_000, maxMs: 1_000 })),
    'TOO_MANY',
    'policy.retry.waits',
  ],
  [
    'a wait with a fraction',
    waits({ minMs: 1_000, maxMs: 1_000.5 }),
    'INVALID',
    'policy.retry.waits.0.maxMs',
  ],
  ['a wait of 1e308 ms', waits({ minMs: 1_000, maxMs: 1e308 }), 'INVALID', 'policy.retry.waits.0.maxMs'],
  [
    'a window of a year',
    retry({ waits: [{ minMs: 1_000, maxMs: 1_000 }], windowMs: 365 * 86_400_000 }),
    'INVALID',
    'policy.retry.windowMs',
  ],
  ['no request in a second', { ratePerSecond: 0 }, 'INVALID', 'ratePerSecond'],
  ['a request less than none', { ratePerSecond: -1 }, 'INVALID', 'ratePerSecond'],
  ['2^31 - 1 requests in a second', { ratePerSecond: 2 ** 31 - 1 }, 'INVALID', 'ratePerSecond'],
  ['-1 request at once', { maxConcurrency: -1 }, 'INVALID', 'maxConcurrency'],
  ['2^31 - 1 requests at once', { maxConcurrency: 2 ** 31 - 1 }, 'INVALID', 'maxConcurrency'],
]

describe.each([
  ['URL', urls],
  ['headers', headerCases],
  ['proof', proofs],
  ['rules', rules],
])('a webhook is refused for its %s, new or changed', (_kind, cases) => {
  test.each(cases)('%s', async (_, input, code, field) => {
    expect(await problemsOf(server, acme, 'WebhookCreate', { ...good(), ...input })).toEqual([[code, field]])
    const { dialect, ...change } = input
    if (dialect === undefined)
      expect(await problemsOf(server, acme, 'WebhookUpdate', { id: webhookId, ...change })).toEqual([
        [code, field],
      ])
  })
})

describe('numbers that JSON cannot hold, or only just', () => {
  const body = (input: string) =>
    `{"query":${JSON.stringify(documents.WebhookCreate)},"variables":{"input":{"name":"x","url":"https://pos.example","topics":["order.*"],${input}}}}`

  test.each([
    ['a time limit of 1e309', '"policy":{"timeoutMs":1e309}'],
    ['a wait of 1e309', '"policy":{"retry":{"waits":[{"minMs":1000,"maxMs":1e309}]}}'],
    ['a window of -1e309', '"policy":{"retry":{"waits":[{"minMs":1000,"maxMs":1000}],"windowMs":-1e309}}'],
    ['a time limit that is NaN in quotes', '"policy":{"timeoutMs":"NaN"}'],
    ['a share of 1e309', '"policy":{"disable":[{"rule":"FAILURE_SHARE","share":1e309}]}'],
    ['a rate with a fraction', '"ratePerSecond":1.5'],
    ['a rate of 2^31', '"ratePerSecond":2147483648'],
    ['a rate of 1e309', '"ratePerSecond":1e309'],
    ['requests at once as a text', '"maxConcurrency":"5"'],
  ])('%s is BAD_USER_INPUT', async (_, input) => {
    expect(await errorCodeOf(server, acme, body(input))).toBe('BAD_USER_INPUT')
  })

  test('NaN is no JSON at all', async () => {
    expect(await errorCodeOf(server, acme, body('"policy":{"timeoutMs":NaN}'))).toBe('BAD_USER_INPUT')
  })
})

describe('rotating a secret is refused', () => {
  const cases: readonly Case[] = [
    ['an overlap below nothing', { overlapMs: -1 }, 'INVALID', 'overlapMs'],
    ['an overlap of a year', { overlapMs: 365 * 86_400_000 }, 'INVALID', 'overlapMs'],
    ['an overlap with a fraction', { overlapMs: 0.5 }, 'INVALID', 'overlapMs'],
    ['an overlap of 1e308', { overlapMs: 1e308 }, 'INVALID', 'overlapMs'],
    ...proofs.filter(([, { dialect }]) => dialect === undefined),
  ]
  test.each(cases)('for %s', async (_, input, code, field) => {
    expect(await problemsOf(server, acme, 'SecretRotate', { id: webhookId, ...input })).toEqual([
      [code, field],
    ])
  })
})

describe('what is odd about a webhook and fine', () => {
  test.each([
    ['a fragment is dropped', 'https://pos.example/hook#part', 'https://pos.example/hook'],
    [
      'a Cyrillic a is shown for what it is',
      'https://p\u0430ypal.example/',
      'https://xn--pypal-4ve.example/',
    ],
    ['upper case is canonical', 'HTTPS://POS.EXAMPLE/Hook', 'https://pos.example/Hook'],
    ['the default port is left out', 'https://pos.example:443/hook', 'https://pos.example/hook'],
    [
      '2,048 characters',
      `https://pos.example/${'x'.repeat(2_028)}`,
      `https://pos.example/${'x'.repeat(2_028)}`,
    ],
  ])('in a URL: %s', async (_, url, canonical) => {
    expect(await mutate(acme, 'WebhookCreate', { ...good(), url })).toMatchObject({
      webhook: { url: canonical },
      userErrors: [],
    })
  })

  test.each([
    ['with its prefix', whsec(24), whsec(24)],
    ['without its prefix', whsec(64).slice('whsec_'.length), whsec(64)],
  ])('a secret %s is kept in its one form', async (_, secret, kept) => {
    expect(await mutate(acme, 'WebhookCreate', { ...good(), secret })).toMatchObject({ secret: kept })
  })

  test.each(dialects.filter((dialect) => dialect !== 'FLYBUY'))(
    'headers of %s that have the names of what every object has are sent like others',
    async (dialect) => {
      const tenant = await server.tenant()
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
      await createWebhook(tenant, receiver, {
        dialect,
        topics: ['order.created'],
        headers: names.map((name) => ({ name, value: `my-${name}` })),
      })
      const heard = receiver.requests.length
      const order = await createOrder(tenant)
      await mutateOrThrow(tenant, 'OrderStateChange', { orderId: order.id, state: 'COMPLETED' })
      await waitForSettled(tenant, {})
      const sent = new Map(Object.entries(receiver.requests[heard]?.headers ?? {}))
      for (const name of names.slice(1)) expect(sent.get(name.toLowerCase()), name).toBe(`my-${name}`)
      expect({}).not.toHaveProperty('polluted')
    },
  )
})
