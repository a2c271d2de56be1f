/**
 * The cookie of a session. Over https it has the prefix `__Host-`, so that no other host of the domain can set it. Browsers
 * accept that prefix only over https, so on a developer's own machine the cookie has another name.
 */
import { parse, serialize, type CookieSerializeOptions } from 'cookie'
import { connectionOf } from '../../domain/access/origin.ts'
import { maxSessionMs } from '../../domain/access/session.ts'

const secureName = '__Host-orderbell'
const loopbackName = 'orderbell-session'

/** No script can read it, and no request of another site carries it. */
const options: CookieSerializeOptions = { path: '/', httpOnly: true, sameSite: 'strict' }

/**
 * The token in a header Cookie; null when there is none. `origin`: the page that sent the request. The cookie without the
 * prefix counts only from pages on the machine of the server, because elsewhere another host of the domain may have set
 * it.
 */
export function sessionTokenIn({ cookie, origin }: CookieHeaders): string | null {
  if (cookie === undefined) return null
  const cookies = parse(cookie)
  return cookies[secureName] ?? (isOnLoopback(origin) ? cookies[loopbackName] : undefined) ?? null
}

/** All tokens in a header Cookie, under both names. */
export function sessionTokensIn(cookie: string | undefined): readonly string[] {
  if (cookie === undefined) return []
  const cookies = parse(cookie)
  return [cookies[secureName], cookies[loopbackName]].filter((token) => token !== undefined)
}

function isOnLoopback(origin: string | undefined): boolean {
  // Without an origin no session may be used at all.
  return origin === undefined || connectionOf({ origin }, origin) === 'LOOPBACK'
}

interface CookieHeaders {
  readonly cookie?: string | undefined
  readonly origin?: string | undefined
}

/** The header Set-Cookie that starts a session. `secure`: the browser uses https. */
export function startCookie(token: string, secure: boolean): string {
  const maxAge = maxSessionMs / 1_000
  return serialize(secure ? secureName : loopbackName, token, { ...options, secure, maxAge })
}

/** The headers Set-Cookie that remove the cookie of a session, under either name. */
export function endCookies(): string[] {
  return [secureName, loopbackName].map((name) =>
    serialize(name, '', { ...options, secure: name === secureName, maxAge: 0 }),
  )
}
