/**
 * A process of its own that runs the embedded PostgreSQL, so that tests can kill it. Options come as JSON;
 * each line it prints is JSON: the log's steps, then `ready` or `failed`. SIGINT and SIGTERM: it asks the
 * database one thing more, as a drain would, and stops.
 */
import postgres from 'postgres'
import { DataDirInUse, startEmbeddedPostgres } from '../../../src/runtime/embedded-postgres/index.ts'
import type { EmbeddedPostgresOptions } from '../../../src/runtime/embedded-postgres/index.ts'

const say = (step: string, fields: object): void => {
  process.stdout.write(`${JSON.stringify({ step, ...fields })}\n`)
}
const tell = (fields: Record<string, unknown>, step: string): void => say(step, fields)
const log = { debug: tell, info: tell, warn: tell, error: tell }

try {
  const options = JSON.parse(process.argv[2] ?? '{}') as Omit<EmbeddedPostgresOptions, 'log'>
  const database = await startEmbeddedPostgres({ ...options, log })
  // Something that lasts, as a server's sockets do.
  const lasting = setInterval(() => undefined, 60_000)
  const end = async (): Promise<void> => {
    await drain(database.url)
    await database.stop()
    clearInterval(lasting)
  }
  process.once('SIGINT', () => void end())
  process.once('SIGTERM', () => void end())
  say('ready', { url: database.url })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  say('failed', { message, inUse: error instanceof DataDirInUse })
}

async function drain(url: string): Promise<void> {
  // Long enough for a stop that went straight to PostgreSQL to have had its effect.
  await new Promise((resolve) => setTimeout(resolve, 200))
  const sql = postgres(url, { max: 1 })
  const [answer] = await sql<{ one: number }[]>`select 1 as one`
  await sql.end()
  say('drained', { answer: answer?.one })
}
