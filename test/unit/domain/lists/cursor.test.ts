import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCursor, writeCursor, type CursorScope } from '../../../../src/domain/lists/cursor.ts'
import { anId } from '../../../support/samples.ts'

const scope: CursorScope = {
  list: 'deliveries',
  projectId: anId('prj'),
  filter: { webhookIds: [], states: ['PENDING'] },
}
const key = anId('dlv')
const cursor = writeCursor(scope, key)

describe('a cursor', () => {
  test('leads back to its key where it was made', () => {
    // Keys are ids and positions: they have no dot.
    const keys = fc.oneof(fc.nat().map(String), fc.stringMatching(/^[a-z]{3}_[0-9a-z]{26}$/))
    const scopes = fc.record({ list: fc.string(), projectId: fc.string(), filter: fc.jsonValue() })
    fc.assert(
      fc.property(scopes, keys, (made, wanted) => {
        expect(readCursor(structuredClone(made), writeCursor(made, wanted))).toBe(wanted)
      }),
    )
  })

  test('goes into a URL and a header as it is', () => {
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  test.each<[string, Partial<CursorScope>]>([
    ['list', { list: 'deliveryAttempts' }],
    ['project', { projectId: anId('prj', 1) }],
    ['filter', { filter: { webhookIds: [], states: ['EXHAUSTED'] } }],
    ['no filter', { filter: null }],
  ])('is refused in another scope: %s', (_, other) => {
    expect(readCursor({ ...scope, ...other }, cursor)).toBeNull()
  })

  test('stays good when its list learns to be narrowed by more: what asks for nothing is no part of a filter', () => {
    const later = { orderIds: [], createdAt: { from: null, until: null }, enabled: null }
    expect(readCursor({ ...scope, filter: { ...later, states: ['PENDING'] } }, cursor)).toBe(key)
    expect(readCursor({ ...scope, filter: { states: ['PENDING'], enabled: false } }, cursor)).toBeNull()
    const since = { createdAt: { from: new Date(0), until: null } }
    expect(readCursor({ ...scope, filter: { ...since, states: ['PENDING'] } }, cursor)).toBeNull()
  })

  test('takes the lists of a filter as sets: neither order nor repetition asks for anything else', () => {
    const states = (...members: readonly string[]): CursorScope => ({ ...scope, filter: { states: members } })
    const both = writeCursor(states('PENDING', 'EXHAUSTED'), key)
    expect(readCursor(states('EXHAUSTED', 'PENDING', 'PENDING'), both)).toBe(key)
    expect(readCursor(states('EXHAUSTED'), both)).toBeNull()
  })

  test('is refused when it was cut, wherever', () => {
    const cut = Array.from(cursor, (_, length) => cursor.slice(0, length))
    expect(cut.filter((text) => readCursor(scope, text) !== null)).toEqual([])
  })

  test('is refused when it was made up', () => {
    const encoded = (text: string) => Buffer.from(text).toString('base64url')
    const [, , check] = Buffer.from(cursor, 'base64url').toString().split('.')
    const forged = [
      '',
      'x',
      key,
      encoded(key),
      encoded(`1.${key}`),
      encoded(`1.${key}.`),
      encoded(`1.${key}.0000000000000000`),
      encoded(`1.${anId('dlv', 1)}.${check ?? ''}`),
      encoded(`2.${key}.${check ?? ''}`),
      encoded(`1.${key}.${check ?? ''}.`),
      encoded(`1.${key}.${check?.toUpperCase() ?? ''}`),
      '\0',
      '%',
      '🛎',
    ]
    expect(forged.filter((text) => readCursor(scope, text) !== null)).toEqual([])
  })

  test('is never read where it was not made: any text, or one letter changed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readCursor(scope, text)).toBeNull()
      }),
    )
    fc.assert(
      fc.property(fc.nat({ max: cursor.length - 1 }), fc.stringMatching(/^[A-Za-z0-9_-]$/), (at, context) => {
        const changed = cursor.slice(0, at) + context + cursor.slice(at + 1)
        // The last letter of base64 may carry bits that mean nothing: then the key is the same, and right.
        expect([null, key]).toContain(readCursor(scope, changed))
        if (at < cursor.length - 1 && changed !== cursor) expect(readCursor(scope, changed)).toBeNull()
      }),
    )
  })
})
