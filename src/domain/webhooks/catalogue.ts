import { presetRules, type Preset, type PresetRules } from './preset.ts'
import { topics } from '../orders/topic.ts'
import { dialectRules } from '../dialects/registry.ts'

/** A preset as the catalogue shows it. */
export function describePreset(name: Preset): PresetRules & {
  readonly name: Preset
  /** Built-in topics. */
  readonly carries: readonly string[]
  /** Those of them that `resource.*` does not select. */
  readonly onlyByName: readonly string[]
} {
  const rules = presetRules[name]
  const dialect = dialectRules[rules.dialect]
  const carries = topics.filter((topic) => dialect.carries(topic))
  return { name, ...rules, carries, onlyByName: dialect.onlyByName ?? [] }
}
