import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashSecret, readKey, secretMatches, writeKey } from '../../../../src/domain/access/key.ts'
import { system } from '../../../../src/runtime/system.ts'
import { anId } from '../../../support/samples.ts'

const id = anId('key')
const secret = 'ab'.repeat(32)
const text = writeKey(id, secret)

/** A key's text with a checksum that is right, whatever stands in it. */
const encrypted = (body: string) => body + crc32(body).toString(16).padStart(8, '0')

describe('the text of a key', () => {
  test('can be found by scanners and told at a glance', () => {
    expect(text).toMatch(/^obk_[0-9a-z]{26}_[0-9a-f]{64}[0-9a-f]{8}$/)
    expect(text).toContain(id.slice(4))
  })

  test('names its id and its secret, for every key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const key = { id: system.newId('key'), secret: Buffer.from(bytes).toString('hex') }
        expect(readKey(writeKey(key.id, key.secret))).toEqual(key)
      }),
    )
  })

  test('has a checksum of eight digits also when it begins with zeros', () => {
    const texts = Array.from({ length: 2_000 }, (_, index) =>
      writeKey(id, index.toString(16).padStart(64, '0')),
    )
    expect(texts.some((one) => one.at(-8) === '0')).toBe(true)
    expect(texts.filter((one) => readKey(one) === null)).toEqual([])
  })

  test('with any one letter mistyped is the text of none', () => {
    const mistyped = Array.from(
      text,
      (context, at) => text.slice(0, at) + (context === 'a' ? 'b' : 'a') + text.slice(at + 1),
    )
    expect(mistyped.filter((one) => readKey(one) !== null)).toEqual([])
  })

  test.each([
    ['nothing', ''],
    ['a letter too few', text.slice(0, -1)],
    ['a letter too many', `${text}0`],
    ['a space before it', ` ${text}`],
    ['upper case', text.toUpperCase()],
    ['another prefix, its checksum right', encrypted(`xyz_${text.slice(4, -8)}`)],
    ['an id that is none, its checksum right', encrypted(`obk_${'l'.repeat(26)}_${secret}`)],
    ['too short, its checksum right', encrypted(text.slice(0, -9))],
    ['too long, its checksum right', encrypted(`${text.slice(0, -8)}0`)],
    ['something of the same length', 'x'.repeat(text.length)],
  ])('is not: %s', (_, other) => {
    expect(readKey(other)).toBeNull()
  })
})

describe('the secret of a key', () => {
  test('matches its hash and no other', () => {
    expect(secretMatches(secret, hashSecret(secret))).toBe(true)
    expect(secretMatches(secret, hashSecret(`${secret}0`))).toBe(false)
    expect(secretMatches('', hashSecret(secret))).toBe(false)
  })

  test('cannot be read from its hash', () => {
    expect(hashSecret(secret)).toMatch(/^[0-9a-f]{64}$/)
    expect(hashSecret(secret)).not.toContain(secret.slice(0, 8))
  })
})
