/**
 * Limits failed authentications per client address, counted in this process. The limit protects the database from
 * look-ups; it does not protect the keys, which are too long to be guessed. Many users may share an address, so a valid
 * key is still accepted above the limit.
 */
import { hash as digest } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Log } from '../../ports/log.ts'

/**
 * Failures that are counted when an address sends a key for the first time and the server looks it up, because the key
 * may be a guess. Any other failure counts as 1.
 */
const countsOfGuess = 10
/**
 * Above this multiple of the limit, the server looks up only keys that it has accepted before in this process. Up to
 * it, a valid key is accepted although another client at the same address guesses; a key in use is accepted even above
 * it.
 */
const lookUpFactor = 50
const windowMs = 60_000
/** Addresses and keys that are remembered. Above these numbers, the least recently used ones are forgotten. */
const keptAddresses = 20_000
const keptKeys = 20_000

/** The address has failed too often. `retryAfterS`: whole seconds until its minute is over, at least 1. */
export interface TooManyFailures {
  readonly retryAfterS: number
}

export interface AuthThrottle {
  /**
   * Returns what `lookUp` finds, null when it finds nothing, and TooManyFailures when the address has failed too often.
   * `credential`: the text of a key or the token of a session; null when it is malformed, undefined when there is none.
   */
  authenticate<T extends object>(
    caller: { readonly credential: string | null | undefined; readonly address: string },
    lookUp: () => Promise<T | null>,
  ): Promise<T | null | TooManyFailures>
}

interface FailureWindow {
  failures: number
  readonly endsAtMs: number
}

export interface AuthThrottleOptions {
  /** Failures per address and minute. */
  readonly limit: number
  readonly log: Log
  readonly nowMs?: () => number
}

export function makeAuthThrottle({
  limit,
  log,
  nowMs = () => performance.now(),
}: AuthThrottleOptions): AuthThrottle {
  const windows = new LRUCache<string, FailureWindow>({ max: keptAddresses })
  /** Keyed by the SHA-256 of the key's text, so that no key is kept in plain text. */
  const acceptedKeys = new LRUCache<string, true>({ max: keptKeys })
  const triedKeys = new LRUCache<string, true>({ max: keptKeys })

  const windowOf = (address: string): FailureWindow => {
    const known = windows.get(address)
    if (known !== undefined && nowMs() < known.endsAtMs) return known
    const fresh = { failures: 0, endsAtMs: nowMs() + windowMs }
    windows.set(address, fresh)
    return fresh
  }
  const refusal = (address: string, window: FailureWindow, before: number): TooManyFailures | null => {
    if (window.failures <= limit) return null
    // Logged once per window, so that a flood of requests does not flood the log.
    if (before <= limit) log.warn({ address, failures: window.failures }, 'authentication.limited')
    return { retryAfterS: Math.max(1, Math.ceil((window.endsAtMs - nowMs()) / 1_000)) }
  }

  return {
    authenticate: async ({ credential: text, address }, lookUp) => {
      // A request without a credential is not a guess, and is not counted.
      if (text === undefined) return null
      const window = windowOf(address)
      const before = window.failures
      if (text === null) {
        window.failures += 1
        return refusal(address, window, before)
      }
      const hash = digest('sha256', text, 'base64')
      const isKnown = acceptedKeys.has(hash)
      if (!isKnown && before >= limit * lookUpFactor) return refusal(address, window, before)
      // Counted before the look-up, so that concurrent guesses are counted too.
      const counts = isKnown ? 0 : triedKeys.has(`${address} ${hash}`) ? 1 : countsOfGuess
      window.failures += counts
      triedKeys.set(`${address} ${hash}`, true)
      const found = await lookUp()
      if (found !== null) {
        window.failures -= counts
        acceptedKeys.set(hash, true)
        return found
      }
      // The key was accepted before: it was revoked or has expired.
      if (acceptedKeys.delete(hash)) window.failures += 1
      return refusal(address, window, before)
    },
  }
}

/** The error message. It fits into the reason of a WebSocket close (123 bytes). */
export function tooManyFailures({ retryAfterS }: TooManyFailures): string {
  return `too many failed authentications from this address: try again in ${retryAfterS} s`
}

export function isTooMany(found: object | null): found is TooManyFailures {
  return found !== null && 'retryAfterS' in found
}
