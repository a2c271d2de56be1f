/**
 * The cookie of a session. Over https it has the prefix `__Host-`, so that no other host of the domain can set it. Browsers
 * accept that prefix only over https, so on a developer's own machine the cookie has another name.
 */
import { parse, serialize, type CookieSerializeOptions } from 'cookie'
import { maxSessionMs } from '../../domain/access/session.ts'

const secureName = '__Host-orderbell'
const loopbackName = 'orderbell-session'

/** No script can read it, and no request of another site carries it. */
const options: CookieSerializeOptions = { path: '/', httpOnly: true, sameSite: 'strict' }

/** The token in a header Cookie; null when there is none. */
export function sessionTokenIn(header: string | undefined): string | null {
  if (header === undefined) return null
  const cookies = parse(header)
  return cookies[secureName] ?? cookies[loopbackName] ?? null
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
