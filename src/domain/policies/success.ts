/** Which answers count as success. When a failed attempt is followed by another is `retry.ts`. */
import type { Answer } from '../deliveries/outcome.ts'
import { unreachable } from '../shared/problem.ts'

export const successRules = ['ANY_2XX', 'EXACTLY_200'] as const
export type SuccessRule = (typeof successRules)[number]

export function succeeded(rule: SuccessRule, answer: Answer): boolean {
  if (answer.kind !== 'ANSWERED') return false
  switch (rule) {
    // Any other status, 3xx included, is a failure: redirects are never followed.
    case 'ANY_2XX':
      return answer.status >= 200 && answer.status <= 299
    case 'EXACTLY_200':
      return answer.status === 200
    default:
      return unreachable(rule)
  }
}
