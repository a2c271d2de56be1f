/**
 * Runs PostgreSQL from the installed platform package, with its data below DATA_DIR, for the lifetime of this process.
 * This file orders the steps: claim the data folder, find the programs, create the cluster, start the server.
 */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import postgres from 'postgres'
import type { Log } from '../../ports/log.ts'
import { postgresJsOptions } from '../../postgres/options.ts'
import { findPackage, prepareBinaries } from './binaries.ts'
import { DataDirInUse } from './data-dir-in-use.ts'
import { ensureCluster, readPassword, user } from './cluster.ts'
import { ClusterInUse, supervise, type Server, startServer } from './supervisor.ts'
import { type PostgresProcess, PostgresDidNotStart } from './process.ts'
import { boundLog } from './log.ts'
import { claimOwnership, livingOwner, type Owner, type Ownership, type Purpose } from './lockfile.ts'
import { choosePlace, type Folders, foldersOf, makeFolders } from './data-directory.ts'
import { choosePort, rememberPort } from './port.ts'

/** A running embedded PostgreSQL. */
export interface EmbeddedPostgres {
  /** postgres://user:password@127.0.0.1:port/orderbell. Does not change when PostgreSQL is restarted after a crash. */
  readonly url: string
  /** Shuts PostgreSQL down and waits for its end. Does nothing for a server of another process. Idempotent. */
  stop(): Promise<void>
}

/** Options of the embedded PostgreSQL. */
export interface EmbeddedPostgresOptions {
  readonly dataDir: string
  readonly log: Log
  /**
   * A server refuses to start beside another server. A command uses a running server. Both wait for a running command.
   */
  readonly purpose: Purpose
  /** PostgreSQL's limit of connections, 200 by default. A server process uses at most 45. */
  readonly maxConnections?: number
  /** Folder for files that root's unprivileged user cannot reach elsewhere. Default /var/lib/orderbell. */
  readonly rootPlace?: string
  /** Folder of the platform package. Default: the installed package. */
  readonly packageFolder?: string
}

const database = 'orderbell'
// Time limit for waiting for a command that owns the data folder. A command normally takes one or two seconds.
const commandPatienceMs = 30_000
// Time limit for waiting until another server's database is ready. Its first start creates the cluster, and a start
// after a crash replays the write-ahead log.
const readyPatienceMs = 60_000
const lookAgainMs = 100
// Number of attempts. Another program may take the port between the check and PostgreSQL's start.
const portTries = 5

/**
 * Starts the data folder's PostgreSQL and restarts it on the same port after a crash. Creates the cluster if there is
 * none. Throws DataDirInUse when another running server (or a command that does not end) owns the data folder.
 * Every other error is one line that says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, purpose } = options
  const folders = foldersOf(dataDir)
  // First, so that no data folder is created when the package is missing.
  const packageFolder = options.packageFolder ?? findPackage()
  await makeFolders(folders)
  const ownership = await claim(folders, purpose, log)
  if ('joined' in ownership) return { url: ownership.joined, stop: async () => undefined }
  try {
    return await startOwned(folders, ownership, { ...options, packageFolder })
  } catch (error) {
    await ownership.release()
    if (error instanceof ClusterInUse) {
      throw new DataDirInUse(folders.dataDir, error.pid, 'a PostgreSQL that is not managed by Orderbell')
    }
    throw error
  }
}

/**
 * Returns the URL of the embedded database of a running server on this data folder, or undefined when there is none.
 * Waits up to 60 s for a server that is starting, then throws. Ignores a database that a command runs.
 */
export async function joinEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const folders = foldersOf(dataDir)
  const deadline = performance.now() + readyPatienceMs
  for (;;) {
    const owner = await livingOwner(ownerFile(folders))
    if (owner?.purpose !== 'server') return undefined
    if (owner.port !== undefined) return urlOf(owner.port, await readPassword(folders.own))
    if (performance.now() > deadline) {
      throw new Error(
        `The server (pid ${owner.pid}) on DATA_DIR ${folders.dataDir} has no database ready yet.`,
      )
    }
    await wait(lookAgainMs)
  }
}

async function claim(
  folders: Folders,
  purpose: Purpose,
  log: Log,
): Promise<Ownership | { readonly joined: string }> {
  const deadline = performance.now() + commandPatienceMs
  for (let isFirst = true; ; isFirst = false) {
    const answer = await claimOwnership(ownerFile(folders), purpose)
    if (answer.kind === 'CLAIMED') return answer.ownership
    const { by } = answer
    if (by.purpose === 'server' && purpose === 'command') {
      const joined = await joinEmbeddedPostgres(folders.dataDir)
      if (joined !== undefined) return { joined }
      continue
    }
    if (by.purpose === 'server' || performance.now() > deadline) throw inUse(folders, by)
    if (isFirst) log.info({ ownerPid: by.pid, patienceMs: commandPatienceMs }, 'postgres.lock-waited')
    await wait(lookAgainMs)
  }
}

async function startOwned(
  folders: Folders,
  ownership: Ownership,
  options: EmbeddedPostgresOptions & { readonly packageFolder: string },
): Promise<EmbeddedPostgres> {
  const { log, purpose, packageFolder, rootPlace = '/var/lib/orderbell', maxConnections = 200 } = options
  const startedAt = performance.now()
  const place = await choosePlace(folders, rootPlace, log)
  const binaries = await prepareBinaries({
    packageFolder,
    account: place.account,
    copyBelow: place.account ? rootPlace : folders.own,
  })
  const { data, isNew } = await ensureCluster(place, folders.own, binaries)
  const password = await readPassword(folders.own)

  const logFile = join(folders.own, 'postgres.log')
  const logBound = await boundLog(logFile)
  const common = { command: binaries.postgres, data, account: place.account, logFile, maxConnections }
  const { server, postgresProcess } = await startOnFreePort(common, folders, ownership)
  const supervisor = supervise({
    server,
    postgresProcess,
    onStart: (postgres) => ownership.update({ postgres }),
    isOurs: () => ownership.isMine(),
    log,
  })
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= stopAll())
  try {
    await ensureDatabase(server.port, password)
    await rememberPort(server.port, join(folders.own, 'port'))
    await ownership.update({ port: server.port })
  } catch (error) {
    await stop()
    throw error
  }
  const startMs = Math.round(performance.now() - startedAt)
  log.info(
    { port: server.port, postgresPid: postgresProcess.id.pid, purpose, isNew, data, startMs },
    'postgres.started',
  )
  return { url: urlOf(server.port, password), stop }

  async function stopAll(): Promise<void> {
    await supervisor.stop()
    logBound.stop()
    await ownership.release()
    log.info({ port: server.port }, 'postgres.stopped')
  }
}

async function startOnFreePort(
  common: Omit<Server, 'port'>,
  folders: Folders,
  ownership: Ownership,
): Promise<{ readonly server: Server; readonly postgresProcess: PostgresProcess }> {
  const leftover = ownership.owner.postgres
  const never = new AbortController().signal
  for (let tries = 1; ; tries++) {
    const server = { ...common, port: await choosePort(join(folders.own, 'port')) }
    try {
      const onStart = (postgres: NonNullable<Owner['postgres']>) => ownership.update({ postgres })
      return { server, postgresProcess: await startServer(server, leftover, onStart, never) }
    } catch (error) {
      const portTaken = error instanceof PostgresDidNotStart && error.failure === 'PORT_TAKEN'
      if (!portTaken || tries === portTries) throw error
    }
  }
}

/**
 * Creates the database if it does not exist. Also verifies that the password is valid and that PostgreSQL runs queries.
 */
async function ensureDatabase(port: number, password: string): Promise<void> {
  // No timeout, because CREATE DATABASE copies files, which takes long on a slow disk.
  const session = { name: 'orderbell-embedded', settings: { statement_timeout: '0' }, silentMs: null }
  const options = postgresJsOptions(urlOf(port, password, 'postgres'), session)
  const sql = postgres({ ...options, max: 1 })
  try {
    const [found] = await sql`select from pg_database where datname = ${database}`
    if (!found) await sql`create database ${sql(database)}`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

function urlOf(port: number, password: string, name = database): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${name}`
}

function ownerFile(folders: Folders): string {
  return join(folders.own, 'owner.json')
}

function inUse(folders: Folders, by: Owner): DataDirInUse {
  const what = by.purpose === 'server' ? 'another Orderbell server' : 'an Orderbell command'
  return new DataDirInUse(folders.dataDir, by.pid, what)
}
