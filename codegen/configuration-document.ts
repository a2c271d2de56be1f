/** Generates the tables of docs/configuration.md from the tables of settings and limits. */
import { readFile } from 'node:fs/promises'
import { defaultOf, settingGroups, type Setting } from '../src/settings/setting.ts'
import { settings } from '../src/settings/settings.ts'
import { costs } from './costs.ts'
import { fillSections, formatted, table, type GeneratedFile } from './generated-file.ts'
import { limits } from './limits.ts'

const path = 'docs/configuration.md'

/** The document with its generated sections. */
export async function configurationDocument(): Promise<GeneratedFile> {
  const settingTables = settingGroups.map((group) => [`settings, ${group}`, settingTable(group)] as const)
  const limitTables = Object.entries(limits).map(
    ([name, rows]) => [`limits, ${name}`, table(['limit', 'value', 'beyond it'], rows)] as const,
  )
  const filled = fillSections(await readFile(path, 'utf8'), {
    ...Object.fromEntries([...settingTables, ...limitTables]),
    'limits, cost': table(['element', 'counts'], costs),
  })
  return { path, content: await formatted(path, filled), source: 'the tables of settings and limits' }
}

function settingTable(group: Setting['group']): string {
  const members = Object.entries<Setting>(settings).filter(([, setting]) => setting.group === group)
  return table(['name', 'default', 'unit', 'meaning'], members.map(rowOf))
}

function rowOf([name, setting]: readonly [string, Setting]): readonly string[] {
  const see = setting.see === undefined ? '' : ` See ${setting.see}.`
  return [`\`${name}\``, defaultOf(setting), setting.unit ?? '', `${setting.meaning}${see}`]
}
