/**
 * `/console/session`: POST exchanges the key in `Authorization` for the cookie of a session, DELETE ends the session. Both
 * answer 204.
 */
import express, { type RequestHandler, type Router } from 'express'
import { connectionOf, mayUseSession } from '../../domain/access/origin.ts'
import { sessionIdOf } from '../../domain/access/session.ts'
import { foreignPage, isForeignPage } from '../auth/authenticate-caller.ts'
import type { ApiDeps } from '../auth/request-context.ts'
import { endCookies, sessionTokensIn, startCookie } from '../auth/session-cookie.ts'
import { isTooMany, tooManyFailures } from '../auth/auth-throttle.ts'
import { authenticateOrRefuse, tooManyKeyless } from './authenticate-request.ts'
import { allowOrigins } from './cors.ts'
import { refuse, refuseForNow } from './refuse.ts'

export const sessionPath = '/console/session'

const unsafe =
  'a session needs https, because its cookie could be read on the way: open the page by https, or by http on the machine of the server'
const tooManySessions = 'too many new sessions and mutations of this key'

export function sessionRoutes(api: ApiDeps): Router {
  const router = express.Router()
  router.use(...allowOrigins(api.trustedOrigins), (_request, response, next) => {
    response.setHeader('cache-control', 'no-store')
    next()
  })
  router.post('/', start(api))
  router.delete('/', end(api))
  router.all('/', (_request, response) => {
    response.setHeader('allow', 'POST, DELETE')
    refuse(response, 405, 'BAD_USER_INPUT', 'send POST with a key to sign in, or DELETE to sign out')
  })
  return router
}

function start(api: ApiDeps): RequestHandler {
  return async (request, response) => {
    const { origin, host } = request.headers
    if (origin !== undefined && !mayUseSession({ origin, host }, api.trustedOrigins)) {
      refuse(response, 403, 'FORBIDDEN', foreignPage)
      return
    }
    const caller = await authenticateOrRefuse(api, request, response, 'KEY')
    if (caller === null) return
    const connection = connectionOf({ origin }, api.trustedOrigins.publicUrl)
    if (connection === 'UNSAFE') {
      refuse(response, 400, 'BAD_USER_INPUT', unsafe)
      return
    }
    const taken = await api.rates.take('KEY_MUTATIONS', caller.key.id, 1)
    if (!taken.ok) {
      refuseForNow(response, tooManySessions, taken.retryAfterS)
      return
    }
    const token = await api.startSession(caller.key)
    response.setHeader('set-cookie', startCookie(token, connection === 'HTTPS'))
    response.status(204).end()
  }
}

/** Ends every session that the request names. Signing out twice, or with an ended session, succeeds too. */
function end(api: ApiDeps): RequestHandler {
  return async (request, response) => {
    if (isForeignPage(api, request.headers)) {
      refuse(response, 403, 'FORBIDDEN', foreignPage)
      return
    }
    const address = api.addressOf(request)
    for (const token of sessionTokensIn(request.headers.cookie)) {
      const credential = sessionIdOf(token) === null ? null : token
      const caller = await api.authThrottle.authenticate({ credential, address }, () =>
        api.authenticateSession(token),
      )
      if (isTooMany(caller)) {
        refuseForNow(response, tooManyFailures(caller), caller.retryAfterS)
        return
      }
      if (caller === null) continue
      api.keyless.refund(request)
      if (caller.sessionId !== null) await api.endSession(caller.sessionId)
    }
    if (api.keyless.isOver(request)) {
      refuseForNow(response, tooManyKeyless, 1)
      return
    }
    response.setHeader('set-cookie', endCookies())
    response.status(204).end()
  }
}
