/** The id of a request: in its answer's header, in every fault that it is told, and in our log. */
import { randomUUID } from 'node:crypto'
import type { Request, RequestHandler } from 'express'

const header = 'x-request-id'
// Nothing that could be read as more than one word, or as the end of a line.
const acceptable = /^[A-Za-z0-9._-]{1,128}$/
const ids = new WeakMap<Request, string>()

/** The caller's own id where it is one, else one of ours. */
export const identify: RequestHandler = (request, response, next) => {
  const theirs = request.headers[header]
  const id = typeof theirs === 'string' && acceptable.test(theirs) ? theirs : randomUUID()
  ids.set(request, id)
  response.setHeader(header, id)
  // Answers repeat what receivers and callers wrote: no browser is to guess that it is a page.
  response.setHeader('x-content-type-options', 'nosniff')
  next()
}

export function requestIdOf(request: Request): string {
  return ids.get(request) ?? randomUUID()
}
