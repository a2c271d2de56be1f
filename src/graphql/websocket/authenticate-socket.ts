/**
 * Authenticates a socket by its first message, `connection_init`. Closes a socket without a valid key, and a socket
 * above the limit of its key.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { CloseCode } from 'graphql-ws'
import { authenticateCaller } from '../auth/authenticate-caller.ts'
import { keyFaultOf, type KeyFault } from '../auth/authentication-faults.ts'
import { accessOf, wrongProject, type Access, type ApiDeps } from '../auth/request-context.ts'
import { sessionTokenIn } from '../auth/session-cookie.ts'
import { isTooMany, tooManyFailures } from '../auth/auth-throttle.ts'
import type { WebSocket } from './close-codes.ts'
import { tooManySockets } from './connection-limits.ts'

/** The reasons of the close, at most 123 bytes each. */
const unauthenticatedSocket: Readonly<Record<KeyFault, string>> = {
  NO_KEY: 'no key: send connectionParams { authorization: "Bearer <key>" }, or the header of the upgrade',
  NO_BEARER: 'the authorization does not begin with Bearer: write it as "Bearer <key>"',
  WRONG_KEY: 'the key does not belong to this installation, was revoked or has expired',
  ENDED_SESSION: 'the session has ended: sign in again',
}

type ConnectionParams = Readonly<Record<string, unknown>> | undefined

interface Close {
  readonly code: number
  readonly reason: string
}

/**
 * The key of the socket and the project in which it acts. Null when the socket was closed. The caller must check
 * whether the socket is still open.
 */
export async function authenticateSocket(
  api: ApiDeps,
  params: ConnectionParams,
  { socket, request }: { readonly socket: WebSocket; readonly request: IncomingMessage },
): Promise<Access | null> {
  const found = await accessOrClose(api, params, request).catch((error: unknown) => {
    api.log.error({ requestId: randomUUID(), cause: error }, 'request.failed')
    return { code: CloseCode.InternalServerError, reason: 'Internal server error' }
  })
  if (!('code' in found)) return found
  socket.close(found.code, found.reason)
  return null
}

async function accessOrClose(
  api: ApiDeps,
  params: ConnectionParams,
  request: IncomingMessage,
): Promise<Access | Close> {
  const authorization = givenAs('authorization', params, request)
  // The upgrade was refused if its page may not use the session.
  const { cookie, origin } = request.headers
  const caller = await authenticateCaller(api, {
    ...{ authorization, cookie, origin },
    address: api.addressOf(request),
  })
  if (isTooMany(caller)) return { code: tooManySockets.code, reason: tooManyFailures(caller) }
  if (caller === null) {
    const fault = keyFaultOf(authorization, sessionTokenIn({ cookie, origin }) !== null)
    return { code: CloseCode.Forbidden, reason: unauthenticatedSocket[fault] }
  }
  api.keyless.refund(request)
  const access = await accessOf(api, caller, givenAs('x-project', params, request))
  return access ?? { code: CloseCode.BadRequest, reason: wrongProject }
}

/**
 * The value that the client sent under that name, in any letter case: in connectionParams, otherwise in their
 * `headers`, otherwise in a header of the upgrade request. In connectionParams, an empty text and null count as absent.
 */
function givenAs(
  name: 'authorization' | 'x-project',
  params: ConnectionParams,
  { headers }: Pick<IncomingMessage, 'headers'>,
): unknown {
  return memberOf(params, name) ?? memberOf(memberOf(params, 'headers'), name) ?? headers[name]
}

/**
 * A member that the client sent twice, in different letter cases, is returned as a list of both values. No value is
 * preferred.
 */
function memberOf(params: unknown, wanted: string): unknown {
  if (typeof params !== 'object' || params === null) return undefined
  const given = Object.entries(params)
    .filter(([name, value]) => name.toLowerCase() === wanted && value !== null && value !== '')
    .map(([, value]: [string, unknown]) => value)
  return given.length > 1 ? given : given[0]
}
