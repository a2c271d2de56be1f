/**
 * Failed authentications, counted by address in this process. Many users may share an address, so a good key works
 * whatever its neighbours do; and who guesses is not let to the database for ever. Keys are too long to be guessed:
 * what is spared is the asking.
 */
import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { readKey, type Key } from '../../domain/access/key.ts'
import type { Log } from '../../ports/platform.ts'
import { bearer } from './bearer.ts'

/** Counted for a key that was not tried before from that address, and is looked up: it may be a guess. Any other failure counts one. */
const guessCounts = 10
/**
 * So many times the limit, and keys that have not worked here before are not looked up any more: a user whose
 * neighbour guesses is let in until then, and with a key in use also after.
 */
const lookUpTimes = 50
const windowMs = 60_000
/** Addresses, and keys, that are remembered: beyond, those that were heard of longest ago are forgotten. */
const keptAddresses = 20_000
const keptKeys = 20_000

/** Too many failures: how many whole seconds until their minute is over, 1 at the least. */
export interface TooManyFailures {
  readonly retryAfterS: number
}

export interface AuthThrottle {
  /** What `look` finds for the `Authorization` value: null when there is no such key, TooManyFailures when that was so too often. */
  ask(
    who: { readonly authorization: unknown; readonly address: string },
    look: () => Promise<Key | null>,
  ): Promise<Key | null | TooManyFailures>
}

interface Window {
  failures: number
  readonly endsAtMs: number
}

export interface DoorOptions {
  /** Failures in a minute. */
  readonly limit: number
  readonly log: Log
  readonly nowMs?: () => number
}

export function makeAuthThrottle({ limit, log, nowMs = () => performance.now() }: DoorOptions): AuthThrottle {
  const windows = new LRUCache<string, Window>({ max: keptAddresses })
  /** By the hash of the key's text, so that no key is kept in clear. */
  const worked = new LRUCache<string, true>({ max: keptKeys })
  const tried = new LRUCache<string, true>({ max: keptKeys })

  const windowOf = (address: string): Window => {
    const known = windows.get(address)
    if (known !== undefined && nowMs() < known.endsAtMs) return known
    const fresh = { failures: 0, endsAtMs: nowMs() + windowMs }
    windows.set(address, fresh)
    return fresh
  }
  const refusal = (address: string, window: Window, before: number): TooManyFailures | null => {
    if (window.failures <= limit) return null
    // Once a window: a flood must not flood the log.
    if (before <= limit) log.warn({ address, failures: window.failures }, 'authentication.limited')
    return { retryAfterS: Math.max(1, Math.ceil((window.endsAtMs - nowMs()) / 1_000)) }
  }

  return {
    ask: async ({ authorization, address }, look) => {
      // Who says nothing does not guess.
      if (authorization === undefined) return null
      const text = bearer(authorization)
      const window = windowOf(address)
      const before = window.failures
      if (text === null || readKey(text) === null) {
        window.failures += 1
        return refusal(address, window, before)
      }
      const hash = createHash('sha256').update(text).digest('base64')
      const isKnown = worked.has(hash)
      if (!isKnown && before >= limit * lookUpTimes) return refusal(address, window, before)
      // Counted before it is looked up, so that a thousand guesses at once are counted too.
      const counts = isKnown ? 0 : tried.has(`${address} ${hash}`) ? 1 : guessCounts
      window.failures += counts
      tried.set(`${address} ${hash}`, true)
      const key = await look()
      if (key !== null) {
        window.failures -= counts
        worked.set(hash, true)
        return key
      }
      // A key that has worked until now was revoked, or is over.
      if (worked.delete(hash)) window.failures += 1
      return refusal(address, window, before)
    },
  }
}

/** Fits into the reason of a close. */
export function tooManyFailures({ retryAfterS }: TooManyFailures): string {
  return `too many failed authentications from this address: try again in ${retryAfterS} s`
}

export function isTooMany(found: Key | null | TooManyFailures): found is TooManyFailures {
  return found !== null && 'retryAfterS' in found
}
