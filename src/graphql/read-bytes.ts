/**
 * How many bytes an operation reads of what may be large: events' data, requests and responses of attempts, states in the
 * audit log, topics' schemas and examples. They are counted before they are read. How many bytes its answer has is counted
 * besides, while the answer is made (`answer-bytes.ts`). What the operations of one project and of the process have read
 * or answered, whichever is more, is counted until their answers are taken.
 */
import type { GraphQLError } from 'graphql'
import { codedError, rateLimited } from './errors.ts'

const mebibyte = 1024 * 1024
/** Of one operation, or of one event of a subscription: more than the schemas of as many topics as a project may have. */
export const maxReadBytes = 16 * mebibyte

/** Of one answer: as much as it reads, twice, since JSON in a body is written with a backslash before each quote. */
export const maxAnswerBytes = 2 * maxReadBytes
/** Bytes of an answer that are added to those of its project at once: most answers have fewer, and cost nothing there. */
const answerStep = 64 * 1024

export interface ReadBounds {
  readonly perProject: number
  readonly inAll: number
}

/** Four of the largest operations of one project, and of four such projects, are answered at once. */
const ourBounds: ReadBounds = { perProject: 4 * maxReadBytes, inAll: 16 * maxReadBytes }
const retryAfterS = 1

export interface ByteBudget {
  /** Throws QUERY_TOO_COMPLEX when the operation reads too much, RATE_LIMITED when too much is read at once. */
  take(bytes: number): void
  /** The same, of bytes that the answer grows by. */
  answer(bytes: number): void
  /** Why it threw; null while it has not. */
  readonly refusal: () => GraphQLError | null
  /** The answer was taken, or is not wanted any more. */
  readonly end: () => void
}

/** The budget of one event of a subscription: how many there are at once is bounded elsewhere. */
export function makeByteBudget(
  mayHold: (bytes: number) => boolean = () => true,
  end = () => undefined,
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
      if (read > maxReadBytes) refusal = tooLarge()
      else hold(read)
      if (refusal !== null) throw refusal
    },
    answer: (bytes) => {
      if (refusal !== null) throw refusal
      answered += bytes
      if (answered > maxAnswerBytes) refusal = tooLong()
      else if (answered - held >= answerStep) hold(answered)
      if (refusal !== null) throw refusal
    },
    refusal: () => refusal,
    end,
  }
}

/** Budgets of the operations of each project. */
export function makeReadBytes(bounds = ourBounds): (projectId: string) => ByteBudget {
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
    return makeByteBudget(
      (bytes) => {
        if ((ofProjects.get(projectId) ?? 0) + bytes > bounds.perProject || inAll + bytes > bounds.inAll)
          return false
        own += bytes
        change(projectId, bytes)
        return true
      },
      () => {
        change(projectId, -own)
        own = 0
      },
    )
  }
}

function tooLarge(): GraphQLError {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the operation reads more than ${maxReadBytes / mebibyte} MiB of data, bodies, states, schemas and examples: ask for smaller pages (first, last), or leave out data, request, response, before, after, schema and example`,
  )
}

function tooLong(): GraphQLError {
  return codedError(
    'QUERY_TOO_COMPLEX',
    `the answer has more than ${maxAnswerBytes / mebibyte} MiB: ask for smaller pages (first, last), for fewer lists within lists, or for each text once`,
  )
}

function tooMuchAtOnce(): GraphQLError {
  return rateLimited(
    `the operations that are answered now read or answer as much data as may be in memory at once: try again in ${retryAfterS} s, or ask for smaller pages`,
    retryAfterS,
  )
}
