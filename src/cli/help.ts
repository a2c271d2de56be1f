/**
 * The help texts of the server, of all commands and of one command. They are printed from the tables of settings and
 * commands, from which the documentation is generated too.
 */
import { defaultOf, settingGroups, type Setting } from '../settings/setting.ts'
import { settings } from '../settings/settings.ts'
import type { Command } from './command.ts'

/** What starts the command line. */
export const invocation = 'npm run --silent orderbell --'

const title = 'Orderbell: self-hosted webhook delivery for ordering platforms.'

/** The help text of the server. */
export function serverHelp(commands: readonly Command[]): string {
  return linesOf([
    title,
    '',
    'Usage: npm start        serves the API at http://127.0.0.1:4000/graphql',
    '       npm run dev      the same, and restarts whenever a file changes',
    '       npm run demo     starts everything with sample receivers (with -- --once, it ends by itself)',
    `       ${invocation} <command>`,
    '',
    'Commands:',
    '',
    ...commandLines(commands),
    '',
    'Settings are read from the environment. None is required, except SECRETS_KEYS in production.',
    ...settingGroups.flatMap((group) => ['', `${group}:`, '', ...settingLines(group)]),
    '',
    'docs/configuration.md says more.',
  ])
}

/** The help text of all commands, or of the commands that begin with the word. */
export function commandsHelp(commands: readonly Command[], word?: string): string {
  return linesOf([
    title,
    '',
    `Usage: ${invocation} <command> [options]`,
    '',
    ...commandLines(commands.filter(({ name }) => word === undefined || name.startsWith(`${word} `))),
    '',
    'Every command takes --help, and --json, which prints the result as one line of JSON on standard output.',
    'Exit code: 0 succeeded, 1 refused, 2 used incorrectly.',
    'Commands read the same settings as the server (npm start -- --help), and work with or without a running server.',
  ])
}

/** The help text of one command. */
export function commandHelp(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, meaning, required }]) => [
    `--${name} ${value}`,
    required ? meaning : `${meaning} (optional)`,
  ])
  return linesOf([
    plainText(command.summary),
    '',
    `Usage: ${invocation} ${synopsisOf(command)} [--json]`,
    ...(options.length > 0 ? ['', ...inColumns(options)] : []),
  ])
}

/** A command with its options, as typed. */
export function synopsisOf({ name, options }: Command): string {
  const words = Object.entries(options).map(([option, { value, required }]) =>
    required ? `--${option} ${value}` : `[--${option} ${value}]`,
  )
  return [name, ...words].join(' ')
}

function commandLines(commands: readonly Command[]): readonly string[] {
  return inColumns(commands.map(({ name, summary }) => [name, plainText(summary)]))
}

function settingLines(group: Setting['group']): readonly string[] {
  const members = Object.entries<Setting>(settings).filter(([, setting]) => setting.group === group)
  return inColumns(members.map(([name, setting]) => [name, describe(setting)]))
}

function describe(setting: Setting): string {
  const unit = setting.unit === undefined ? '' : ` Unit: ${setting.unit}.`
  return plainText(`${setting.meaning}${unit} Default: ${defaultOf(setting)}.`)
}

/** One line for each row, aligned in two columns. */
function inColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const width = Math.max(...rows.map(([name = '']) => name.length))
  return rows.map(([name = '', meaning = '']) => `  ${name.padEnd(width)}  ${meaning}`)
}

/** Removes links and code marks from Markdown. */
function plainText(markdown: string): string {
  return markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '')
}

function linesOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`
}
