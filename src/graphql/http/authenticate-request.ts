/** Authenticates a request over HTTP, and answers those that it refuses. */
import type { Request, Response } from 'express'
import type { Caller } from '../../domain/access/session.ts'
import { authenticateCaller, foreignPage, isForeignPage } from '../auth/authenticate-caller.ts'
import { keyFaultOf, unauthenticated } from '../auth/authentication-faults.ts'
import { isTooMany, tooManyFailures } from '../auth/auth-throttle.ts'
import type { ApiDeps } from '../auth/request-context.ts'
import { sessionTokenIn } from '../auth/session-cookie.ts'
import { refuse, refuseForNow } from './refuse.ts'

export const tooManyKeyless = 'too many requests without a valid key from this address: try again in 1 s'

/** `by`: a key in `Authorization`, or else a session; or a key alone. Null: the request was refused. */
export async function authenticateOrRefuse(
  api: ApiDeps,
  request: Request,
  response: Response,
  by: 'KEY_OR_SESSION' | 'KEY' = 'KEY_OR_SESSION',
): Promise<Caller | null> {
  const { authorization, origin } = request.headers
  const cookie = by === 'KEY' ? undefined : request.headers.cookie
  if (authorization === undefined && isForeignPage(api, { ...request.headers, cookie })) {
    refuse(response, 403, 'FORBIDDEN', foreignPage)
    return null
  }
  const caller = await authenticateCaller(api, {
    ...{ authorization, cookie, origin },
    address: api.addressOf(request),
  })
  if (isTooMany(caller)) {
    refuseForNow(response, tooManyFailures(caller), caller.retryAfterS)
    return null
  }
  if (caller === null && api.keyless.isOver(request)) {
    response.setHeader('connection', 'close')
    refuseForNow(response, tooManyKeyless, 1)
    return null
  }
  if (caller === null) {
    const hasSession = sessionTokenIn({ cookie, origin }) !== null
    response.setHeader('www-authenticate', 'Bearer')
    refuse(response, 401, 'UNAUTHENTICATED', unauthenticated[keyFaultOf(authorization, hasSession)])
    return null
  }
  api.keyless.refund(request)
  return caller
}
