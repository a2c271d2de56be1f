/** API keys: their roles and their text form. New keys are not created here, because that needs randomness. */
import { hash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { idPrefixes, isIdOf } from '../shared/ids.ts'

/**
 * OPERATOR: all projects of the installation. PLATFORM: all of one project. PARTNER: the partner's webhooks and their
 * deliveries. READER: reads one project.
 */
export const keyRoles = ['OPERATOR', 'PLATFORM', 'PARTNER', 'READER'] as const
export type KeyRole = (typeof keyRoles)[number]

/** The channel of PostgreSQL's NOTIFY that tells other processes of a revoked key. The payload is the key's id. */
export const endedKeysChannel = 'orderbell_keys'

export interface Key {
  /** Opaque. Not the text of the key. */
  readonly id: string
  /** Null for an OPERATOR, whose requests name a project. */
  readonly projectId: string | null
  /** Null unless the role is PARTNER. */
  readonly partnerId: string | null
  readonly role: KeyRole
  readonly name: string | null
  readonly createdAt: Date
  /** The key is invalid from this time on; null: it does not expire. */
  readonly expiresAt: Date | null
  /** The key is invalid since this time; null: it was not revoked. */
  readonly revokedAt: Date | null
  /** Accurate to the minute; null: never used. */
  readonly lastUsedAt: Date | null
}

/**
 * How long a process keeps a key that it has looked up, in milliseconds. A revoked key is valid this much longer where no
 * notification of its revocation arrives.
 */
export const keyKeptMs = 1_000

/** Maximum number of valid keys per project. */
export const maxLiveKeys = 1_000

/** Returns whether the key is valid at `now`: not revoked and not expired. */
export function isLive({ expiresAt, revokedAt }: Pick<Key, 'expiresAt' | 'revokedAt'>, now: Date): boolean {
  return revokedAt === null && (expiresAt === null || now < expiresAt)
}

/** Lets secret scanners recognise a leaked key. */
const keyPrefix = 'obk_'
const idLength = 26
const secretLength = 64
const checksumLength = 8

/**
 * Returns a key's text: `obk_`, its id without prefix, `_`, the secret (32 random bytes in hex) and a checksum. The
 * checksum lets the server refuse a mistyped key without a database query.
 */
export function writeKey(id: string, secret: string): string {
  const body = `${keyPrefix}${id.slice(idPrefixes.key.length + 1)}_${secret}`
  return body + checksum(body)
}

/** Parses a key's text into id and secret; null when the text or its checksum is not well-formed. */
export function readKey(text: string): { readonly id: string; readonly secret: string } | null {
  const bodyLength = keyPrefix.length + idLength + 1 + secretLength
  if (text.length !== bodyLength + checksumLength || !text.startsWith(keyPrefix)) return null
  const body = text.slice(0, bodyLength)
  if (checksum(body) !== text.slice(bodyLength)) return null
  const id = `${idPrefixes.key}_${body.slice(keyPrefix.length, keyPrefix.length + idLength)}`
  return isIdOf('key', id) ? { id, secret: body.slice(-secretLength) } : null
}

/** Returns the SHA-256 of a key's secret in hex, which is what is stored. */
export function hashSecret(secret: string): string {
  return hash('sha256', secret)
}

/** Compares in constant time, so that a timing attack cannot learn the hash. */
export function secretMatches(secret: string, storedHash: string): boolean {
  return timingSafeEqual(Buffer.from(hashSecret(secret), 'hex'), Buffer.from(storedHash, 'hex'))
}

function checksum(body: string): string {
  return crc32(body).toString(16).padStart(checksumLength, '0')
}
