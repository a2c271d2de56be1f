/** Runs a command on the storage that the settings name, and closes the storage again, also after a signal. */
import { readConfig, type Config } from '../config.ts'
import { connect } from '../db/connection/connect.ts'
import { makeAdminStore } from '../db/installation/installation-store.ts'
import { endOnClosedOutput, endOnFaults } from '../runtime/crash.ts'
import { makeLog } from '../runtime/log.ts'
import { endOnSignals } from '../runtime/server/shutdown.ts'
import { makeShutdownSteps, type ShutdownSteps } from '../runtime/shutdown-steps.ts'
import { system } from '../runtime/system.ts'
import { checkKeyRing, migrateQueue, openStorage, secretsOver } from '../storage.ts'
import type { Log } from '../ports/log.ts'
import type { Answer, Command } from './command.ts'

/** Time limit for closing the storage and the database connections. */
const endWithinMs = 5_000

/** Returns the output of the command, as text or as one line of JSON. */
export async function runCommand(
  command: Command,
  options: Readonly<Record<string, string | undefined>>,
  json: boolean,
): Promise<string> {
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
    const answer = await runOnStorage(command, options, { config, log, shutdownSteps, signal: ending.signal })
    return `${json ? JSON.stringify(answer.json) : answer.text}\n`
  } finally {
    await shutdownSteps.closeAll()
  }
}

interface CommandParts {
  readonly config: Config
  readonly log: Log
  /** Gets the steps that close what was opened. */
  readonly shutdownSteps: ShutdownSteps
  /** Ends the wait for the storage. */
  readonly signal: AbortSignal
}

/** Opens the storage and runs the command. The caller closes what was opened. */
export async function runOnStorage(
  command: Command,
  options: Readonly<Record<string, string | undefined>>,
  { config, log, shutdownSteps, signal }: CommandParts,
): Promise<Answer> {
  const storage = await openStorage(config, log, 'command', signal)
  shutdownSteps.add({ what: 'storage', withinMs: endWithinMs, close: () => storage.stop() })
  const connections = connect(storage.databaseUrl, log, storage.rlsMode, {
    hasLongStatements: command.hasLongStatements ?? false,
  })
  shutdownSteps.add({ what: 'connections', withinMs: endWithinMs, close: () => connections.close() })
  const store = makeAdminStore(connections.adminPool)
  if (command.migratesQueue === true) await migrateQueue(config, storage.databaseUrl, signal)
  if (command.encrypts === true) await checkKeyRing(store, storage.keyRing)
  const deps = { store, system, secrets: secretsOver(store, storage.keyRing) }
  return command.run(deps, options, new Date())
}
