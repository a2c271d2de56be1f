/**
 * A process that runs the embedded PostgreSQL of `dist/`, so that tests can kill it. JavaScript, so that it needs no
 * compiler at its start. The first argument contains the options as JSON.
 * Each printed line is JSON: the log events, then `ready` or `failed`. On SIGINT and SIGTERM the process sends one more
 * query, as a drain would, and stops.
 */
import postgres from 'postgres'
import { DataDirInUse } from '../../../dist/runtime/embedded-postgres/data-dir-in-use.js'
import { startEmbeddedPostgres } from '../../../dist/runtime/embedded-postgres/index.js'

const print = (step, fields) => {
  process.stdout.write(`${JSON.stringify({ step, ...fields })}\n`)
}
const printLog = (fields, step) => print(step, fields)
const log = { debug: printLog, info: printLog, warn: printLog, error: printLog }

try {
  const options = JSON.parse(process.argv[2] ?? '{}')
  const database = await startEmbeddedPostgres({ ...options, log })
  // Keeps the process running, as the sockets of a server do.
  const lasting = setInterval(() => undefined, 60_000)
  const end = async () => {
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

async function drain(url) {
  // Long enough for a signal that reached PostgreSQL directly to stop it.
  await new Promise((resolve) => setTimeout(resolve, 200))
  const sql = postgres(url, { max: 1 })
  const [answer] = await sql`select 1 as one`
  await sql.end()
  print('drained', { answer: answer?.one })
}
