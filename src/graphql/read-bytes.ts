/**
 * How many bytes an operation reads of what may be large: events' data, requests and responses of attempts, states in the
 * audit log, topics' schemas and examples. They are counted before they are read. What the operations of one project and
 * of the process have read is counted until their answers are taken.
 */
import type { GraphQLError } from 'graphql'
import { codedError, rateLimited } from './errors.ts'

const mebibyte = 1024 * 1024
/** Of one operation, or of one event of a subscription: more than the schemas of as many topics as a project may have. */
export const maxReadBytes = 16 * mebibyte

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
  /** Why it threw; null while it has not. */
  readonly refusal: () => GraphQLError | null
  /** The answer was taken, or is not wanted any more. */
  readonly end: () => void
}

/** The budget of one event of a subscription: how many there are at once is bounded elsewhere. */
export function makeByteBudget(
  mayRead: (bytes: number) => boolean = () => true,
  end = () => undefined,
): ByteBudget {
  let taken = 0
  let refusal: GraphQLError | null = null
  return {
    take: (bytes) => {
      if (refusal !== null) throw refusal
      taken += bytes
      if (taken > maxReadBytes) refusal = tooLarge()
      else if (!mayRead(bytes)) refusal = tooMuchAtOnce()
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

function tooMuchAtOnce(): GraphQLError {
  return rateLimited(
    `the operations that are answered now read as much data as may be in memory at once: try again in ${retryAfterS} s, or ask for smaller pages`,
    retryAfterS,
  )
}
