/** How much sockets may keep open, counted in this process. What is taken is given back when its socket or its subscription ends. */
import type { GraphQLError } from 'graphql'
import { codedError } from '../core/errors.ts'

/** Subscriptions at once on one socket. */
export const maxSubscriptionsPerSocket = 20
/** Sockets at once of one key. */
export const maxSocketsPerKey = 50
/** Subscriptions at once of one project, over all its sockets. */
export const maxSubscriptionsPerProject = 1_000

/**
 * Sockets at once of one address that have not said yet who they are. They have 3 s for it: room for all of a
 * server's sockets to come back at the same time, and for the users behind one address.
 */
export const maxUnknownPerAddress = 200
/** The same of all addresses. */
export const maxUnknown = 1_000

/** What a socket over the limit is closed with; clients of graphql-ws do not try again on it. */
export const tooManySockets = {
  code: 4429,
  reason: `Too many sockets: ${maxSocketsPerKey} are the most for one key`,
} as const

/** Gives back what was taken, once; more often changes nothing. */
export type Release = () => void

export interface SocketLimits {
  /** Of a socket until it has said who it is. Null when there are as many as there may be. */
  takeUnknown(address: string): Release | null
  /** Null when the key has as many as it may have. */
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
        return tooMany(`the socket has ${maxSubscriptionsPerSocket} subscriptions, which are the most`)
      const release = subscriptionsOfProjects(projectId)
      if (release === null)
        return tooMany(`the project has ${maxSubscriptionsPerProject} subscriptions, which are the most`)
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
  return codedError('RATE_LIMITED', `${what}: end one that is not needed, and try again`)
}

/** Counts by name, up to so many each; answers null beyond. A name of which nothing is open is forgotten. */
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
