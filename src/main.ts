/** The entry point of the server: reads the settings, starts the app and handles signals. No module imports it. */
import { makeApp } from './app.ts'
import { readConfig, startedByNpm } from './config.ts'
import { makeClosing } from './runtime/closing.ts'
import { endOnFaults } from './runtime/crash.ts'
import { makeLog } from './runtime/log.ts'
import { endOnSignals } from './runtime/server/shutdown.ts'

const help = `Orderbell: webhooks for ordering platforms.

Usage: npm start          serves GraphQL at http://127.0.0.1:4000/graphql
       npm run dev        the same, and again whenever a file changes
       npm run demo       everything at once, with toy receivers (-- --once ends by itself)
       npm run --silent orderbell -- <command>   migrate, project, partner, key, verify-deliveries, rewrap (see its --help)

It reads its settings from the environment and needs none of them:
PORT HOST ADMIN_PORT DATABASE_URL DATABASE_CA_FILE REDIS_URL DATA_DIR ROLES SECRETS_KEYS
SEND_ALLOWED_NETWORKS SEND_ALLOW_HTTP
SEND_CA_FILE TRUSTED_PROXIES RATE_COST_PER_MINUTE RATE_MUTATIONS_PER_MINUTE
RATE_FAILED_KEYS_PER_MINUTE RATE_KEYLESS_PER_MINUTE KEEP_ALIVE_SECONDS INTROSPECTION NODE_ENV LOG_LEVEL. The README tells what each means.
`

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(help)
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
  const closing = makeClosing(log)
  const starting = new AbortController()
  const stop = async (): Promise<void> => {
    starting.abort(new Error('a signal to stop came before the start was over'))
    // A start that failed has already closed everything it opened.
    const started = await app.catch(() => null)
    await started?.stop()
  }
  // Before anything is opened, because a start may take minutes.
  endOnSignals({ stop, open: () => closing.open(), log, endWithParent: startedByNpm() })
  const app = makeApp(config, log, {}, { signal: starting.signal, closing })
  await app.catch((error: unknown) => {
    // After a signal `stop` ends the process, so the error is ignored.
    if (!starting.signal.aborted) throw error
  })
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
})
