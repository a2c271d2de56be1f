import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashSecret, readKey, secretMatches, writeKey } from '../../../../src/domain/access/key.ts'
import { system } from '../../../../src/runtime/system.ts'
import { buildId } from '../../../support/samples.ts'

const id = buildId('key')
const secret = 'ab'.repeat(32)
const text = writeKey(id, secret)

/** A key's text with a correct checksum, whatever the body. */
const withChecksum = (body: string) => body + crc32(body).toString(16).padStart(8, '0')

describe('key text', () => {
  test('a key has the prefix obk_, the letters of its id, its secret and a checksum, so that scanners find it', () => {
    expect(text).toMatch(/^obk_[0-9a-z]{26}_[0-9a-f]{64}[0-9a-f]{8}$/)
    expect(text).toContain(id.slice(4))
  })

  test('reading a key returns its id and its secret', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = { id: system.newId('key'), secret: Buffer.from(bytes).toString('hex') }
        expect(readKey(writeKey(key.id, key.secret))).toEqual(key)
      }),
    )
  })

  test('the checksum of a key has eight digits, also when it begins with zeros', () => {
    const texts = Array.from({ length: 2_000 }, (_, index) =>
      writeKey(id, index.toString(16).padStart(64, '0')),
    )
    expect(texts.some((one) => one.at(-8) === '0')).toBe(true)
    expect(texts.filter((one) => readKey(one) === null)).toEqual([])
  })

  test('a key with any one mistyped letter is not valid', () => {
    const mistyped = Array.from(
      text,
      (context, at) => text.slice(0, at) + (context === 'a' ? 'b' : 'a') + text.slice(at + 1),
    )
    expect(mistyped.filter((one) => readKey(one) !== null)).toEqual([])
  })

  test.each([
    ['an empty text', ''],
    ['a key with a letter too few', text.slice(0, -1)],
    ['a key with a letter too many', `${text}0`],
    ['a key after a space', ` ${text}`],
    ['a key in upper case', text.toUpperCase()],
    ['another prefix with a correct checksum', withChecksum(`xyz_${text.slice(4, -8)}`)],
    ['an invalid id with a correct checksum', withChecksum(`obk_${'l'.repeat(26)}_${secret}`)],
    ['a short text with a correct checksum', withChecksum(text.slice(0, -9))],
    ['a long text with a correct checksum', withChecksum(`${text.slice(0, -8)}0`)],
    ['another text of the same length', 'x'.repeat(text.length)],
  ])('%s is not a key', (_, other) => {
    expect(readKey(other)).toBeNull()
  })
})

describe('key secret', () => {
  test('a key secret matches its own hash only', () => {
    expect(secretMatches(secret, hashSecret(secret))).toBe(true)
    expect(secretMatches(secret, hashSecret(`${secret}0`))).toBe(false)
    expect(secretMatches('', hashSecret(secret))).toBe(false)
  })

  test('the hash of a key secret does not contain the secret', () => {
    expect(hashSecret(secret)).toMatch(/^[0-9a-f]{64}$/)
    expect(hashSecret(secret)).not.toContain(secret.slice(0, 8))
  })
})
