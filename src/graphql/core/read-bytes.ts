/**
 * How many bytes an operation reads of what may be large: events' data, requests and responses of attempts, states in the
 * audit log, topics' schemas and examples. They are counted before they are read. How many bytes its answer has is counted
 * besides, while the answer is made (`answer-bytes.ts`). What the operations of one project and of the process have read
 * or answered, whichever is more, is counted until their answers are taken.
 */
import type { GraphQLError } from 'graphql'
import { codedError, rateLimited } from './errors.ts'

const mebibyte = 1024 * 1024

export interface ByteLimits {
  readonly read: number
  readonly answer: number
}

/**
 * Of one operation. It may read more than the schemas of as many topics as a project may have, and answer with twice as
 * much: JSON in a body is written with a backslash before each quote.
 */
export const limitsOfOperation: ByteLimits = { read: 16 * mebibyte, answer: 32 * mebibyte }
/** Of one event of a subscription, which comes without being asked for: a few of the largest bodies. */
export const limitsOfEvent: ByteLimits = { read: 4 * mebibyte, answer: 8 * mebibyte }
/** Bytes of an answer that are added to those that are held: most answers have fewer, and cost nothing there. */
const answerStep = 64 * 1024

export interface ReadBounds {
  readonly perProject: number
  readonly inAll: number
}

/** Four of the largest operations of one project, and of four such projects, are answered at once. */
const ourBounds: ReadBounds = { perProject: 4 * limitsOfOperation.read, inAll: 16 * limitsOfOperation.read }
const retryAfterS = 1

export interface ByteBudget {
  /** Throws QUERY_TOO_COMPLEX when the operation reads too much, RATE_LIMITED when too much is read at once. */
  take(bytes: number): void
  /** The same, of bytes that the answer grows by. */
  answer(bytes: number): void
  /** Why it threw; null while it has not. */
  readonly refusal: () => GraphQLError | null
  /** Read or answered, whichever is more; a small answer is not counted. */
  readonly held: () => number
  /** Counts from the begin: the answer is made again. */
  readonly again: () => void
  /** The answer was taken, or is not wanted any more. */
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

/** Budgets of the operations of each project. */
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
        // What was begun may go on for a while when its client has left: it reads no more.
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
    `the operation reads more than ${read / mebibyte} MiB of data, bodies, states, schemas and examples: ask for smaller pages (first, last), or leave out data, request, response, before, after, schema and example`,
  )
}

function tooLong({ answer }: ByteLimits): GraphQLError {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the answer has more than ${answer / mebibyte} MiB: ask for smaller pages (first, last), for fewer lists within lists, or for each text once`,
  )
}

export function isTooMuchAtOnce(refusal: GraphQLError | null): boolean {
  return refusal?.extensions['code'] === 'RATE_LIMITED'
}

function tooMuchAtOnce(): GraphQLError {
  return rateLimited(
    `the operations that are answered now read or answer as much data as may be in memory at once: try again in ${retryAfterS} s, or ask for smaller pages`,
    retryAfterS,
  )
}
