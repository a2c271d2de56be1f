/**
 * Creates typed ids: a prefix, `_` and a UUIDv7 as 26 characters of base32. The format is that of TypeID, and the tests
 * compare it with typeid-js and uuid, which take about ten times as long.
 */
import { randomFillSync } from 'node:crypto'
import { alphabet, idPrefixes, type IdKind } from '../domain/shared/ids.ts'

/** The codes of the base32 characters, by their five bits. */
const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
const suffixLength = 26
/** Characters that encode the 48 bits of the milliseconds. */
const timeLength = 10

/** Random bytes of one id: 4 of the sequence, and one for each of its last 8 characters and the bits before them. */
const randomBytesPerId = 13
/** Random bytes are generated for 256 ids at a time, because each call of the generator costs more than an id. */
const pool = Buffer.alloc(256 * randomBytesPerId)
let used = pool.length

const suffix = Buffer.alloc(suffixLength)
/** The milliseconds that the first characters of `suffix` encode. */
let encodedMs = -1

/** The last id without an explicit time. */
let lastMs = -Infinity
let lastSequence = 0

/**
 * Creates an id whose time is `at`. Without `at`, the time is now, and the id is greater than all ids of the kind that
 * this process created without `at` before, also after the clock was set back. `at` is between 1970 and 10889.
 */
export function newId(kind: IdKind, at?: Date): string {
  const random = takeRandomBytes()
  const sequence = pool.readUInt32BE(random)
  if (at !== undefined) return idOf(kind, at.getTime(), sequence, random)
  const now = Date.now()
  if (now > lastMs) {
    lastMs = now
    // Begins with 31 random bits, so that at least 2^31 ids follow in this millisecond before the sequence overflows.
    lastSequence = sequence >>> 1
  } else lastSequence += 1
  return idOf(kind, lastMs, lastSequence, random)
}

/** Returns the offset of `randomBytesPerId` bytes in the pool that were not used before. */
function takeRandomBytes(): number {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += randomBytesPerId
  return used - randomBytesPerId
}

/**
 * The bits after the milliseconds are, as in uuid: 4 of the version (7), the first 12 of the sequence, 2 of the variant
 * (binary 10), the other 20 of the sequence, and 42 random bits.
 */
function idOf(kind: IdKind, ms: number, sequence: number, random: number): string {
  encodeTime(ms)
  put(10, 0b01110 | (sequence >>> 31))
  put(11, sequence >>> 26)
  put(12, sequence >>> 21)
  put(13, (((sequence >>> 20) & 1) << 4) | 0b01000 | ((sequence >>> 18) & 0b11))
  put(14, sequence >>> 13)
  put(15, sequence >>> 8)
  put(16, sequence >>> 3)
  put(17, (sequence << 2) | ((pool[random + 4] ?? 0) & 0b11))
  for (let place = 18; place < suffixLength; place += 1) put(place, pool[random + place - 13] ?? 0)
  return `${idPrefixes[kind]}_${suffix.toString('latin1')}`
}

function encodeTime(ms: number): void {
  if (ms === encodedMs) return
  encodedMs = ms
  for (let place = timeLength - 1, rest = ms; place >= 0; place -= 1) {
    put(place, rest % 32)
    rest = Math.floor(rest / 32)
  }
}

/** Writes the character of the lowest five bits. */
function put(place: number, bits: number): void {
  suffix[place] = codes[bits & 31] ?? 0
}
