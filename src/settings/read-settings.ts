/** Reads the values of all settings from their texts. */
import type { Reader, Setting } from './setting.ts'
import { settings } from './settings.ts'

type Settings = typeof settings
/** The value of a setting. Undefined when the setting has no default and is missing. */
type ValueOf<S extends Setting> =
  | (S['read'] extends Reader<infer Value> ? Value : never)
  | (S extends { readonly default: string } ? never : undefined)

/** The values of all settings. */
export type SettingValues = { readonly [Name in keyof Settings]: ValueOf<Settings[Name]> }

/** Reads all settings together, so that all invalid ones are reported, each by one line that begins with its name. */
export function readSettings(
  given: Readonly<Record<string, string | undefined>>,
): { readonly values: SettingValues } | { readonly faults: readonly string[] } {
  const values: Record<string, unknown> = {}
  const faults: string[] = []
  for (const [name, setting] of Object.entries<Setting>(settings)) {
    const text = given[name] ?? setting.default
    const read = text === undefined ? { value: undefined } : setting.read(text)
    if ('value' in read) values[name] = read.value
    else faults.push(`${name} ${read.fault}`)
  }
  return faults.length > 0 ? { faults } : { values: values as SettingValues }
}
