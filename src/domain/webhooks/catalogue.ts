/** Describes presets for the API. */
import type { PresetRules } from './presets/preset-rules.ts'
import { presetRules, type Preset } from './preset.ts'
import { topics } from '../orders/topic.ts'
import { dialectRules } from '../dialects/registry.ts'

/** A preset with its rules and the topics that its dialect can represent. */
export interface PresetDescription extends PresetRules {
  readonly name: Preset
  /** Built-in topics only. */
  readonly carries: readonly string[]
  /** The topics of `carries` that `resource.*` does not select. */
  readonly onlyByName: readonly string[]
}

/** Returns the description of a preset. */
export function describePreset(name: Preset): PresetDescription {
  const rules = presetRules[name]
  const dialect = dialectRules[rules.dialect]
  const carries = topics.filter((topic) => dialect.carries(topic))
  return { name, ...rules, carries, onlyByName: dialect.onlyByName ?? [] }
}
