/**
 * What a preset consists of: a dialect, a default policy, and human-readable rules. Each rule quotes the sender's
 * document, or is marked as a default of Orderbell.
 */
import type { Dialect } from '../../dialects/registry.ts'
import type { Policy } from '../../policies/policy.ts'

/** The definition of one preset. */
export interface PresetRules {
  readonly dialect: Dialect
  readonly policy: Policy
  /** The title or the URL of the sender's document. */
  readonly source: string
  readonly rules: readonly PresetRule[]
}

/** The kinds of rules; the same list as PresetRuleName in the SDL. */
export const presetRuleNames = [
  'TOPICS',
  'BODY',
  'AUTHENTICATION',
  'HEADERS',
  'SUCCESS',
  'TIME_LIMIT',
  'HTTPS_ONLY',
  'SAVE_CHECK',
  'RETRY',
  'RETRY_AFTER',
  'DISABLE',
  'RECOVERY',
  'TEST',
  'LIMIT',
] as const
export type PresetRuleName = (typeof presetRuleNames)[number]

/** SENDER_DOCUMENTATION: the sender's document requires the rule. DEFAULT: the document does not say. */
export const ruleOrigins = ['SENDER_DOCUMENTATION', 'DEFAULT'] as const
export type RuleOrigin = (typeof ruleOrigins)[number]

/** One human-readable rule of a preset. */
export interface PresetRule {
  readonly name: PresetRuleName
  readonly value: string
  readonly origin: RuleOrigin
  /** A quotation in the language of the document; null for DEFAULT. */
  readonly quote: string | null
}

/** Creates a rule that the document requires, with the quotation. */
export function documented(name: PresetRuleName, value: string, quote: string): PresetRule {
  return { name, value, origin: 'SENDER_DOCUMENTATION', quote }
}

/** Creates a rule that the document does not mention. */
export function byDefault(name: PresetRuleName, value: string): PresetRule {
  return { name, value, origin: 'DEFAULT', quote: null }
}
