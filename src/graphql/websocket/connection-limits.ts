/**
 * Limits on the number of sockets and subscriptions, counted in this process. Each count goes down when its socket or
 * subscription ends.
 */
import type { GraphQLError } from 'graphql'
import { codedError } from '../core/errors.ts'

/** Maximum concurrent subscriptions of one socket. */
export const maxSubscriptionsPerSocket = 20
/** Maximum concurrent sockets of one key. */
export const maxSocketsPerKey = 50
/** Maximum concurrent subscriptions of one project, over all its sockets. */
export const maxSubscriptionsPerProject = 1_000

/**
 * Maximum concurrent sockets of one address that are not authenticated yet. A socket has 3 s to authenticate. The limit
 * lets all sockets of a client's server reconnect at the same time, and lets many users share an address.
 */
export const maxUnknownPerAddress = 200
/** Maximum concurrent sockets of all addresses that are not authenticated yet. */
export const maxUnknown = 1_000

/** The close of a socket above a limit. Clients of graphql-ws do not reconnect after this code. */
export const tooManySockets = {
  code: 4429,
  reason: `Too many sockets: the maximum for one key is ${maxSocketsPerKey}`,
} as const

/** Lowers the count by one. Further calls have no effect. */
export type Release = () => void

export interface SocketLimits {
  /** Counts a socket that is not authenticated yet. Null when the address or the process has reached its limit. */
  takeUnknown(address: string): Release | null
  /** Counts a socket of the key. Null when the key has reached its limit. */
  takeSocket(keyId: string): Release | null
  takeSubscription(wish: { readonly socket: object; readonly projectId: string }): Release | GraphQLError
}

export function makeSocketLimits(
  bounds = { unknownPerAddress: maxUnknownPerAddress, unknown: maxUnknown },
): SocketLimits {
  const unknownOfAddresses = makeTally(bounds.unknownPerAddress)
  const unknown = makeTally(bounds.unknown)
  const socketsOfKeys = makeTally(maxSocketsPerKey)
  const subscriptionsOfProjects = makeTally(maxSubscriptionsPerProject)
  const countsOfSockets = new WeakMap<object, number>()

  return {
    takeUnknown: (address) => {
      const release = unknownOfAddresses(address)
      const releaseOfAll = release === null ? null : unknown('')
      if (release === null || releaseOfAll === null) {
        release?.()
        return null
      }
      return () => {
        release()
        releaseOfAll()
      }
    },
    takeSocket: (keyId) => socketsOfKeys(keyId),
    takeSubscription: ({ socket, projectId }) => {
      const countOf = (): number => countsOfSockets.get(socket) ?? 0
      if (countOf() >= maxSubscriptionsPerSocket)
        return tooMany(`the socket has ${maxSubscriptionsPerSocket} subscriptions, which is the maximum`)
      const release = subscriptionsOfProjects(projectId)
      if (release === null)
        return tooMany(`the project has ${maxSubscriptionsPerProject} subscriptions, which is the maximum`)
      countsOfSockets.set(socket, countOf() + 1)
      let taken = true
      return () => {
        if (taken) countsOfSockets.set(socket, countOf() - 1)
        taken = false
        release()
      }
    },
  }
}

function tooMany(what: string): GraphQLError {
  return codedError('RATE_LIMITED', `${what}: end a subscription that is not needed, and try again`)
}

/** Counts by name, up to `most` per name; returns null above that. A name whose count is 0 is removed. */
function makeTally(most: number): (name: string) => Release | null {
  const counts = new Map<string, number>()
  return (name) => {
    const count = counts.get(name) ?? 0
    if (count >= most) return null
    counts.set(name, count + 1)
    let taken = true
    return () => {
      if (!taken) return
      taken = false
      const left = (counts.get(name) ?? 0) - 1
      if (left > 0) counts.set(name, left)
      else counts.delete(name)
    }
  }
}
