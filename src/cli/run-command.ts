/** Runs a command on the storage that the settings name, and closes the storage again, also after a signal. */
import { readConfig } from '../config.ts'
import { connect } from '../db/connection/connect.ts'
import { makeAdminStore } from '../db/installation/installation-store.ts'
import { endOnClosedOutput, endOnFaults } from '../runtime/crash.ts'
import { makeLog } from '../runtime/log.ts'
import { endOnSignals } from '../runtime/server/shutdown.ts'
import { makeShutdownSteps } from '../runtime/shutdown-steps.ts'
import { system } from '../runtime/system.ts'
import { checkKeyRing, migrateQueue, openStorage, secretsOver } from '../storage.ts'
import type { Command } from './command.ts'

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
    const storage = await openStorage(config, log, 'command', ending.signal)
    shutdownSteps.add({ what: 'storage', withinMs: endWithinMs, close: () => storage.stop() })
    const connections = connect(storage.databaseUrl, log, storage.rlsMode, {
      hasLongStatements: command.hasLongStatements ?? false,
    })
    shutdownSteps.add({ what: 'connections', withinMs: endWithinMs, close: () => connections.close() })
    const store = makeAdminStore(connections.adminPool)
    if (command.migratesQueue === true) await migrateQueue(config, storage.databaseUrl, ending.signal)
    if (command.encrypts === true) await checkKeyRing(store, storage.keyRing)
    const deps = { store, system, secrets: secretsOver(store, storage.keyRing) }
    const answer = await command.run(deps, options, new Date())
    return `${json ? JSON.stringify(answer.json) : answer.text}\n`
  } finally {
    await shutdownSteps.closeAll()
  }
}
