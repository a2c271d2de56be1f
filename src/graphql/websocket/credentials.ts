/** Reads the key and the project that a client of the socket sends. */
import type { IncomingMessage } from 'node:http'

type Name = 'authorization' | 'x-project'

/**
 * The value that the client sent under that name, in any letter case: in connectionParams, otherwise in their
 * `headers`, otherwise in a header of the upgrade request. In connectionParams, an empty text and null count as absent.
 */
export function givenAs(
  name: Name,
  params: Readonly<Record<string, unknown>> | undefined,
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
