/**
 * Cross-origin requests: lets the pages of ALLOWED_ORIGINS send requests and read the responses, with a key or with the
 * cookie of a session. Answers preflight requests, which carry neither.
 */
import cors from 'cors'
import type { RequestHandler } from 'express'
import type { TrustedOrigins } from '../../domain/access/origin.ts'

/** How long a browser may keep the answer to a preflight request. */
const maxAgeS = 600

/** No handler when no origin is allowed. */
export function allowOrigins({ allowedOrigins }: TrustedOrigins): readonly RequestHandler[] {
  if (allowedOrigins.length === 0) return []
  return [
    cors({
      origin: [...allowedOrigins],
      credentials: true,
      methods: ['GET', 'POST', 'DELETE'],
      allowedHeaders: ['authorization', 'content-type', 'x-project', 'x-request-id'],
      exposedHeaders: ['retry-after', 'x-request-id'],
      maxAge: maxAgeS,
    }),
  ]
}
