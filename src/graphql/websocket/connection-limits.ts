/**
 * Limits on the number of sockets and subscriptions, counted in this process. Each count goes down when its socket or
 * subscription ends.
 */
import type { GraphQLError } from 'graphql'
import { makeKeyedCounter, type Release } from '../../domain/shared/keyed-counter.ts'
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
export const maxUnauthenticatedPerAddress = 200
/** Maximum concurrent sockets of all addresses that are not authenticated yet. */
export const maxUnauthenticated = 1_000

/** The close of a socket above a limit. Clients of graphql-ws do not reconnect after this code. */
export const tooManySockets = {
  code: 4429,
  reason: `Too many sockets: the maximum for one key is ${maxSocketsPerKey}`,
} as const

export interface SocketLimits {
  /** Counts a socket that is not authenticated yet. Null when the address or the process has reached its limit. */
  takeUnauthenticated(address: string): Release | null
  /** Counts a socket of the key. Null when the key has reached its limit. */
  takeSocket(keyId: string): Release | null
  /** Counts a subscription of the socket and of the project. */
  takeSubscription(of: { readonly socket: object; readonly projectId: string }): Release | GraphQLError
}

export function makeSocketLimits(
  bounds = { unauthenticatedPerAddress: maxUnauthenticatedPerAddress, unauthenticated: maxUnauthenticated },
): SocketLimits {
  const unauthenticatedOfAddresses = makeKeyedCounter<string>(bounds.unauthenticatedPerAddress)
  const unauthenticated = makeKeyedCounter<'all'>(bounds.unauthenticated)
  const socketsOfKeys = makeKeyedCounter<string>(maxSocketsPerKey)
  const subscriptionsOfSockets = makeKeyedCounter<object>(maxSubscriptionsPerSocket)
  const subscriptionsOfProjects = makeKeyedCounter<string>(maxSubscriptionsPerProject)

  return {
    takeUnauthenticated: (address) =>
      both(unauthenticatedOfAddresses.take(address), () => unauthenticated.take('all')),
    takeSocket: (keyId) => socketsOfKeys.take(keyId),
    takeSubscription: ({ socket, projectId }) => {
      const ofSocket = subscriptionsOfSockets.take(socket)
      if (ofSocket === null)
        return tooMany(`the socket has ${maxSubscriptionsPerSocket} subscriptions, which is the maximum`)
      return (
        both(ofSocket, () => subscriptionsOfProjects.take(projectId)) ??
        tooMany(`the project has ${maxSubscriptionsPerProject} subscriptions, which is the maximum`)
      )
    },
  }
}

/** Releases both places together. Null, and neither place is kept, when there is no second place. */
function both(first: Release | null, takeSecond: () => Release | null): Release | null {
  const second = first === null ? null : takeSecond()
  if (first === null || second === null) {
    first?.()
    return null
  }
  return () => {
    first()
    second()
  }
}

function tooMany(what: string): GraphQLError {
  return codedError('RATE_LIMITED', `${what}: end a subscription that is not needed, and try again`)
}
