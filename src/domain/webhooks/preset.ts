/** The presets by name; the same list as Preset in the SDL. */
import { namesOf } from '../shared/names.ts'
import type { PresetRules } from './presets/preset-rules.ts'
import { fastEventsPreset } from './presets/fast-events.ts'
import { flipdishPreset } from './presets/flipdish.ts'
import { flybuyPreset } from './presets/flybuy.ts'
import { foodyPreset } from './presets/foody.ts'
import { standardPreset } from './presets/standard.ts'

export const presetRules = presetsOf({
  STANDARD: standardPreset,
  FLYBUY: flybuyPreset,
  FLIPDISH: flipdishPreset,
  FOODY: foodyPreset,
  FAST_EVENTS: fastEventsPreset,
})
export type Preset = keyof typeof presetRules
export const presets = namesOf(presetRules)

function presetsOf<Name extends string>(rules: Readonly<Record<Name, PresetRules>>) {
  return rules
}
