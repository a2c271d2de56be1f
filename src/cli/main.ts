/**
 * The entry point of the command line: finds the command, parses its options, opens the storage and prints the output.
 */
import { parseArgs } from 'node:util'
import { ConfigFault, readConfig } from '../config.ts'
import { makeAdminStore } from '../db/installation/installation-store.ts'
import { connect } from '../db/connection/connect.ts'
import { system } from '../runtime/system.ts'
import { makeShutdownSteps } from '../runtime/shutdown-steps.ts'
import { endOnClosedOutput, endOnFaults } from '../runtime/crash.ts'
import { DataDirInUse } from '../runtime/embedded-postgres/index.ts'
import { makeLog } from '../runtime/log.ts'
import { endOnSignals } from '../runtime/server/shutdown.ts'
import { checkKeyRing, openStorage, secretsOver } from '../storage.ts'
import { Refused, WrongUsage, type Command } from './command.ts'
import { commands } from './commands.ts'
import { commandHelp, commandsHelp, invocation } from './help.ts'

/** Time limit for closing the storage and the database connections. */
const endWithinMs = 5_000

/** Finds the command that the first arguments name. Returns the command and the remaining arguments. */
function find(args: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } {
  for (const command of commands) {
    const words = command.name.split(' ')
    if (words.every((word, index) => args[index] === word)) return { command, rest: args.slice(words.length) }
  }
  const known = commands.map(({ name }) => name).join(', ')
  throw new WrongUsage(
    args.length === 0 ? `a command is required: ${known}` : `unknown command; the commands are ${known}`,
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
  if (isHelp(word)) return commandsHelp(commands)
  if (isHelp(next) && commands.some(({ name }) => name.startsWith(`${word} `)))
    return commandsHelp(commands, word)
  const { command, rest } = find(args)
  const { help, json, options } = readOptions(command, rest)
  if (help) return commandHelp(command)
  for (const [name, { required }] of Object.entries(command.options))
    if (required && options[name] === undefined) throw new WrongUsage(`${command.name} requires --${name}`)

  const config = readConfig()
  const log = makeLog('warn')
  endOnFaults(log)
  endOnClosedOutput()
  const shutdownSteps = makeShutdownSteps(log)
  const ending = new AbortController()
  endOnSignals({
    stop: async () => {
      ending.abort(new Error('a signal ended the command'))
      await shutdownSteps.closeAll()
    },
    open: () => shutdownSteps.open(),
    log,
    endWithParent: false,
    budgetMs: endWithinMs,
    exitCode: 1,
  })
  try {
    const storage = await openStorage(config, log, 'command', ending.signal)
    shutdownSteps.add({ what: 'storage', withinMs: endWithinMs, close: () => storage.stop() })
    const connections = connect(storage.databaseUrl, log, storage.rlsMode, {
      hasLongStatements: command.hasLongStatements ?? false,
    })
    shutdownSteps.add({ what: 'connections', withinMs: endWithinMs, close: () => connections.close() })
    const store = makeAdminStore(connections.adminPool)
    if (command.encrypts === true) await checkKeyRing(store, storage.keyRing)
    const deps = { store, system, secrets: secretsOver(store, storage.keyRing) }
    const answer = await command.run(deps, options, new Date())
    return `${json ? JSON.stringify(answer.json) : answer.text}\n`
  } finally {
    await shutdownSteps.closeAll()
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
    const cause = known ? '' : ' (a fault of Orderbell or of its infrastructure, not of the command)'
    end(process.stderr, `${message}${cause}\n`, 1)
  },
)
