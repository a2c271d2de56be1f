/**
 * The entry point of the server: reads the settings, starts the app and handles signals. No module imports it. The app is
 * loaded after the settings were read, so that help and a wrong setting are reported at once.
 */
import { serverHelp } from './cli/help.ts'
import { readConfig, startedByNpm } from './config.ts'
import { makeShutdownSteps } from './runtime/shutdown-steps.ts'
import { endOnFaults } from './runtime/crash.ts'
import { makeLog } from './runtime/log.ts'
import { endOnSignals } from './runtime/server/shutdown.ts'

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    const { commands } = await import('./cli/commands.ts')
    process.stdout.write(serverHelp(commands))
    return
  }
  if (args.length > 0) {
    process.stderr.write(`The server takes no arguments, found ${args.join(' ')}. See --help.\n`)
    process.exitCode = 2
    return
  }
  const config = readConfig()
  const log = makeLog(config.logLevel)
  endOnFaults(log)
  const shutdownSteps = makeShutdownSteps(log)
  const starting = new AbortController()
  const stop = async (): Promise<void> => {
    starting.abort(new Error('a signal to stop was received during the start'))
    // A start that failed has already closed everything it opened.
    const started = await app.catch(() => null)
    await started?.stop()
  }
  // Before anything is opened, because a start may take minutes.
  endOnSignals({ stop, open: () => shutdownSteps.open(), log, endWithParent: startedByNpm() })
  const app = import('./app.ts').then(({ makeApp }) =>
    makeApp(config, log, {}, { signal: starting.signal, shutdownSteps }),
  )
  await app.catch((error: unknown) => {
    // After a signal `stop` ends the process, so the error is ignored.
    if (!starting.signal.aborted) throw error
  })
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
