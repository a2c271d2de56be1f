import { describe, expect, test } from 'vitest'
import { redactSecrets } from '../../../../src/domain/deliveries/redact-response.ts'

const secret = 'a/+b"c\\é=='
const shown = (body: string | Uint8Array, secrets: readonly string[] = [secret]) =>
  Buffer.from(redactSecrets({ headers: [], body: Buffer.from(body) }, secrets).body)

describe('what a receiver answers is kept without the secrets it was sent', () => {
  test.each([
    ['as they are', `<${secret}>`, '<[masked]>'],
    ['in JSON', JSON.stringify({ got: secret }), '{"got":"[masked]"}'],
    ['in JSON with slashes escaped', JSON.stringify([secret]).replaceAll('/', '\\/'), '["[masked]"]'],
    ['in a URL', `?got=${encodeURIComponent(secret)}&more`, '?got=[masked]&more'],
    ['twice', `${secret} ${secret}`, '[masked] [masked]'],
    ['not at all', 'thank you', 'thank you'],
  ])('%s', (_, body, kept) => {
    expect(shown(body).toString()).toBe(kept)
  })

  test('in the one byte of a character that a header has', () => {
    expect(shown(Buffer.from(`<${secret}>`, 'latin1')).toString()).toBe('<[masked]>')
    const headers = [{ name: 'x-got', value: secret }]
    expect(redactSecrets({ headers, body: Buffer.alloc(0) }, [secret]).headers).toEqual([
      { name: 'x-got', value: '[masked]' },
    ])
  })

  test.each(['utf16le', 'utf16be'] as const)('in a body in %s', (charset) => {
    const bytes = Buffer.from('<123456>', 'utf16le')
    const kept = shown(charset === 'utf16le' ? bytes : bytes.swap16(), ['123456'])
    expect(kept.toString('latin1').replaceAll('\0', '')).toBe('<[masked]>')
  })

  test.each([
    ['in the middle of one', true, 'got: Bearer 1234', 'got: [masked]'],
    ['in the middle of one as JSON writes it', true, 'got: a/+b\\"c', 'got: [masked]'],
    ['after too little of one', true, 'got: Beare', 'got: Beare'],
    ['nowhere', false, 'got: Bearer 1234', 'got: Bearer 1234'],
  ])('in a body that was cut %s', (_, truncated, body, kept) => {
    const answer = { headers: [], body: Buffer.from(body), truncated }
    expect(Buffer.from(redactSecrets(answer, ['Bearer 123456', secret]).body).toString()).toBe(kept)
  })

  test('as a whole where one holds another', () => {
    expect(shown('Bearer 123456', ['123456', 'Bearer 123456']).toString()).toBe('[masked]')
  })

  test('but for those so short that they stand in any text', () => {
    expect(shown('{"ok":true}', ['true']).toString()).toBe('{"ok":true}')
  })

  test('and every other byte as it came', () => {
    const bytes = Buffer.from([0xff, 0x00, 0xc3, 0x28, 0xe9])
    expect(shown(Buffer.concat([bytes, Buffer.from('123456'), bytes]), ['123456'])).toEqual(
      Buffer.concat([bytes, Buffer.from('[masked]'), bytes]),
    )
  })
})
