import { describe, expect, test } from 'vitest'
import { checkHeaders, isCredential, maxAllBytes } from '../../../../src/domain/webhooks/custom-headers.ts'
import type { Header } from '../../../../src/domain/deliveries/outcome.ts'
import type { Dialect } from '../../../../src/domain/dialects/registry.ts'

const check = (headers: readonly Header[], dialect: Dialect = 'STANDARD') =>
  checkHeaders(headers, dialect, ['headers'])
const named = (name: string, value = 'x'): Header => ({ name, value })
const many = (count: number, value = 'x') =>
  Array.from({ length: count }, (_, index) => named(`x-h${index}`, value))

describe("a header's name", () => {
  test.each(['x-shop', 'X-Request-Id', "!#$%&'*+-.^_`|~09az", 'x'.repeat(256), 'accept'])(
    '%s may be sent',
    (name) => expect(check([named(name)])).toEqual([]),
  )

  test.each<readonly [string, string, string]>([
    ['empty', '', 'REQUIRED'],
    ['257 characters long', 'x'.repeat(257), 'TOO_LONG'],
    ...['x y', 'x:y', 'x\r\nHost', 'xé', 'x\0', 'x(y)', '"x"', ' x', 'x\t'].map(
      (name) => [JSON.stringify(name), name, 'INVALID'] as const,
    ),
  ])('%s is refused', (_, name, code) => {
    expect(check([named(name)])).toMatchObject([{ code, field: ['headers', '0', 'name'] }])
  })

  test.each([
    ...['Host', 'content-length', 'Transfer-Encoding', 'connection', 'TE', 'upgrade', 'expect', 'trailer'],
    ...['keep-alive', 'proxy-authorization', 'Proxy-Connection', 'webhook-id', 'Webhook-Signature'],
    ...['webhook-anything', 'X-FE-Webhook-Topic', 'content-type', 'accept-encoding', 'User-Agent'],
    'Content-Encoding',
  ])('%s is reserved, in any case', (name) => {
    expect(check([named(name)])).toMatchObject([{ code: 'INVALID', field: ['headers', '0', 'name'] }])
    expect(check([named(name.toUpperCase())])).toHaveLength(1)
  })

  test.each<Dialect>(['STANDARD', 'FLYBUY', 'FLIPDISH', 'FOODY', 'FAST_EVENTS'])(
    'that %s writes itself is refused, because it is read off its requests',
    (dialect) => {
      expect(check([named('content-type')], dialect)).toHaveLength(1)
      expect(check([named('X-Own')], dialect)).toEqual([])
    },
  )

  test('may stand once, whatever its case', () => {
    expect(check([named('X-Shop'), named('x-other'), named('x-shop')])).toMatchObject([
      { code: 'INVALID', field: ['headers', '2', 'name'] },
    ])
  })
})

describe("a header's value", () => {
  test.each(['', 'a b\tc', 'ÿ é', 'x'.repeat(8_192)])('%j may be sent', (value) =>
    expect(check([named('x', value)])).toEqual([]),
  )

  test.each([
    ...['a\rb', 'a\nb', 'a\0b', 'a\r\nx: y', 'Ā', '🍕', 'a\x7f', 'a\x85', ' a', 'a '].map(
      (value) => [JSON.stringify(value), value, 'INVALID'] as const,
    ),
    ['8,193 bytes', 'x'.repeat(8_193), 'TOO_LONG'] as const,
  ])('%s is refused', (_, value, code) => {
    expect(check([named('x', value)])).toMatchObject([{ code, field: ['headers', '0', 'value'] }])
  })
})

test('twenty headers may be sent, and not one more', () => {
  expect(check(many(20))).toEqual([])
  expect(check(many(21))).toMatchObject([{ code: 'TOO_MANY', field: ['headers'] }])
})

test('all headers together have 16 KiB at the most', () => {
  const [a, b] = [named('a', 'x'.repeat(8_191)), named('b', 'x'.repeat(8_191))]
  expect(a.name.length + a.value.length + b.name.length + b.value.length).toBe(maxAllBytes)
  expect(check([a, b])).toEqual([])
  expect(check([a, b, named('c', '')])).toMatchObject([{ code: 'TOO_LONG', field: ['headers'] }])
})

test('all that is wrong is told at once', () => {
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
])('%s is a credential: %s', (name, credential) => {
  expect(isCredential(name)).toBe(credential)
})
