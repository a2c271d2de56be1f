/**
 * A process that runs the embedded PostgreSQL, so that tests can kill it. The first argument contains the options as JSON.
 * Each printed line is JSON: the log events, then `ready` or `failed`. On SIGINT and SIGTERM the process sends one more
 * query, as a drain would, and stops.
 */
import postgres from 'postgres'
import { DataDirInUse } from '../../../src/runtime/embedded-postgres/data-dir-in-use.ts'
import { startEmbeddedPostgres } from '../../../src/runtime/embedded-postgres/index.ts'
import type { EmbeddedPostgresOptions } from '../../../src/runtime/embedded-postgres/index.ts'

const print = (step: string, fields: object): void => {
  process.stdout.write(`${JSON.stringify({ step, ...fields })}\n`)
}
const printLog = (fields: Record<string, unknown>, step: string): void => print(step, fields)
const log = { debug: printLog, info: printLog, warn: printLog, error: printLog }

try {
  const options = JSON.parse(process.argv[2] ?? '{}') as Omit<EmbeddedPostgresOptions, 'log'>
  const database = await startEmbeddedPostgres({ ...options, log })
  // Keeps the process running, as the sockets of a server do.
  const lasting = setInterval(() => undefined, 60_000)
  const end = async (): Promise<void> => {
    await drain(database.url)
    await database.stop()
    clearInterval(lasting)
  }
  process.once('SIGINT', () => void end())
  process.once('SIGTERM', () => void end())
  print('ready', { url: database.url })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  print('failed', { message, inUse: error instanceof DataDirInUse })
}

async function drain(url: string): Promise<void> {
  // Long enough for a signal that reached PostgreSQL directly to stop it.
  await new Promise((resolve) => setTimeout(resolve, 200))
  const sql = postgres(url, { max: 1 })
  const [answer] = await sql<{ one: number }[]>`select 1 as one`
  await sql.end()
  print('drained', { answer: answer?.one })
}
