/** Why a request or a socket is not authenticated, and the error messages for it. */

/**
 * What is wrong with the credentials. WRONG_KEY and ENDED_SESSION do not say whether the key or session is unknown, was
 * ended or has expired.
 */
export type KeyFault = 'NO_KEY' | 'NO_BEARER' | 'WRONG_KEY' | 'ENDED_SESSION'

/** `hasSession`: the request has the cookie of a session, which counts only without `Authorization`. */
export function keyFaultOf(authorization: unknown, hasSession: boolean): KeyFault {
  if (authorization === undefined || authorization === null || authorization === '')
    return hasSession ? 'ENDED_SESSION' : 'NO_KEY'
  if (typeof authorization !== 'string' || !/^Bearer(?= |$)/i.test(authorization)) return 'NO_BEARER'
  return /^Bearer *$/i.test(authorization) ? 'NO_KEY' : 'WRONG_KEY'
}

/** The error messages over HTTP. */
export const unauthenticated: Readonly<Record<KeyFault, string>> = {
  NO_KEY: 'the request has no key: send one in the header Authorization: Bearer <key>',
  NO_BEARER: 'the header Authorization does not begin with Bearer: send it as Authorization: Bearer <key>',
  WRONG_KEY: 'the key does not belong to this installation, was revoked or has expired',
  ENDED_SESSION: 'the session has ended: sign in again',
}
