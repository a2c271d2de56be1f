/** The entry point of the command line: finds the command, parses its options, runs it and prints the output. */
import { parseArgs } from 'node:util'
import { ConfigFault } from '../config.ts'
import { DataDirInUse } from '../runtime/embedded-postgres/data-dir-in-use.ts'
import { Refused, WrongUsage, type Command } from './command.ts'
import { commands } from './commands.ts'
import { commandHelp, commandsHelp, invocation } from './help.ts'

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

  // Loaded here, so that help and wrong usage are reported without the modules of the database.
  const { runCommand } = await import('./run-command.ts')
  return runCommand(command, options, json)
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
