/**
 * Runs commands of the command line in this process, which costs a tenth of the CPU of a process. Their exit codes and
 * output streams are tested with processes, in `cli/commands.test.ts`.
 */
import { parseArgs } from 'node:util'
import type { Answer } from '../../../src/cli/command.ts'
import { commands } from '../../../src/cli/commands.ts'
import { runOnStorage } from '../../../src/cli/run-command.ts'
import { readConfig } from '../../../src/config.ts'
import { makeShutdownSteps } from '../../../src/runtime/shutdown-steps.ts'
import { nullLog } from '../../support/null-log.ts'
import type { Environment } from './process.ts'

/** Runs the command that the first arguments name. Rejects with its error when it is refused. */
export async function runCommand(environment: Environment, ...args: readonly string[]): Promise<Answer> {
  const command = commands.find(({ name }) => args.join(' ').startsWith(name))
  if (command === undefined) throw new Error(`expected a command, found ${args.join(' ')}`)
  const options = Object.fromEntries(
    Object.keys(command.options).map((name) => [name, { type: 'string' as const }]),
  )
  const { values } = parseArgs({ args: args.slice(command.name.split(' ').length), options })
  const shutdownSteps = makeShutdownSteps(nullLog)
  const signal = new AbortController().signal
  try {
    return await runOnStorage(command, values, {
      config: readConfig(environment),
      log: nullLog,
      shutdownSteps,
      signal,
    })
  } finally {
    await shutdownSteps.closeAll()
  }
}

/** As `runCommand`. Returns the output of `--json`. */
export async function runJsonCommand<T>(environment: Environment, ...args: readonly string[]): Promise<T> {
  const { json } = await runCommand(environment, ...args)
  return JSON.parse(JSON.stringify(json)) as T
}
