/** Generates the tables of docs/cli.md from the table of commands. */
import { readFile } from 'node:fs/promises'
import type { Command } from '../src/cli/command.ts'
import { commands } from '../src/cli/commands.ts'
import { synopsisOf } from '../src/cli/help.ts'
import { fillSections, formatted, table, type GeneratedFile } from './generated-file.ts'

const path = 'docs/cli.md'

/** The document with its generated sections. */
export async function cliDocument(): Promise<GeneratedFile> {
  const filled = fillSections(await readFile(path, 'utf8'), {
    commands: table(['command', 'what it does'], commands.map(rowOf)),
    options: table(['command', 'option', 'required', 'meaning'], commands.flatMap(optionRowsOf)),
  })
  return { path, content: await formatted(path, filled), source: 'the table of commands' }
}

function rowOf(command: Command): readonly string[] {
  const see = command.see === undefined ? '' : ` See ${command.see}.`
  return [`\`${synopsisOf(command)}\``, `${command.summary}${see}`]
}

function optionRowsOf({ name, options }: Command): readonly (readonly string[])[] {
  return Object.entries(options).map(([option, { value, meaning, required }]) => [
    `\`${name}\``,
    `\`--${option} ${value}\``,
    required ? 'yes' : 'no',
    meaning,
  ])
}
