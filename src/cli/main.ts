/**
 * The entry point of the command line: finds the command, parses its options, opens the storage and prints the output.
 */
import { parseArgs } from 'node:util'
import { ConfigFault, readConfig } from '../config.ts'
import { makeAdminStore } from '../db/installation/installation-store.ts'
import { connect } from '../db/connection/connect.ts'
import { system } from '../runtime/system.ts'
import { makeClosing } from '../runtime/closing.ts'
import { endOnClosedOutput, endOnFaults } from '../runtime/crash.ts'
import { DataDirInUse } from '../runtime/embedded-postgres/index.ts'
import { makeLog } from '../runtime/log.ts'
import { endOnSignals } from '../runtime/server/shutdown.ts'
import { checkKeyRing, openStorage, secretsOver } from '../storage.ts'
import { Refused, WrongUsage, type Command } from './command.ts'
import { commands } from './commands.ts'

const invocation = 'npm run --silent orderbell --'
/** Time limit for closing the storage and the database connections. */
const endWithinMs = 5_000

/** The help text of all commands, or of the commands that begin with the word. */
function overview(word?: string): string {
  const told = commands.filter(({ name }) => word === undefined || name.startsWith(`${word} `))
  return [
    'Orderbell: webhooks for ordering platforms.',
    '',
    `Usage: ${invocation} <command> [options]`,
    '',
    ...inColumns(told.map(({ name, summary }) => [name, summary])),
    '',
    'Every command takes --help and --json (one JSON line on standard output). Exit: 0 done, 1 refused, 2 used wrongly.',
    'Commands work beside a running server and without one; they read the same settings (see the README).',
    '',
  ].join('\n')
}

/** One line for each pair, aligned in two columns. */
function inColumns(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(...pairs.map(([name]) => name.length))
  return pairs.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`)
}

function helpOf(command: Command): string {
  const options = Object.entries(command.options)
  const lines = inColumns(
    options.map(([name, { value, meaning, required }]) => [
      `--${name} ${value}`,
      `${meaning}${required ? '' : ' (optional)'}`,
    ]),
  )
  const synopsis = options.map(([name, { value, required }]) =>
    required ? `--${name} ${value}` : `[--${name} ${value}]`,
  )
  return [
    command.summary,
    '',
    `Usage: ${[invocation, command.name, ...synopsis, '[--json]'].join(' ')}`,
    ...(lines.length > 0 ? ['', ...lines] : []),
    '',
  ].join('\n')
}

/** Finds the command that the first arguments name. Returns the command and the remaining arguments. */
function find(args: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  for (const command of commands) {
    const words = command.name.split(' ')
    if (words.every((word, index) => args[index] === word)) return { command, rest: args.slice(words.length) }
  }
  const known = commands.map(({ name }) => name).join(', ')
  throw new WrongUsage(
    args.length === 0 ? `name a command: ${known}` : `there is no such command; known are ${known}`,
  )
}

function readOptions(command: Command, rest: readonly string[]) {
  const own = Object.fromEntries(
    Object.keys(command.options).map((name) => [name, { type: 'string' as const }]),
  )
  const flags = { help: { type: 'boolean' as const, short: 'h' }, json: { type: 'boolean' as const } }
  try {
    const { values } = parseArgs({ args: [...rest], options: { ...own, ...flags }, allowPositionals: false })
    const { help = false, json = false, ...options } = values as Record<string, string | boolean | undefined>
    return {
      help: help === true,
      json: json === true,
      options: options as Record<string, string | undefined>,
    }
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error))
  }
}

const isHelp = (word: string): boolean => word === '--help' || word === '-h'

async function run(args: readonly string[]): Promise<string> {
  const [word = '', next = ''] = args
  if (isHelp(word)) return overview()
  if (isHelp(next) && commands.some(({ name }) => name.startsWith(`${word} `))) return overview(word)
  const { command, rest } = find(args)
  const { help, json, options } = readOptions(command, rest)
  if (help) return helpOf(command)
  for (const [name, { required }] of Object.entries(command.options))
    if (required && options[name] === undefined)
      throw new WrongUsage(`${command.name} needs --${name}; see --help`)

  const config = readConfig()
  const log = makeLog('warn')
  endOnFaults(log)
  endOnClosedOutput()
  const closing = makeClosing(log)
  const ending = new AbortController()
  endOnSignals({
    stop: async () => {
      ending.abort(new Error('a signal ended the command'))
      await closing.closeAll()
    },
    open: () => closing.open(),
    ...{ log, endWithParent: false, budgetMs: endWithinMs, exitCode: 1 },
  })
  try {
    const storage = await openStorage(config, log, 'command', ending.signal)
    closing.add({ what: 'storage', withinMs: endWithinMs, close: () => storage.stop() })
    const connections = connect(storage.databaseUrl, log, storage.rlsMode, {
      hasLongStatements: command.hasLongStatements ?? false,
    })
    closing.add({ what: 'connections', withinMs: endWithinMs, close: () => connections.close() })
    const store = makeAdminStore(connections.adminPool)
    if (command.seals === true) await checkKeyRing(store, storage.keyRing)
    const world = { store, system, secrets: secretsOver(store, storage.keyRing) }
    const answer = await command.run(world, options, new Date())
    return `${json ? JSON.stringify(answer.json) : answer.text}\n`
  } finally {
    await closing.closeAll()
  }
}

/** Exits after the text is written. Otherwise an unresponsive connection would keep the process alive for minutes. */
function end(stream: NodeJS.WriteStream, text: string, exitCode: number): void {
  stream.write(text, () => process.exit(exitCode))
}

run(process.argv.slice(2)).then(
  (text) => end(process.stdout, text, 0),
  (error: unknown) => {
    const message = error instanceof Error ? error.message : String(error)
    if (error instanceof WrongUsage) {
      end(process.stderr, `${message}\nSee ${invocation} --help\n`, 2)
      return
    }
    const known = error instanceof Refused || error instanceof ConfigFault || error instanceof DataDirInUse
    const whose = known ? '' : ' (a fault of Orderbell or of what it runs on, not of the command)'
    end(process.stderr, `${message}${whose}\n`, 1)
  },
)
