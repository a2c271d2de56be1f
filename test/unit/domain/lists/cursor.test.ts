import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readCursor, writeCursor, type CursorScope } from '../../../../src/domain/lists/cursor.ts'
import { buildId } from '../../../support/samples.ts'

const scope: CursorScope = {
  list: 'deliveries',
  projectId: buildId('prj'),
  filter: { webhookIds: [], states: ['PENDING'] },
}
const key = buildId('dlv')
const cursor = writeCursor(scope, key)

describe('list cursor', () => {
  test('a cursor returns its key in the scope in which it was made', () => {
    // Keys are ids and positions, which contain no dot.
    const keys = fc.oneof(fc.nat().map(String), fc.stringMatching(/^[a-z]{3}_[0-9a-z]{26}$/))
    const scopes = fc.record({ list: fc.string(), projectId: fc.string(), filter: fc.jsonValue() })
    fc.assert(
      fc.property(scopes, keys, (made, wanted) => {
        expect(readCursor(structuredClone(made), writeCursor(made, wanted))).toBe(wanted)
      }),
    )
  })

  test('a cursor needs no escaping in a URL or a header', () => {
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
  })

  test.each<[string, Partial<CursorScope>]>([
    ['another list', { list: 'deliveryAttempts' }],
    ['another project', { projectId: buildId('prj', 1) }],
    ['another filter', { filter: { webhookIds: [], states: ['EXHAUSTED'] } }],
    ['no filter', { filter: null }],
  ])('a cursor is refused for %s', (_, other) => {
    expect(readCursor({ ...scope, ...other }, cursor)).toBeNull()
  })

  test('a cursor stays valid when its list gets further filter members, because empty members are not part of a filter', () => {
    const later = { orderIds: [], createdAt: { from: null, until: null }, enabled: null }
    expect(readCursor({ ...scope, filter: { ...later, states: ['PENDING'] } }, cursor)).toBe(key)
    expect(readCursor({ ...scope, filter: { states: ['PENDING'], enabled: false } }, cursor)).toBeNull()
    const since = { createdAt: { from: new Date(0), until: null } }
    expect(readCursor({ ...scope, filter: { ...since, states: ['PENDING'] } }, cursor)).toBeNull()
  })

  test('a cursor ignores the order and repetition of the values of a filter', () => {
    const states = (...members: readonly string[]): CursorScope => ({ ...scope, filter: { states: members } })
    const both = writeCursor(states('PENDING', 'EXHAUSTED'), key)
    expect(readCursor(states('EXHAUSTED', 'PENDING', 'PENDING'), both)).toBe(key)
    expect(readCursor(states('EXHAUSTED'), both)).toBeNull()
  })

  test('a cursor that is truncated at any length is refused', () => {
    const cut = Array.from(cursor, (_, length) => cursor.slice(0, length))
    expect(cut.filter((text) => readCursor(scope, text) !== null)).toEqual([])
  })

  test('a made-up cursor is refused', () => {
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
      encoded(`1.${buildId('dlv', 1)}.${check ?? ''}`),
      encoded(`2.${key}.${check ?? ''}`),
      encoded(`1.${key}.${check ?? ''}.`),
      encoded(`1.${key}.${check?.toUpperCase() ?? ''}`),
      '\0',
      '%',
      '🛎',
    ]
    expect(forged.filter((text) => readCursor(scope, text) !== null)).toEqual([])
  })

  test('random texts and cursors with one changed letter are refused', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(readCursor(scope, text)).toBeNull()
      }),
    )
    fc.assert(
      fc.property(fc.nat({ max: cursor.length - 1 }), fc.stringMatching(/^[A-Za-z0-9_-]$/), (at, context) => {
        const changed = cursor.slice(0, at) + context + cursor.slice(at + 1)
        // The last letter of base64 may contain unused bits: then the key is the same and correct.
        expect([null, key]).toContain(readCursor(scope, changed))
        if (at < cursor.length - 1 && changed !== cursor) expect(readCursor(scope, changed)).toBeNull()
      }),
    )
  })
})
