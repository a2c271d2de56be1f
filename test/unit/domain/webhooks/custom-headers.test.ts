import { describe, expect, test } from 'vitest'
import { checkHeaders, isCredential, maxAllBytes } from '../../../../src/domain/webhooks/custom-headers.ts'
import type { Header } from '../../../../src/domain/deliveries/outcome.ts'
import type { Dialect } from '../../../../src/domain/dialects/registry.ts'

const check = (headers: readonly Header[], dialect: Dialect = 'STANDARD') =>
  checkHeaders(headers, dialect, ['headers'])
const named = (name: string, value = 'x'): Header => ({ name, value })
const many = (count: number, value = 'x') =>
  Array.from({ length: count }, (_, index) => named(`x-h${index}`, value))

describe('custom header name', () => {
  test.each(['x-shop', 'X-Request-Id', "!#$%&'*+-.^_`|~09az", 'x'.repeat(256), 'accept'])(
    'the custom header name %s is accepted',
    (name) => expect(check([named(name)])).toEqual([]),
  )

  test.each<readonly [string, string, string]>([
    ['empty', '', 'REQUIRED'],
    ['257 characters long', 'x'.repeat(257), 'TOO_LONG'],
    ...['x y', 'x:y', 'x\r\nHost', 'xé', 'x\0', 'x(y)', '"x"', ' x', 'x\t'].map(
      (name) => [JSON.stringify(name), name, 'INVALID'] as const,
    ),
  ])('a custom header name that is %s is refused', (_, name, code) => {
    expect(check([named(name)])).toMatchObject([{ code, field: ['headers', '0', 'name'] }])
  })

  test.each([
    ...['Host', 'content-length', 'Transfer-Encoding', 'connection', 'TE', 'upgrade', 'expect', 'trailer'],
    ...['keep-alive', 'proxy-authorization', 'Proxy-Connection', 'webhook-id', 'Webhook-Signature'],
    ...['webhook-anything', 'X-FE-Webhook-Topic', 'content-type', 'accept-encoding', 'User-Agent'],
    'Content-Encoding',
  ])('the custom header %s is reserved, in lower and upper case', (name) => {
    expect(check([named(name)])).toMatchObject([{ code: 'INVALID', field: ['headers', '0', 'name'] }])
    expect(check([named(name.toUpperCase())])).toHaveLength(1)
  })

  test.each<Dialect>(['STANDARD', 'FLYBUY', 'FLIPDISH', 'FOODY', 'FAST_EVENTS'])(
    'a custom header that %s sends itself is refused',
    (dialect) => {
      expect(check([named('content-type')], dialect)).toHaveLength(1)
      expect(check([named('X-Own')], dialect)).toEqual([])
    },
  )

  test('a repeated custom header name is refused, also in another case', () => {
    expect(check([named('X-Shop'), named('x-other'), named('x-shop')])).toMatchObject([
      { code: 'INVALID', field: ['headers', '2', 'name'] },
    ])
  })
})

describe('custom header value', () => {
  test.each(['', 'a b\tc', 'ÿ é', 'x'.repeat(8_192)])('the custom header value %j is accepted', (value) =>
    expect(check([named('x', value)])).toEqual([]),
  )

  test.each([
    ...['a\rb', 'a\nb', 'a\0b', 'a\r\nx: y', 'Ā', '🍕', 'a\x7f', 'a\x85', ' a', 'a '].map(
      (value) => [JSON.stringify(value), value, 'INVALID'] as const,
    ),
    ['8,193 bytes', 'x'.repeat(8_193), 'TOO_LONG'] as const,
  ])('a custom header value of %s is refused', (_, value, code) => {
    expect(check([named('x', value)])).toMatchObject([{ code, field: ['headers', '0', 'value'] }])
  })
})

test('20 custom headers are accepted; 21 are refused with TOO_MANY', () => {
  expect(check(many(20))).toEqual([])
  expect(check(many(21))).toMatchObject([{ code: 'TOO_MANY', field: ['headers'] }])
})

test('all custom headers together may have 16 KiB; more is refused with TOO_LONG', () => {
  const [a, b] = [named('a', 'x'.repeat(8_191)), named('b', 'x'.repeat(8_191))]
  expect(a.name.length + a.value.length + b.name.length + b.value.length).toBe(maxAllBytes)
  expect(check([a, b])).toEqual([])
  expect(check([a, b, named('c', '')])).toMatchObject([{ code: 'TOO_LONG', field: ['headers'] }])
})

test('all problems of custom headers are returned at once', () => {
  expect(check([named('host', 'a\n'), named('x y'), named('ok', 'Ā')])).toHaveLength(4)
})

test.each([
  ['Authorization', true],
  ['cookie', true],
  ['X-Api-Key', true],
  ['x-access-token', true],
  ['X-Client-Secret', true],
  ['x-auth', true],
  ['PASSWORD', true],
  ['x-signature', true],
  ['X-Session-Id', true],
  ['x-passwd', true],
  ['X-JWT', true],
  ['x-shop', false],
  ['accept', false],
])('the header %s is treated as a credential: %s', (name, credential) => {
  expect(isCredential(name)).toBe(credential)
})
