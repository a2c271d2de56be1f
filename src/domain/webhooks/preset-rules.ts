/** What is said of a preset, rule by rule and for people: by its document, in its own words, or by us. */

/** What can be said of a preset. */
export const presetRuleNames = [
  'CARRIES',
  'BODY',
  'PROOF',
  'HEADERS',
  'SUCCESS',
  'TIME_LIMIT',
  'HTTPS_ONLY',
  'SAVE_CHECK',
  'RETRY',
  'RETRY_AFTER',
  'DISABLE',
  'TEST',
  'LIMIT',
] as const
export type PresetRuleName = (typeof presetRuleNames)[number]

export const ruleOrigins = ['DOCUMENT', 'OUR_CHOICE'] as const
export type RuleOrigin = (typeof ruleOrigins)[number]

/** One rule of a preset, for people. */
export interface PresetRule {
  readonly name: PresetRuleName
  readonly value: string
  readonly origin: RuleOrigin
  /** The document's own words, in its own language; null for a choice of ours. */
  readonly quote: string | null
}

/** What the document says, and its own words for it. */
export function says(name: PresetRuleName, value: string, quote: string): PresetRule {
  return { name, value, origin: 'DOCUMENT', quote }
}

/** What the document does not say. */
export function ours(name: PresetRuleName, value: string): PresetRule {
  return { name, value, origin: 'OUR_CHOICE', quote: null }
}
