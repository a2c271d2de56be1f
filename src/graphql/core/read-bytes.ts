/**
 * Byte budgets of operations. A budget counts the large values that an operation reads (data of events, contents of
 * attempts, states in the audit log, schemas and examples of topics) and the bytes of its response. It holds the larger
 * of the two counts until the response is sent. The sum of the held bytes is limited per project and per process.
 */
import type { GraphQLError } from 'graphql'
import { makeKeyedCounter } from '../../domain/shared/keyed-counter.ts'
import { codedError, rateLimited } from './errors.ts'

const mebibyte = 1024 * 1024

export interface ByteLimits {
  readonly read: number
  readonly response: number
}

/**
 * Limits of one operation, in bytes. `read` is more than the schemas of the maximum number of topics of a project.
 * `response` is twice `read`, because JSON inside a body is written with a backslash before each quote.
 */
export const limitsOfOperation: ByteLimits = { read: 16 * mebibyte, response: 32 * mebibyte }
/**
 * Limits of one event of a subscription, in bytes: a few of the largest bodies. The limits are lower than those of an
 * operation, because the server sends events without a request for each.
 */
export const limitsOfEvent: ByteLimits = { read: 4 * mebibyte, response: 8 * mebibyte }
/**
 * A budget adds bytes of the response to its held bytes in steps of at least this size. Most responses are smaller and
 * are never added.
 */
const responseStep = 64 * 1024

export interface HeldBounds {
  readonly perProject: number
  readonly inAll: number
}

/**
 * Limits of the held bytes: one project may run four operations of the largest size at the same time, and the process
 * four such projects.
 */
export const defaultBounds: HeldBounds = {
  perProject: 4 * limitsOfOperation.read,
  inAll: 16 * limitsOfOperation.read,
}
const retryAfterS = 1

export interface ByteBudget {
  /**
   * Counts bytes that the operation reads. Throws QUERY_TOO_COMPLEX when the operation reads too much, and RATE_LIMITED
   * when the running operations together hold too much.
   */
  take(bytes: number): void
  /** Counts bytes that are added to the response. Throws the same errors. */
  takeResponse(bytes: number): void
  /** The error that `take` or `takeResponse` has thrown; null when neither has thrown. */
  readonly refusal: () => GraphQLError | null
  /** Bytes read or bytes of the response, whichever is more. The last 64 KiB of the response may not be counted. */
  readonly held: () => number
  /** Resets both counts, because the response is built again. The held bytes remain held. */
  readonly reset: () => void
  /** Releases the held bytes, because the response was sent or is not needed any more. */
  readonly end: () => void
}

export function makeByteBudget(
  limits = limitsOfOperation,
  mayHold: (bytes: number) => boolean = () => true,
  end: () => void = () => undefined,
): ByteBudget {
  let readBytes = 0
  let responseBytes = 0
  let held = 0
  let refusal: GraphQLError | null = null
  const hold = (bytes: number): void => {
    if (bytes <= held) return
    if (mayHold(bytes - held)) held = bytes
    else refusal = tooMuchAtOnce()
  }
  return {
    take: (bytes) => {
      if (refusal !== null) throw refusal
      readBytes += bytes
      if (readBytes > limits.read) refusal = tooLarge(limits)
      else hold(readBytes)
      if (refusal !== null) throw refusal
    },
    takeResponse: (bytes) => {
      if (refusal !== null) throw refusal
      responseBytes += bytes
      if (responseBytes > limits.response) refusal = tooLong(limits)
      else if (responseBytes - held >= responseStep) hold(responseBytes)
      if (refusal !== null) throw refusal
    },
    refusal: () => refusal,
    held: () => held,
    reset: () => {
      readBytes = responseBytes = 0
      refusal = null
    },
    end,
  }
}

/** Returns a function that makes the budget of one operation of a project. All these budgets share `bounds`. */
export function makeReadBytes(
  bounds = defaultBounds,
  limits = limitsOfOperation,
): (projectId: string) => ByteBudget {
  const ofProjects = makeKeyedCounter<string>()
  let inAll = 0
  const change = (projectId: string, bytes: number): void => {
    inAll += bytes
    ofProjects.add(projectId, bytes)
  }
  return (projectId) => {
    let ofOperation = 0
    let isEnded = false
    const mayHold = (bytes: number): boolean => {
      // An operation may run on for a while after its client has disconnected. It must not read more.
      if (isEnded) return false
      if (ofProjects.countOf(projectId) + bytes > bounds.perProject || inAll + bytes > bounds.inAll)
        return false
      ofOperation += bytes
      change(projectId, bytes)
      return true
    }
    const end = (): void => {
      isEnded = true
      change(projectId, -ofOperation)
      ofOperation = 0
    }
    return makeByteBudget(limits, mayHold, end)
  }
}

function tooLarge({ read }: ByteLimits): GraphQLError {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the operation reads more than ${read / mebibyte} MiB of data, bodies, states, schemas and examples: request smaller pages (first, last), or leave out data, request, response, before, after, schema and example`,
  )
}

function tooLong({ response }: ByteLimits): GraphQLError {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the answer has more than ${response / mebibyte} MiB: request smaller pages (first, last), fewer lists within lists, or each text once`,
  )
}

export function isTooMuchAtOnce(refusal: GraphQLError | null): boolean {
  return refusal?.extensions['code'] === 'RATE_LIMITED'
}

function tooMuchAtOnce(): GraphQLError {
  return rateLimited(
    `the operations in progress use all of the memory for large data: try again in ${retryAfterS} s, or request smaller pages`,
    retryAfterS,
  )
}
