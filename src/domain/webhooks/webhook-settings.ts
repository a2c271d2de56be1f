/** What a partner may set on a webhook besides its headers, and within which bounds. Names, URLs and topics have checks of their own. */
import { mask } from '../shared/mask.ts'
import { checkToken } from '../dialects/token.ts'
import type { Dialect } from '../dialects/registry.ts'
import { problem, type Problem } from '../shared/problem.ts'
import { isProblem } from '../shared/text.ts'
import type { OrderConditions } from './webhook.ts'
import { dialectRules } from '../dialects/registry.ts'

/** The most webhooks of one project, deleted ones not counted. */
export const maxWebhooks = 1_000
/** The most sites that one webhook names, and the most states. */
export const maxMembers = 100
/** The most requests of one webhook that are under way at once. */
export const maxMaxConcurrency = 50
/** The most requests of one webhook that are begun in a second. */
export const maxRatePerSecond = 1_000
/** How long an old secret signs beside the new one, where nothing is said: a day. */
export const defaultOverlapMs = 86_400_000
/** Seven days. */
export const maxOverlapMs = 7 * 86_400_000

/** What is wrong with conditions in themselves; whether the sites are there is not judged here. */
export function checkConditions(filters: OrderConditions, field: readonly string[]): readonly Problem[] {
  return (['siteIds', 'orderStates', 'customerStates'] as const).flatMap((name) => {
    const members: readonly string[] = filters[name]
    // One problem, not one for each of them: an answer is not to be longer than what was asked.
    if (members.length > maxMembers)
      return [
        problem(
          'TOO_MANY',
          [...field, name],
          `${name} has ${members.length} members; ${maxMembers} are the most`,
        ),
      ]
    return members.flatMap((member, index) =>
      members.indexOf(member) < index
        ? [problem('INVALID', [...field, name, String(index)], `${member} is named twice`)]
        : [],
    )
  })
}

/** What proves a webhook's requests, as a caller gave it. Undefined: nothing is said; null: none is wished for. */
export interface GivenCredentials {
  readonly secret: string | null | undefined
  readonly token: string | null | undefined
}

/** The given secret and token in their one form, or what is wrong with them. What was not given stays so. */
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
    return problem('INVALID', ['token'], `requests of the dialect ${dialect} carry no token; leave it out`)
  // What is shown instead of a token, handed in again: setting it would lock the receiver out.
  if (text === mask)
    return problem('INVALID', ['token'], 'this is what is shown instead of a token; leave it out to keep it')
  return checkToken(text, ['token'])
}

/** What cannot be cleared: proof that the dialect cannot be without. */
export function checkCleared(dialect: Dialect, { secret, token }: GivenCredentials): readonly Problem[] {
  const rules = dialectRules[dialect]
  const kept = (name: string) =>
    problem('REQUIRED', [name], `${name} cannot be cleared; leave it out to keep it`)
  return [
    ...(secret === null && rules.secret !== null ? [kept('secret')] : []),
    ...(token === null && rules.token === 'GENERATED' ? [kept('token')] : []),
  ]
}
