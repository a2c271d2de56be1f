/**
 * Byte budgets of operations. A budget counts the large values that an operation reads (data of events, contents of
 * attempts, states in the audit log, schemas and examples of topics) and the bytes of its response. It holds the larger
 * of the two counts until the response is sent. The sum of the held bytes is limited per project and per process.
 */
import type { GraphQLError } from 'graphql'
import { codedError, rateLimited } from './errors.ts'

const mebibyte = 1024 * 1024

export interface ByteLimits {
  readonly read: number
  readonly answer: number
}

/**
 * Limits of one operation, in bytes. `read` is more than the schemas of the maximum number of topics of a project.
 * `answer` is twice `read`, because JSON inside a body is written with a backslash before each quote.
 */
export const limitsOfOperation: ByteLimits = { read: 16 * mebibyte, answer: 32 * mebibyte }
/**
 * Limits of one event of a subscription, in bytes: a few of the largest bodies. The limits are lower than those of an
 * operation, because the server sends events without a request for each.
 */
export const limitsOfEvent: ByteLimits = { read: 4 * mebibyte, answer: 8 * mebibyte }
/**
 * A budget adds bytes of the response to its held bytes in steps of at least this size. Most responses are smaller and
 * are never added.
 */
const answerStep = 64 * 1024

export interface ReadBounds {
  readonly perProject: number
  readonly inAll: number
}

/**
 * Limits of the held bytes: one project may run four operations of the largest size at the same time, and the process
 * four such projects.
 */
export const ourBounds: ReadBounds = {
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
  answer(bytes: number): void
  /** The error that `take` or `answer` has thrown; null when neither has thrown. */
  readonly refusal: () => GraphQLError | null
  /** Bytes read or bytes of the response, whichever is more. The last 64 KiB of the response may not be counted. */
  readonly held: () => number
  /** Resets both counts, because the response is built again. The held bytes remain held. */
  readonly again: () => void
  /** Releases the held bytes, because the response was sent or is not needed any more. */
  readonly end: () => void
}

export function makeByteBudget(
  limits = limitsOfOperation,
  mayHold: (bytes: number) => boolean = () => true,
  end: () => void = () => undefined,
): ByteBudget {
  let read = 0
  let answered = 0
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
      read += bytes
      if (read > limits.read) refusal = tooLarge(limits)
      else hold(read)
      if (refusal !== null) throw refusal
    },
    answer: (bytes) => {
      if (refusal !== null) throw refusal
      answered += bytes
      if (answered > limits.answer) refusal = tooLong(limits)
      else if (answered - held >= answerStep) hold(answered)
      if (refusal !== null) throw refusal
    },
    refusal: () => refusal,
    held: () => held,
    again: () => {
      read = answered = 0
      refusal = null
    },
    end,
  }
}

/** Returns a function that makes the budget of one operation of a project. All these budgets share `bounds`. */
export function makeReadBytes(
  bounds = ourBounds,
  limits = limitsOfOperation,
): (projectId: string) => ByteBudget {
  const ofProjects = new Map<string, number>()
  let inAll = 0
  const change = (projectId: string, bytes: number): void => {
    inAll += bytes
    const ofProject = (ofProjects.get(projectId) ?? 0) + bytes
    if (ofProject > 0) ofProjects.set(projectId, ofProject)
    else ofProjects.delete(projectId)
  }
  return (projectId) => {
    let own = 0
    let isEnded = false
    return makeByteBudget(
      limits,
      (bytes) => {
        // An operation may run on for a while after its client has disconnected. It must not read more.
        if (isEnded) return false
        if ((ofProjects.get(projectId) ?? 0) + bytes > bounds.perProject || inAll + bytes > bounds.inAll)
          return false
        own += bytes
        change(projectId, bytes)
        return true
      },
      () => {
        isEnded = true
        change(projectId, -own)
        own = 0
      },
    )
  }
}

function tooLarge({ read }: ByteLimits): GraphQLError {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the operation reads more than ${read / mebibyte} MiB of data, bodies, states, schemas and examples: request smaller pages (first, last), or leave out data, request, response, before, after, schema and example`,
  )
}

function tooLong({ answer }: ByteLimits): GraphQLError {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the answer has more than ${answer / mebibyte} MiB: request smaller pages (first, last), fewer lists within lists, or each text once`,
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
