/**
 * The origins of pages that may use a session. A browser sends the cookie also with requests of other pages of the same
 * site. With POST, DELETE and upgrades to WebSockets it sends the header Origin, which a page cannot change.
 */

/** A browser's request, as far as it tells which page sent it. */
export interface PageOfRequest {
  /** The header Origin; undefined when the request has none. */
  readonly origin: string | undefined
  /** The header Host. */
  readonly host: string | undefined
}

/** The origins that may use sessions besides the server's own. */
export interface TrustedOrigins {
  /** PUBLIC_URL. */
  readonly publicUrl: string
  /** ALLOWED_ORIGINS. */
  readonly allowedOrigins: readonly string[]
}

/**
 * Whether the page that sent the request may use a session: a page of this server, by PUBLIC_URL or by the host of the
 * request, or of an allowed origin. A request without Origin may not.
 */
export function mayUseSession(
  { origin, host }: PageOfRequest,
  { publicUrl, allowedOrigins }: TrustedOrigins,
): boolean {
  if (origin === undefined || !URL.canParse(origin)) return false
  const page = new URL(origin)
  if (page.origin !== origin) return false
  if (origin === new URL(publicUrl).origin || allowedOrigins.includes(origin)) return true
  // The cookie belongs to the host of the request, so a page of that host is the server's own. Over http anybody on the
  // way could be that host, except on the machine itself.
  const isSafe = page.protocol === 'https:' || (page.protocol === 'http:' && isLoopback(page.hostname))
  return isSafe && page.host === host?.toLowerCase()
}

/**
 * How the browser reaches the server: by https, or by http on its own machine. UNSAFE: by http over a network, where
 * anybody on the way could read a cookie. Without an Origin, PUBLIC_URL decides.
 */
export function connectionOf(
  { origin }: Pick<PageOfRequest, 'origin'>,
  publicUrl: string,
): 'HTTPS' | 'LOOPBACK' | 'UNSAFE' {
  const page = origin ?? publicUrl
  if (!URL.canParse(page)) return 'UNSAFE'
  const { protocol, hostname } = new URL(page)
  if (protocol === 'https:') return 'HTTPS'
  return protocol === 'http:' && isLoopback(hostname) ? 'LOOPBACK' : 'UNSAFE'
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  )
}
