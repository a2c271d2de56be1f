/**
 * The database cluster on disk: creates it atomically with `initdb`, stores its password, and removes a stale pid file.
 * Does not start a server.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile, link } from 'node:fs/promises'
import { join } from 'node:path'
import { type Account, runAs } from './os-user.ts'
import type { Binaries } from './binaries.ts'
import { give, type Place, readPid } from './data-directory.ts'
import { isPostgresOf, lookAt } from './other-processes.ts'

/** The superuser of the cluster. */
export const user = 'orderbell'

/**
 * Returns the password of the cluster. It is created before the cluster and never changes, so that the two always
 * match.
 */
export async function ensurePassword(ownFolder: string): Promise<string> {
  const file = join(ownFolder, 'password')
  const next = `${file}.${randomBytes(6).toString('hex')}`
  await writeFile(next, randomBytes(24).toString('base64url'), { mode: 0o600 })
  // link() never replaces a file, so two processes that start at the same time both read the first one's password.
  await link(next, file).catch(() => undefined)
  await rm(next, { force: true })
  return readPassword(ownFolder)
}

/** Reads the password. Throws when this user cannot read it. */
export async function readPassword(ownFolder: string): Promise<string> {
  const file = join(ownFolder, 'password')
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Error(
      `The database's password in ${file} can't be read by this user (it is owned by the user that created it).`,
      {
        cause,
      },
    )
  }
}

/**
 * Returns the cluster's data folder and whether it was created by this call. Throws when the folder holds a cluster of
 * another major version or other files, or when its password is missing.
 */
export async function ensureCluster(
  place: Place,
  ownFolder: string,
  binaries: Binaries,
): Promise<{ readonly data: string; readonly isNew: boolean }> {
  const data = join(place.home, 'data')
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  if (version !== undefined) {
    requireMajor(data, version.trim(), binaries.major)
    await requirePassword(data, ownFolder)
    return { data, isNew: false }
  }
  if ((await readdir(data).catch(() => [])).length > 0) {
    throw new Error(
      `${data} is not empty and holds no PostgreSQL database: move it away, or choose another DATA_DIR.`,
    )
  }
  await makeCluster(place, data, await ensurePassword(ownFolder), binaries)
  return { data, isNew: true }
}

async function makeCluster(place: Place, data: string, password: string, binaries: Binaries): Promise<void> {
  await removeHalfMade(place.home)
  const tempDir = await mkdtemp(join(place.home, unfinishedPrefix))
  try {
    const passwordFile = join(tempDir, 'password')
    await writeFile(passwordFile, password, { mode: 0o600 })
    await mkdir(join(tempDir, 'data'), { mode: 0o700 })
    if (place.account) await give(tempDir, place.account)
    await initialise(join(tempDir, 'data'), passwordFile, place.account, binaries)
    // If the process dies before this line, a later start finds no cluster and begins again.
    await rename(join(tempDir, 'data'), data)
  } finally {
    await rm(tempDir, { recursive: true, force: true })
  }
}

async function initialise(
  data: string,
  passwordFile: string,
  account: Account | undefined,
  binaries: Binaries,
): Promise<void> {
  const run = await runAs(account, binaries.initdb, [
    `--pgdata=${data}`,
    `--username=${user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Collation by code point and case mapping by Unicode tables are the same on every machine. libc's are not used.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ])
  if (!run.ok) throw new Error(`initdb could not make the database in ${data}: ${run.why}`)
}

const unfinishedPrefix = 'half-made-'

async function removeHalfMade(home: string): Promise<void> {
  // The initdb of a killed process may continue to write until it notices that its folder was removed.
  const again = { maxRetries: 10, retryDelay: 100 }
  for (const name of await readdir(home)) {
    if (name.startsWith(unfinishedPrefix))
      await rm(join(home, name), { recursive: true, force: true, ...again })
  }
}

/** Whether a running server prevents a start. */
export type Obstacle =
  | { readonly kind: 'NONE' }
  /** A running PostgreSQL uses this cluster. */
  | { readonly kind: 'LIVING'; readonly pid: number }

/**
 * Checks for a running server and removes a stale pid file, whose process is a zombie or whose pid now belongs to
 * another program. PostgreSQL would take such a process for a running server. PostgreSQL itself removes a pid file
 * whose process has ended, and detects shared memory in use without the pid file.
 */
export async function removeStalePidFile(data: string): Promise<Obstacle> {
  const pid = await readPid(data)
  if (pid === undefined) return { kind: 'NONE' }
  const seen = await lookAt(pid)
  if (seen.state === 'ALIVE' && (await isPostgresOf(pid, data))) return { kind: 'LIVING', pid }
  if (seen.state !== 'GONE') await rm(join(data, 'postmaster.pid'), { force: true })
  return { kind: 'NONE' }
}

function requireMajor(data: string, found: string, wanted: number): void {
  if (found === String(wanted)) return
  throw new Error(
    `The database in ${data} was made by PostgreSQL ${found}, the installed package has ${wanted}: ` +
      `install the package of version ${found}, or dump and load with ${found}'s tools, or choose another DATA_DIR.`,
  )
}

async function requirePassword(data: string, ownFolder: string): Promise<void> {
  const there = await stat(join(ownFolder, 'password')).then(
    () => true,
    () => false,
  )
  if (there) return
  throw new Error(
    `${join(ownFolder, 'password')} is missing, without which the database in ${data} can't be opened.`,
  )
}
