/** The catalogue of presets, for people who choose one. The rules themselves are `preset.ts`. */
import { dialectRules } from './dialect/dialect.ts'
import { presetRules, type Preset, type PresetRules } from './preset.ts'
import { topics } from './topic.ts'

/** A preset as the catalogue shows it. */
export function describePreset(name: Preset): PresetRules & {
  readonly name: Preset
  /** Built-in topics. */
  readonly carries: readonly string[]
} {
  const rules = presetRules[name]
  return { name, ...rules, carries: topics.filter((topic) => dialectRules[rules.dialect].carries(topic)) }
}
