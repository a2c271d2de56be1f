import { describe, expect, test } from 'vitest'
import { redactSecrets } from '../../../../src/domain/deliveries/redact-response.ts'

const secret = 'a/+b"c\\é=='
const shown = (body: string | Uint8Array, secrets: readonly string[] = [secret]) =>
  Buffer.from(redactSecrets({ headers: [], body: Buffer.from(body) }, secrets).body)

describe('redactSecrets', () => {
  test.each([
    ['a verbatim secret', `<${secret}>`, '<[masked]>'],
    ['a secret in JSON', JSON.stringify({ got: secret }), '{"got":"[masked]"}'],
    [
      'a secret in JSON with escaped slashes',
      JSON.stringify([secret]).replaceAll('/', '\\/'),
      '["[masked]"]',
    ],
    ['a secret in a URL', `?got=${encodeURIComponent(secret)}&more`, '?got=[masked]&more'],
    ['a secret that occurs twice', `${secret} ${secret}`, '[masked] [masked]'],
    ['no secret', 'thank you', 'thank you'],
  ])('a response body with %s is stored without the secret', (_, body, kept) => {
    expect(shown(body).toString()).toBe(kept)
  })

  test('a secret in Latin-1 is masked in body and headers', () => {
    expect(shown(Buffer.from(`<${secret}>`, 'latin1')).toString()).toBe('<[masked]>')
    const headers = [{ name: 'x-got', value: secret }]
    expect(redactSecrets({ headers, body: Buffer.alloc(0) }, [secret]).headers).toEqual([
      { name: 'x-got', value: '[masked]' },
    ])
  })

  test.each(['utf16le', 'utf16be'] as const)('a secret in a body in %s is masked', (charset) => {
    const bytes = Buffer.from('<123456>', 'utf16le')
    const kept = shown(charset === 'utf16le' ? bytes : bytes.swap16(), ['123456'])
    expect(kept.toString('latin1').replaceAll('\0', '')).toBe('<[masked]>')
  })

  test.each([
    ['in the middle of a secret', true, 'got: Bearer 1234', 'got: [masked]'],
    ['in the middle of a secret in JSON', true, 'got: a/+b\\"c', 'got: [masked]'],
    ['after five characters of a secret, which are kept', true, 'got: Beare', 'got: Beare'],
    ['nowhere, whose beginning of a secret is kept', false, 'got: Bearer 1234', 'got: Bearer 1234'],
  ])('the beginning of a secret is masked in a body that was truncated %s', (_, truncated, body, kept) => {
    const answer = { headers: [], body: Buffer.from(body), truncated }
    expect(Buffer.from(redactSecrets(answer, ['Bearer 123456', secret]).body).toString()).toBe(kept)
  })

  test('a secret that contains another secret is masked as a whole', () => {
    expect(shown('Bearer 123456', ['123456', 'Bearer 123456']).toString()).toBe('[masked]')
  })

  test('secrets that are so short that they occur in any text are not masked', () => {
    expect(shown('{"ok":true}', ['true']).toString()).toBe('{"ok":true}')
  })

  test('masking keeps every other byte of the body', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0xe9])
    expect(shown(Buffer.concat([bytes, Buffer.from('123456'), bytes]), ['123456'])).toEqual(
      Buffer.concat([bytes, Buffer.from('[masked]'), bytes]),
    )
  })
})
