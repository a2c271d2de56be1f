/**
 * Sessions of browsers. A browser exchanges a key for a random token in a cookie and acts with the key from then on. Only
 * a hash of the token is stored.
 */
import { hash } from 'node:crypto'
import type { Key } from './key.ts'

export interface Session {
  /** The SHA-256 of the token in hex. */
  readonly id: string
  readonly keyId: string
  readonly createdAt: Date
  /** The last use, accurate to the minute. */
  readonly seenAt: Date
}

/** Who acts: a key, and the session when a browser that has signed in acts with the key. */
export interface Caller {
  readonly key: Key
  readonly sessionId: string | null
}

/** A session ends when it is not used for this time: 12 hours. */
export const sessionIdleMs = 12 * 60 * 60 * 1_000
/** A session ends this long after its start, however much it is used: 7 days. */
export const maxSessionMs = 7 * 24 * 60 * 60 * 1_000

/** The random bytes of a token. */
export const sessionTokenBytes = 32
const tokenFormat = /^[A-Za-z0-9_-]{43}$/

/** Writes the token of a session from its random bytes. */
export function writeSessionToken(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

/** The id of the session with this token; null when the text is no token. */
export function sessionIdOf(token: string): string | null {
  return tokenFormat.test(token) ? hash('sha256', token) : null
}

/** Whether the session is open at `now`. It also ends with its key. */
export function isOpenSession({ createdAt, seenAt }: Session, now: Date): boolean {
  const nowMs = now.getTime()
  return nowMs < seenAt.getTime() + sessionIdleMs && nowMs < createdAt.getTime() + maxSessionMs
}
