/** Typed ids: their prefixes and format. New ids are not created here, because that needs a clock and randomness. */

/**
 * The prefix of each kind of id. An id is its prefix, `_` and a UUIDv7 as 26 characters of base32, so ids of one kind
 * sort by time of creation.
 */
export const idPrefixes = {
  project: 'prj',
  key: 'key',
  partner: 'ptn',
  site: 'sit',
  customer: 'cus',
  order: 'ord',
  event: 'evt',
  webhook: 'whk',
  delivery: 'dlv',
  attempt: 'att',
  auditEntry: 'aud',
  bulkRetry: 'brt',
} as const
export type IdKind = keyof typeof idPrefixes

/** The 32 characters of Crockford's base32 in lower case. */
export const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

// The first character carries three bits, so it is 0 to 7.
const suffix = /^[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$/

/** Returns whether the text is a well-formed id of that kind. An id with the prefix of another kind is not. */
export function isIdOf(kind: IdKind, text: string): boolean {
  const prefix = `${idPrefixes[kind]}_`
  if (!text.startsWith(prefix) || !suffix.test(text.slice(prefix.length))) return false
  // 48 bits of milliseconds reach beyond the year 9999, which our timestamps cannot represent.
  return instantOf(text) <= latest
}

/** Returns the smallest id of that kind that can be created at `instant`. Ids created earlier are smaller. */
export function firstIdAt(kind: IdKind, instant: Date): string {
  const digits = Array.from({ length: 10 }, (_, place) => {
    const digit = Math.floor(instant.getTime() / 32 ** (9 - place)) % 32
    return alphabet.charAt(digit)
  })
  return `${idPrefixes[kind]}_${digits.join('')}${'0'.repeat(16)}`
}

const latest = new Date('9999-12-31T23:59:59.999Z')

/** Returns the time at which an id was created: ten characters after the prefix encode milliseconds since 1970. */
export function instantOf(id: string): Date {
  const letters = id.slice(id.indexOf('_') + 1, id.indexOf('_') + 11)
  return new Date(Array.from(letters).reduce((ms, letter) => ms * 32 + alphabet.indexOf(letter), 0))
}
