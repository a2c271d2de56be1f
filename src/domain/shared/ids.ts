/**
 * Typed ids: which prefix belongs to what, and whether a text has the shape of one. Making a new
 * id needs a clock and dice, so that is `runtime/chance.ts`.
 */

/** What an id can name, and the prefix that says so. After it stands a UUIDv7 in 26 letters of base32, so ids sort by time of creation. */
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
} as const
export type IdKind = keyof typeof idPrefixes

// Crockford's base32 in lower case; the first letter carries three bits, so it is 0 to 7.
const suffix = /^[0-7][0-9abcdefghjkmnpqrstvwxyz]{25}$/

/** Whether the text has the shape of an id of that kind. A wrong prefix answers like an id that is not there. */
export function isIdOf(kind: IdKind, text: string): boolean {
  const prefix = `${idPrefixes[kind]}_`
  if (!text.startsWith(prefix) || !suffix.test(text.slice(prefix.length))) return false
  // Its letters could name an instant that can no longer be written with four digits of a year.
  return instantOf(text) <= latest
}

/** The smallest id of that kind that can be made at an instant: those made before it sort below. */
export function firstIdAt(kind: IdKind, instant: Date): string {
  const digits = Array.from({ length: 10 }, (_, place) => {
    const digit = Math.floor(instant.getTime() / 32 ** (9 - place)) % 32
    return alphabet.charAt(digit)
  })
  return `${idPrefixes[kind]}_${digits.join('')}${'0'.repeat(16)}`
}

const latest = new Date('9999-12-31T23:59:59.999Z')

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'

/** The instant at which an id was made: its first ten letters are a UUIDv7's milliseconds. */
export function instantOf(id: string): Date {
  const letters = id.slice(id.indexOf('_') + 1, id.indexOf('_') + 11)
  return new Date(Array.from(letters).reduce((ms, context) => ms * 32 + alphabet.indexOf(context), 0))
}
