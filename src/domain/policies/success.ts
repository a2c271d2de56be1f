/** Decides whether a response is a success. Does not schedule retries. */
import type { Answer } from '../deliveries/outcome.ts'
import { unreachable } from '../shared/problem.ts'

export const successRules = ['ANY_2XX', 'EXACTLY_200'] as const
export type SuccessRule = (typeof successRules)[number]

/** Returns whether an attempt succeeded. An attempt without a status line is a failure. */
export function succeeded(rule: SuccessRule, answer: Answer): boolean {
  if (answer.kind !== 'ANSWERED') return false
  switch (rule) {
    // A 3xx is a failure, because redirects are never followed.
    case 'ANY_2XX':
      return answer.status >= 200 && answer.status <= 299
    case 'EXACTLY_200':
      return answer.status === 200
    default:
      return unreachable(rule)
  }
}
