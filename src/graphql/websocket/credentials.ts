/** Where a client of the socket names its key and its project. */
import type { IncomingMessage } from 'node:http'

type Name = 'authorization' | 'x-project'

/**
 * What the client gave by that name, in any letter case: in connectionParams, else in their `headers`, else as a header
 * of the upgrade. An empty value, and null, is none.
 */
export function givenAs(
  name: Name,
  params: Readonly<Record<string, unknown>> | undefined,
  { headers }: Pick<IncomingMessage, 'headers'>,
): unknown {
  return memberOf(params, name) ?? memberOf(memberOf(params, 'headers'), name) ?? headers[name]
}

/** A member that is given twice, in different letter cases, is given as a list: neither is preferred. */
function memberOf(params: unknown, wanted: string): unknown {
  if (typeof params !== 'object' || params === null) return undefined
  const given = Object.entries(params)
    .filter(([name, value]) => name.toLowerCase() === wanted && value !== null && value !== '')
    .map(([, value]: [string, unknown]) => value)
  return given.length > 1 ? given : given[0]
}
