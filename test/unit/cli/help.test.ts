/** The help texts, which are printed from the tables of settings and commands. */
import { describe, expect, test } from 'vitest'
import { commands } from '../../../src/cli/commands.ts'
import { commandHelp, commandsHelp, serverHelp } from '../../../src/cli/help.ts'
import { settings } from '../../../src/settings/settings.ts'

/** Lines whose first column is the name. */
const linesOf = (help: string, name: string): readonly string[] =>
  help.split('\n').filter((line) => line.startsWith(`  ${name}  `))

describe('help of the server', () => {
  const help = serverHelp(commands)

  test.each(Object.keys(settings))('has one line for %s, with a meaning and a default', (name) => {
    expect(linesOf(help, name)).toEqual([expect.stringMatching(/ {2}\S.*\. Default: \S.*\.$/)])
  })

  test('names the default that the server uses, the unit and the range', () => {
    expect(linesOf(help, 'KEEP_ALIVE_SECONDS').join()).toContain('Unit: seconds, 1 to 3600. Default: 75.')
    expect(linesOf(help, 'SECRETS_KEYS').join()).toContain('Default: none.')
    expect(linesOf(help, 'PUBLIC_URL').join()).toContain('Default: http://HOST:PORT/.')
  })

  test.each(commands.map(({ name }) => name))('has one line for the command %s', (name) => {
    expect(linesOf(help, name)).toHaveLength(1)
  })
})

describe('help of the commands', () => {
  test('lists all commands, or those that begin with a word', () => {
    const names = (help: string) => commands.filter(({ name }) => linesOf(help, name).length === 1)
    expect(names(commandsHelp(commands))).toEqual(commands)
    expect(names(commandsHelp(commands, 'key')).map(({ name }) => name)).toEqual([
      'key create',
      'key list',
      'key revoke',
    ])
  })

  test.each(commands)('$name: the help has the summary, the usage and every option', (command) => {
    const help = commandHelp(command)
    expect(help).toContain(`Usage: npm run --silent orderbell -- ${command.name}`)
    for (const [name, { value, meaning, required }] of Object.entries(command.options))
      expect(linesOf(help, `--${name} ${value}`)).toEqual([
        expect.stringMatching(new RegExp(`  ${meaning}${required ? '' : ' \\(optional\\)'}$`)),
      ])
  })
})

test('no help text contains Markdown', () => {
  const all = [serverHelp(commands), commandsHelp(commands), ...commands.map(commandHelp)].join('\n')
  expect(all).not.toMatch(/`|\]\(/)
})
