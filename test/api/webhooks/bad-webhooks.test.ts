/** Invalid settings of a webhook: URL, headers, secret and token, topics, policy and limits. Each is refused with its code and field. */
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

const validInput = () => ({ name: 'POS', url: `${receiver.url}/hook`, topics: ['order.*'] })
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
    'a URL that is too long in its canonical form',
    { url: `https://pos.example/${'é'.repeat(500)}` },
    'URL_INVALID',
    'url',
  ],
  ['NUL in a URL', { url: 'https://pos.example/\0' }, 'URL_INVALID', 'url'],
  ['a direction override in the host', { url: 'https://pos\u202e.example/' }, 'URL_INVALID', 'url'],
  ['half a surrogate pair in the host', { url: 'https://\ud800.example/' }, 'URL_INVALID', 'url'],
  ['a host label of 64 characters', { url: `https://${'a'.repeat(64)}.example/` }, 'URL_INVALID', 'url'],
  ['a host name of 254 characters', { url: `https://${'a.'.repeat(124)}example/` }, 'URL_INVALID', 'url'],
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
  ).map(([what, name, code]): Case => [`a header name ${what}`, header(name), code, 'headers.0.name']),
  ...(
    [
      ['with CR', 'a\rb', 'INVALID'],
      ['with LF', 'a\nb', 'INVALID'],
      ['with a header line', 'a\r\nx-evil: 1', 'INVALID'],
      ['with NUL', 'a\0b', 'INVALID'],
      ['with an escape', 'a\u001b[31m', 'INVALID'],
      ['beyond latin-1', '🍕', 'INVALID'],
      ['with half a surrogate pair', 'a\ud800', 'INVALID'],
      ['with a trailing space', 'a ', 'INVALID'],
      ['of 8,193 bytes', 'x'.repeat(8_193), 'TOO_LONG'],
      ['of 100 kB', 'x'.repeat(100_000), 'TOO_LONG'],
    ] as const
  ).map(([what, value, code]): Case => [
    `a header value ${what}`,
    header('x-a', value),
    code,
    'headers.0.value',
  ]),
  ['21 headers', headers(21, 'x'), 'TOO_MANY', 'headers'],
  ['10,000 headers', headers(10_000, 'x'), 'TOO_MANY', 'headers'],
  ['three headers of 16.5 kB in total', headers(3, 'x'.repeat(5_500)), 'TOO_LONG', 'headers'],
  [
    'a repeated header in another case',
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

const credentials: readonly Case[] = [
  ['an empty secret', { secret: '' }, 'INVALID', 'secret'],
  ['a secret of 23 bytes', { secret: whsec(23) }, 'INVALID', 'secret'],
  ['a secret of 65 bytes', { secret: whsec(65) }, 'TOO_LONG', 'secret'],
  ['a secret of 100 kB', { secret: whsec(100_000) }, 'TOO_LONG', 'secret'],
  ['a secret that is not base64', { secret: `whsec_${'%'.repeat(44)}` }, 'INVALID', 'secret'],
  ['a secret in base64url', { secret: `whsec_${'-_'.repeat(16)}` }, 'INVALID', 'secret'],
  ['a secret with a repeated prefix', { secret: `whsec_${whsec(32)}` }, 'INVALID', 'secret'],
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
      ['that repeats the mask', '[masked]'.repeat(4), 'INVALID'],
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

const policyCases: readonly Case[] = [
  ['no topic', { topics: [] }, 'REQUIRED', 'topics'],
  ['a topic with a trailing dot', { topics: ['order.created.'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a topic with a leading dot', { topics: ['.order.created'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a topic with two stars', { topics: ['order.**'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a topic of 100 kB', { topics: ['x'.repeat(100_000)] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['the topic __proto__.*', { topics: ['__proto__.*'] }, 'UNKNOWN_TOPIC', 'topics.0'],
  ['a time limit of 1,500.5 ms', { policy: { timeoutMs: 1_500.5 } }, 'INVALID', 'policy.timeoutMs'],
  ['a time limit of 31 s', { policy: { timeoutMs: 31_000 } }, 'INVALID', 'policy.timeoutMs'],
  ['a time limit of 1e308 ms', { policy: { timeoutMs: 1e308 } }, 'INVALID', 'policy.timeoutMs'],
  [
    '1,000 waits',
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
  ['expireAfterMs 0', { expireAfterMs: 0 }, 'INVALID', 'expireAfterMs'],
  ['expireAfterMs -1', { expireAfterMs: -1 }, 'INVALID', 'expireAfterMs'],
  ['expireAfterMs 999', { expireAfterMs: 999 }, 'INVALID', 'expireAfterMs'],
  ['expireAfterMs of 7 days and 1 ms', { expireAfterMs: 604_800_001 }, 'INVALID', 'expireAfterMs'],
  ['ratePerSecond 0', { ratePerSecond: 0 }, 'INVALID', 'ratePerSecond'],
  ['ratePerSecond -1', { ratePerSecond: -1 }, 'INVALID', 'ratePerSecond'],
  ['ratePerSecond 2^31 - 1', { ratePerSecond: 2 ** 31 - 1 }, 'INVALID', 'ratePerSecond'],
  ['maxConcurrency -1', { maxConcurrency: -1 }, 'INVALID', 'maxConcurrency'],
  ['maxConcurrency 2^31 - 1', { maxConcurrency: 2 ** 31 - 1 }, 'INVALID', 'maxConcurrency'],
]

describe.each([
  ['URL', urls],
  ['headers', headerCases],
  ['secret or token', credentials],
  ['topics, policy or limits', policyCases],
])('invalid %s', (_kind, cases) => {
  test.each(cases)(
    'webhookCreate and webhookUpdate refuse %s, and nothing is written',
    async (_, input, code, field) => {
      expect(await problemsOf(server, acme, 'WebhookCreate', { ...validInput(), ...input })).toEqual([
        [code, field],
      ])
      const { dialect, ...change } = input
      if (dialect === undefined)
        expect(await problemsOf(server, acme, 'WebhookUpdate', { id: webhookId, ...change })).toEqual([
          [code, field],
        ])
    },
  )
})

describe('invalid numbers', () => {
  const body = (input: string) =>
    `{"query":${JSON.stringify(documents.WebhookCreate)},"variables":{"input":{"name":"x","url":"https://pos.example","topics":["order.*"],${input}}}}`

  test.each([
    ['a time limit of 1e309', '"policy":{"timeoutMs":1e309}'],
    ['a wait of 1e309', '"policy":{"retry":{"waits":[{"minMs":1000,"maxMs":1e309}]}}'],
    ['a window of -1e309', '"policy":{"retry":{"waits":[{"minMs":1000,"maxMs":1000}],"windowMs":-1e309}}'],
    ['the text NaN as a time limit', '"policy":{"timeoutMs":"NaN"}'],
    ['a failure share of 1e309', '"policy":{"disable":[{"rule":"FAILURE_SHARE","share":1e309}]}'],
    ['a rate with a fraction', '"ratePerSecond":1.5'],
    ['a rate of 2^31', '"ratePerSecond":2147483648'],
    ['a rate of 1e309', '"ratePerSecond":1e309'],
    ['a text as maxConcurrency', '"maxConcurrency":"5"'],
  ])('webhookCreate refuses %s with BAD_USER_INPUT, and nothing is written', async (_, input) => {
    expect(await errorCodeOf(server, acme, body(input))).toBe('BAD_USER_INPUT')
  })

  test('a request with NaN, which is not JSON, is refused with BAD_USER_INPUT', async () => {
    expect(await errorCodeOf(server, acme, body('"policy":{"timeoutMs":NaN}'))).toBe('BAD_USER_INPUT')
  })
})

describe('secretRotate with invalid input', () => {
  const cases: readonly Case[] = [
    ['a negative overlap', { overlapMs: -1 }, 'INVALID', 'overlapMs'],
    ['an overlap of a year', { overlapMs: 365 * 86_400_000 }, 'INVALID', 'overlapMs'],
    ['an overlap with a fraction', { overlapMs: 0.5 }, 'INVALID', 'overlapMs'],
    ['an overlap of 1e308', { overlapMs: 1e308 }, 'INVALID', 'overlapMs'],
    ...credentials.filter(([, { dialect }]) => dialect === undefined),
  ]
  test.each(cases)('secretRotate refuses %s, and nothing is written', async (_, input, code, field) => {
    expect(await problemsOf(server, acme, 'SecretRotate', { id: webhookId, ...input })).toEqual([
      [code, field],
    ])
  })
})

describe('unusual valid settings', () => {
  test.each([
    ['a fragment, which is removed', 'https://pos.example/hook#part', 'https://pos.example/hook'],
    [
      'a Cyrillic letter, which is written in punycode',
      'https://p\u0430ypal.example/',
      'https://xn--pypal-4ve.example/',
    ],
    [
      'an upper-case scheme and host, which become lower case',
      'HTTPS://POS.EXAMPLE/Hook',
      'https://pos.example/Hook',
    ],
    ['the default port, which is removed', 'https://pos.example:443/hook', 'https://pos.example/hook'],
    [
      '2,048 characters, which are kept',
      `https://pos.example/${'x'.repeat(2_028)}`,
      `https://pos.example/${'x'.repeat(2_028)}`,
    ],
  ])('webhookCreate accepts a URL with %s', async (_, url, canonical) => {
    expect(await mutate(acme, 'WebhookCreate', { ...validInput(), url })).toMatchObject({
      webhook: { url: canonical },
      userErrors: [],
    })
  })

  test.each([
    ['with its prefix', whsec(24), whsec(24)],
    ['without its prefix', whsec(64).slice('whsec_'.length), whsec(64)],
  ])('webhookCreate returns a secret given %s with its prefix', async (_, secret, kept) => {
    expect(await mutate(acme, 'WebhookCreate', { ...validInput(), secret })).toMatchObject({ secret: kept })
  })

  test.each(dialects.filter((dialect) => dialect !== 'FLYBUY'))(
    'a %s webhook sends headers named constructor, toString and hasOwnProperty',
    async (dialect) => {
      const tenant = await server.tenant()
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
      await createWebhook(tenant, receiver, {
        dialect,
        topics: ['order.created'],
        headers: names.map((name) => ({ name, value: `my-${name}` })),
      })
      const requestCount = receiver.requests.length
      const order = await createOrder(tenant)
      await mutateOrThrow(tenant, 'OrderStateChange', { orderId: order.id, state: 'COMPLETED' })
      await waitForSettled(tenant, {})
      const sent = new Map(Object.entries(receiver.requests[requestCount]?.headers ?? {}))
      for (const name of names.slice(1)) expect(sent.get(name.toLowerCase()), name).toBe(`my-${name}`)
      expect({}).not.toHaveProperty('polluted')
    },
  )
})
