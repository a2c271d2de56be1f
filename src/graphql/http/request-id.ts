/** The id of a request. It is part of the response headers, of every fault in the response, and of the log. */
import { randomUUID } from 'node:crypto'
import type { RequestHandler, Response } from 'express'

const header = 'x-request-id'
// No white space and no line breaks, so that an id is always one word on one line of the log.
const acceptable = /^[A-Za-z0-9._-]{1,128}$/

/** Uses the caller's x-request-id when it has the accepted format, otherwise a new UUID. */
export const identify: RequestHandler = (request, response, next) => {
  const theirs = request.headers[header]
  const id = typeof theirs === 'string' && acceptable.test(theirs) ? theirs : randomUUID()
  response.setHeader(header, id)
  // Responses repeat text from receivers and callers. Browsers must not guess that a response is an HTML page.
  response.setHeader('x-content-type-options', 'nosniff')
  next()
}

/** The id in the header of the response. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader(header))
}
