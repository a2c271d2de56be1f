/**
 * A separate embedded PostgreSQL for the bench, with its defaults, that counts statements and remembers the times of
 * commits. The bench itself connects as the user `bench`, so that its own statements can be left out of the counts.
 * Closing the cluster removes its databases.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startEmbeddedPostgres } from '../../../src/runtime/embedded-postgres/index.ts'
import { nullLog } from '../../support/null-log.ts'
import { parentOf } from '../frame/processes.ts'

export type Sql = postgres.Sql

/** A database of the cluster. */
export interface BenchDatabase {
  readonly name: string
  /** As the measured processes connect. */
  readonly url: string
  /** As the bench connects, whose statements are not counted. */
  readonly benchUrl: string
}

export interface Cluster {
  /** A connection as `bench`, to a database that is not measured. */
  readonly admin: Sql
  readonly postmasterPid: number
  /** Creates an empty database. The name is made unique. */
  createDatabase(name: string): Promise<BenchDatabase>
  /** Drops a database, whose clients may still be connected. */
  dropDatabase(database: BenchDatabase): Promise<void>
  close(): Promise<void>
}

const maxConnections = 400
const benchUser = 'bench'

export async function openCluster(): Promise<Cluster> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderbell-bench-'))
  // PostgreSQL does not run as root: another user must reach its data.
  await chmod(dataDir, 0o711)
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true })
  const start = () =>
    startEmbeddedPostgres({ dataDir, log: nullLog, purpose: 'server' as const, maxConnections })
  try {
    const first = await start()
    await configure(first.url)
    await first.stop()
    const server = await start()
    const admin = connectTo(asBench(server.url), 1)
    await admin`create extension pg_stat_statements`
    const [backend] = await admin<{ pid: number }[]>`select pg_backend_pid() as pid`
    let created = 0
    return {
      admin,
      postmasterPid: (await parentOf(backend?.pid ?? 0)) ?? 0,
      createDatabase: async (name) => {
        const unique = `${name.replaceAll(/[^a-z0-9]+/g, '_')}_${(created += 1)}`
        await admin.unsafe(`create database ${unique}`)
        const url = new URL(server.url)
        url.pathname = `/${unique}`
        return { name: unique, url: url.href, benchUrl: asBench(url.href) }
      },
      dropDatabase: async ({ name }) => {
        await admin.unsafe(`drop database if exists ${name} with (force)`)
      },
      close: async () => {
        await admin.end({ timeout: 1 })
        await server.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Writes the settings that PostgreSQL reads at its next start, and creates the user of the bench. */
async function configure(url: string): Promise<void> {
  const sql = connectTo(url, 1)
  await sql.unsafe(`alter system set shared_preload_libraries = 'pg_stat_statements'`)
  await sql.unsafe('alter system set track_commit_timestamp = on')
  // The bench opens many connections, and its own log-ins are not what it measures.
  await sql.unsafe('set scram_iterations = 1')
  await sql.unsafe(`create role ${benchUser} superuser login password '${new URL(url).password}'`)
  await sql.end()
}

function asBench(url: string): string {
  const copy = new URL(url)
  copy.username = benchUser
  return copy.href
}

/** Without the limits of the server's pools, whose statements end after 5 s: a bench writes millions of rows. */
export function connectTo(url: string, max: number): Sql {
  return postgres(url, { max, onnotice: () => undefined })
}
