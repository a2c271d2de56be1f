/**
 * Presets: which dialect and which policy a sender's document asks for. What the document does
 * not say is our choice and is marked so.
 */
import type { Policy } from './policy/policy.ts'
import { standardSchedule } from './policy/retry.ts'

export const presets = ['STANDARD'] as const
export type Preset = (typeof presets)[number]

export const dialects = ['STANDARD'] as const
export type Dialect = (typeof dialects)[number]

export interface PresetRules {
  readonly dialect: Dialect
  readonly policy: Policy
}

export const presetRules: Readonly<Record<Preset, PresetRules>> = {
  // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  STANDARD: {
    dialect: 'STANDARD',
    policy: {
      success: 'ANY_2XX',
      // The specification recommends 15 to 30 s.
      timeoutMs: 15_000,
      // Our choice: the specification recommends https; whether plain http may be used is the installation's.
      httpsOnly: false,
      retry: standardSchedule,
      // The specification asks for 410; the five days are our choice.
      disable: [{ rule: 'GONE' }, { rule: 'FAILING_FOR', windowMs: 5 * 24 * 3_600_000 }],
    },
  },
}
