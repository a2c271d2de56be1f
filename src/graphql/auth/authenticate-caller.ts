/**
 * Finds out who sent a request or opened a socket: by the key in `Authorization`, or else by the session in the cookie.
 */
import type { IncomingHttpHeaders } from 'node:http'
import { readKey } from '../../domain/access/key.ts'
import { mayUseSession } from '../../domain/access/origin.ts'
import { sessionIdOf, type Caller } from '../../domain/access/session.ts'
import type { TooManyFailures } from './auth-throttle.ts'
import { bearer } from './bearer.ts'
import type { ApiDeps } from './request-context.ts'
import { sessionTokenIn, sessionTokensIn } from './session-cookie.ts'

/** What a caller sent. */
export interface Credentials {
  /** Undefined: the cookie counts. */
  readonly authorization: unknown
  /** The headers Cookie and Origin. */
  readonly cookie: string | undefined
  readonly origin: string | undefined
  /** The address for which failures are counted. */
  readonly address: string
}

/** The headers of a request that name the page that sent it. */
interface PageHeaders {
  readonly cookie?: string | undefined
  readonly origin?: string | undefined
  readonly host?: string | undefined
}

/**
 * Null when there is no credential, or when it is malformed or names no valid key or session; the result does not say
 * which. The page of a cookie is checked by `isForeignPage`, before.
 */
export async function authenticateCaller(
  api: ApiDeps,
  { authorization, cookie, origin, address }: Credentials,
): Promise<Caller | null | TooManyFailures> {
  const token = authorization === undefined ? sessionTokenIn({ cookie, origin }) : null
  if (token !== null) {
    const credential = sessionIdOf(token) === null ? null : token
    return api.authThrottle.authenticate({ credential, address }, () => api.authenticateSession(token))
  }
  const text = bearer(authorization)
  const credential = authorization === undefined ? undefined : wellFormed(text)
  return api.authThrottle.authenticate({ credential, address }, async () => {
    const key = text === null ? null : await api.authenticate(text)
    return key === null ? null : { key, sessionId: null }
  })
}

function wellFormed(text: string | null): string | null {
  return text === null || readKey(text) === null ? null : text
}

/** Whether the request has the cookie of a session, but was sent by a page that may not use it. */
export function isForeignPage(api: Pick<ApiDeps, 'trustedOrigins'>, headers: PageHeaders): boolean {
  const { origin, host, cookie } = headers
  return sessionTokensIn(cookie).length > 0 && !mayUseSession({ origin, host }, api.trustedOrigins)
}

/** The message for such a request. */
export const foreignPage =
  'the page (header Origin) may not use this session: add its origin to ALLOWED_ORIGINS, or send a key'

/** Whether the request has a key or a session, valid or not. */
export function hasCredential({ headers }: { readonly headers: IncomingHttpHeaders }): boolean {
  return headers.authorization !== undefined || sessionTokenIn(headers) !== null
}
