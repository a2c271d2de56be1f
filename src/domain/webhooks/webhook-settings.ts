/** Limits of a webhook's settings, and the validation of its filters and credentials. */
import { mask } from '../shared/mask.ts'
import { checkToken } from '../dialects/token.ts'
import type { Dialect } from '../dialects/registry.ts'
import { problem, type Problem } from '../shared/problem.ts'
import { checkSource } from '../orders/source.ts'
import { isProblem } from '../shared/text.ts'
import type { OrderConditions } from './webhook.ts'
import { dialectRules } from '../dialects/registry.ts'

/** Maximum number of webhooks per project, without deleted ones. */
export const maxWebhooks = 1_000
/** Maximum number of members of each filter list of a webhook. */
export const maxMembers = 100
/** Maximum of a webhook's concurrency limit: requests that run at the same time. */
export const maxMaxConcurrency = 50
/** Maximum of a webhook's rate limit: requests started per second. */
export const maxRatePerSecond = 1_000
/** Bounds of a deadline after the event: one second to seven days. */
export const expireAfterBounds = { min: 1_000, max: 7 * 86_400_000 }
/** How long the old secret still signs after a rotation by default: one day. */
export const defaultOverlapMs = 86_400_000
/** How long the old secret may still sign after a rotation: seven days. */
export const maxOverlapMs = 7 * 86_400_000

/** Checks the lists of a webhook's filters for their length and for duplicates. Does not check that the sites exist. */
export function checkConditions(filters: OrderConditions, field: readonly string[]): readonly Problem[] {
  return (['siteIds', 'orderStates', 'customerStates', 'sources'] as const).flatMap((name) => {
    const members: readonly string[] = filters[name]
    // One problem for the list, not one per member, so that the response is not longer than the request.
    if (members.length > maxMembers)
      return [
        problem(
          'TOO_MANY',
          [...field, name],
          `${name} has ${members.length} members; the maximum is ${maxMembers}`,
        ),
      ]
    return members.flatMap((member, index) => {
      const place = [...field, name, String(index)]
      if (members.indexOf(member) < index)
        return [problem('INVALID', place, `${member} is in the list twice`)]
      const checked = name === 'sources' ? checkSource(member, place) : member
      return isProblem(checked) ? [checked] : []
    })
  })
}

/** The credentials in a client's input. Undefined: not set by the client. Null: the client clears it. */
export interface GivenCredentials {
  readonly secret: string | null | undefined
  readonly token: string | null | undefined
}

/**
 * Returns the secret and the token in canonical form, and their problems. Null and undefined are returned unchanged. A
 * credential with a problem is returned as null.
 */
export function checkCredentials(
  dialect: Dialect,
  { secret, token }: GivenCredentials,
): { readonly credentials: GivenCredentials; readonly problems: readonly Problem[] } {
  const checkedSecret = typeof secret === 'string' ? checkSecret(dialect, secret) : secret
  const checkedToken = typeof token === 'string' ? checkTokenOf(dialect, token) : token
  const problems = [checkedSecret, checkedToken].filter(isProblem)
  return {
    credentials: {
      secret: isProblem(checkedSecret) ? null : checkedSecret,
      token: isProblem(checkedToken) ? null : checkedToken,
    },
    problems,
  }
}

function checkSecret(dialect: Dialect, text: string): string | Problem {
  const form = dialectRules[dialect].secret
  if (form === null)
    return problem('INVALID', ['secret'], `requests of the dialect ${dialect} are not signed; leave it out`)
  return form.check(text, ['secret'])
}

function checkTokenOf(dialect: Dialect, text: string): string | Problem {
  if (dialectRules[dialect].token === 'NONE')
    return problem('INVALID', ['token'], `requests of the dialect ${dialect} have no token; leave it out`)
  // The client sent the mask that the API shows. If it became the token, the receiver would refuse all requests.
  if (text === mask)
    return problem(
      'INVALID',
      ['token'],
      'this is the mask that is shown instead of the token; leave it out to keep the token',
    )
  return checkToken(text, ['token'])
}

/** Returns REQUIRED problems for credentials that the client clears although the dialect needs them. */
export function checkCleared(dialect: Dialect, { secret, token }: GivenCredentials): readonly Problem[] {
  const rules = dialectRules[dialect]
  const kept = (name: string) =>
    problem('REQUIRED', [name], `${name} cannot be cleared; leave it out to keep it`)
  return [
    ...(secret === null && rules.secret !== null ? [kept('secret')] : []),
    ...(token === null && rules.token === 'GENERATED' ? [kept('token')] : []),
  ]
}
