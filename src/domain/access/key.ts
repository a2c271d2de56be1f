/** API keys: what they may do, and how their text is put together. Making one needs dice, so that is `flow/change-key.ts`. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { idPrefixes, isIdOf } from '../shared/ids.ts'

/** OPERATOR: all projects of the installation. PLATFORM: all of one. PARTNER: its own webhooks. READER: reads one project. */
export const keyRoles = ['OPERATOR', 'PLATFORM', 'PARTNER', 'READER'] as const
export type KeyRole = (typeof keyRoles)[number]

/** Where one process tells the others, by NOTIFY, that a key has ended: the key's id. */
export const endedKeysChannel = 'orderbell_keys'

export interface Key {
  /** Opaque; not the key itself. */
  readonly id: string
  /** Null for an OPERATOR, whose requests name the project that they act in. */
  readonly projectId: string | null
  /** Null but for a PARTNER. */
  readonly partnerId: string | null
  readonly role: KeyRole
  readonly name: string | null
  readonly createdAt: Date
  /** From when on it opens nothing; null: never. */
  readonly expiresAt: Date | null
  /** Since when it opens nothing; null: it was not revoked. */
  readonly revokedAt: Date | null
  /** To the minute; null: it was not used yet. */
  readonly lastUsedAt: Date | null
}

/** Keys of one project that open something, at once. */
export const maxLiveKeys = 1_000

/** Whether the key opens anything at that instant. */
export function isLive({ expiresAt, revokedAt }: Pick<Key, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt)
}

/** Scanners find a leaked key by this. */
const keyPrefix = 'obk_'
const idLength = 26
const secretLength = 64
const checksumLength = 8

/**
 * A key's text: `obk_`, its id without prefix, `_`, 32 random bytes in hex, and a checksum by which a
 * mistyped key is told from a wrong one without asking the database.
 */
export function writeKey(id: string, secret: string): string {
  const body = `${keyPrefix}${id.slice(idPrefixes.key.length + 1)}_${secret}`
  return body + checksum(body)
}

/** The id and the secret that a key's text names; null when it is not the text of a key. */
export function readKey(text: string): { readonly id: string; readonly secret: string } | null {
  const bodyLength = keyPrefix.length + idLength + 1 + secretLength
  if (text.length !== bodyLength + checksumLength || !text.startsWith(keyPrefix)) return null
  const body = text.slice(0, bodyLength)
  if (checksum(body) !== text.slice(bodyLength)) return null
  const id = `${idPrefixes.key}_${body.slice(keyPrefix.length, keyPrefix.length + idLength)}`
  return isIdOf('key', id) ? { id, secret: body.slice(-secretLength) } : null
}

export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** In constant time, so that how far a guess was right cannot be measured. */
export function secretMatches(secret: string, storedHash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(storedHash, 'hex'))
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(checksumLength, '0')
}
