/** Refuses a request with an error in the shape of GraphQL's responses. */
import type { Response } from 'express'
import type { ErrorCode } from '../core/errors.ts'

export function refuse(
  response: Response,
  status: number,
  code: ErrorCode,
  message: string,
  more: { readonly retryAfter?: number } = {},
): void {
  // Clients treat a response with a status other than 200 as GraphQL only if it has GraphQL's own content type.
  response.type(response.req.accepts(['application/json', 'application/graphql-response+json']) || 'json')
  response.status(status).json({ errors: [{ message, extensions: { code, ...more } }] })
}

/** Refuses a request that a client may repeat after some seconds. */
export function refuseForNow(response: Response, message: string, retryAfterS: number): void {
  response.setHeader('retry-after', String(retryAfterS))
  refuse(response, 429, 'RATE_LIMITED', message, { retryAfter: retryAfterS })
}
