/**
 * Chooses the folder of the cluster and the operating system user of PostgreSQL. Normally the cluster is below the data
 * folder and runs as the current user. Root uses an unprivileged user, and another folder if that user cannot reach the
 * data folder. The file moved.json in the data folder then stores that location.
 */
import { createHash } from 'node:crypto'
import {
  access,
  chmod,
  chown,
  constants,
  mkdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Log } from '../../ports/log.ts'
import { type Account, canEnter, nobody, runAs, runsAsRoot } from './os-user.ts'
import { lookAt, isPostgresOf } from './other-processes.ts'
import { errorCode } from '../../domain/shared/error-code.ts'

/** The folders of an installation. */
export interface Folders {
  /** DATA_DIR, absolute. */
  readonly dataDir: string
  /** The folder below DATA_DIR with the files owner, password, port and log. */
  readonly own: string
}

/** Location and user of the cluster. */
export interface Place {
  /** The user that runs PostgreSQL. Undefined means the current user. */
  readonly account: Account | undefined
  /** The folder that contains the cluster's folder `data` and its unfinished predecessors. */
  readonly home: string
}

/** The folders for a DATA_DIR. */
export function foldersOf(dataDir: string): Folders {
  const absolute = resolve(dataDir)
  return { dataDir: absolute, own: join(absolute, 'postgres') }
}

/** Creates the folders. Throws a one-line error when the data folder cannot be written. */
export async function makeFolders({ dataDir, own }: Folders): Promise<void> {
  try {
    // The unprivileged user must be able to enter root's folders, whatever root's umask is. It cannot list them.
    const mode = runsAsRoot() ? 0o711 : 0o700
    for (const folder of [dataDir, own]) if (await makeFolder(folder)) await chmod(folder, mode)
    await access(own, constants.W_OK)
  } catch (cause) {
    throw new Error(`DATA_DIR ${dataDir} can't be written: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Creates a folder and its missing parents. Returns false when the folder existed. Does not use the `recursive` option
 * of `mkdir`, which loops endlessly where the system reports ENOENT although the parent exists, as below `/proc`.
 */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return false
    if (code === 'EEXIST') throw new Error(`${folder} is a file, not a folder`, { cause: error })
    if (code !== 'ENOENT' || !(await makeFolder(dirname(folder)))) throw error
    await mkdir(folder)
    return true
  }
}

/**
 * Chooses location and user. `rootPlace`: the folder for clusters that root's unprivileged user cannot reach otherwise.
 */
export async function choosePlace(folders: Folders, rootPlace: string, log: Log): Promise<Place> {
  const noted = await readNote(folders)
  const home = noted ?? folders.own
  const made = await stat(join(home, 'data')).catch(nothingIfMissing(home))
  if (!runsAsRoot()) {
    if (made && made.uid !== process.getuid?.()) throw foreignCluster(home, made.uid)
    return { account: undefined, home }
  }
  if (made) return { home, account: await ownerOfCluster(home, made) }

  const account = await nobody()
  if (noted === undefined && (await canEnter(account, folders.own))) return { account, home }
  return { account, home: await makePlaceElsewhere(folders, rootPlace, account, log) }
}

/**
 * Returns the user that owns the cluster. The owner is kept, so that this user can also start the cluster without root.
 */
async function ownerOfCluster(home: string, made: { uid: number; gid: number }): Promise<Account> {
  const data = join(home, 'data')
  const account = made.uid === 0 ? await nobody() : { uid: made.uid, gid: made.gid }
  // Root owns the cluster after copying or restoring it.
  if (made.uid === 0) await give(data, account)
  if (await canEnter(account, data)) return account
  throw new Error(
    `PostgreSQL runs as user ${account.uid} here, who can't reach ${data}: give that user the right to enter ` +
      `every folder above it (chmod o+x), or move DATA_DIR, or set DATABASE_URL.`,
  )
}

async function makePlaceElsewhere(folders: Folders, rootPlace: string, account: Account, log: Log) {
  const name = createHash('sha256')
    .update(await realpath(folders.dataDir))
    .digest('hex')
    .slice(0, 16)
  const home = join(rootPlace, name)
  await setAside(home, log)
  await mkdir(home, { recursive: true })
  await chmod(dirname(home), 0o755)
  await chmod(home, 0o700)
  await give(home, account)
  if (!(await canEnter(account, home))) {
    throw new Error(
      `PostgreSQL can't run as root, and user ${account.uid} can reach neither ${folders.dataDir} nor ${home}: ` +
        `put DATA_DIR where every user may enter (chmod o+x), or start as an ordinary user, or set DATABASE_URL.`,
    )
  }
  await writeNote(folders, home)
  log.warn({ dataDir: folders.dataDir, home, uid: account.uid }, 'postgres.data-dir-relocated')
  return home
}

/**
 * Renames a cluster whose data folder no longer refers to it, because the data folder was emptied or replaced. A new
 * cluster is created then. Only the last renamed cluster is kept.
 */
async function setAside(home: string, log: Log): Promise<void> {
  const data = join(home, 'data')
  const pid = await readPid(data)
  if (pid !== undefined && (await lookAt(pid)).state === 'ALIVE' && (await isPostgresOf(pid, data))) {
    throw new Error(
      `A PostgreSQL (pid ${pid}) still works in ${data}, whose DATA_DIR was removed: stop it first.`,
    )
  }
  const exists = await stat(home).then(
    () => true,
    () => false,
  )
  if (!exists) return
  await rm(`${home}.before`, { recursive: true, force: true })
  await rename(home, `${home}.before`)
  log.warn({ home, movedTo: `${home}.before` }, 'postgres.data-dir-quarantined')
}

/** Reads the pid in a cluster's postmaster.pid. Undefined when there is none. */
export async function readPid(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 0 ? pid : undefined
}

/** Makes `account` the owner of a file, or of a folder with its contents. Throws when that is not possible. */
export async function give(path: string, { uid, gid }: Account): Promise<void> {
  try {
    await chown(path, uid, gid)
  } catch (cause) {
    throw new Error(
      `PostgreSQL can't run as root, and ${path} can't be given to user ${uid} (${messageOf(cause)}): ` +
        `start as an ordinary user, or put DATA_DIR on a local file system, or set DATABASE_URL.`,
      { cause },
    )
  }
  const run = await runAs(undefined, 'chown', ['-R', `${uid}:${gid}`, path])
  if (!run.ok) throw new Error(`${path} can't be given to user ${uid}: ${run.why}`)
}

function noteFile(folders: Folders): string {
  return join(folders.own, 'moved.json')
}

async function readNote(folders: Folders): Promise<string | undefined> {
  const text = await readFile(noteFile(folders), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as { readonly home: string }).home
}

async function writeNote(folders: Folders, home: string): Promise<void> {
  const why = "PostgreSQL can't run as root, and its unprivileged user can't reach this folder."
  await writeFile(`${noteFile(folders)}.next`, `${JSON.stringify({ home, why }, null, 2)}\n`)
  await rename(`${noteFile(folders)}.next`, noteFile(folders))
}

function nothingIfMissing(home: string) {
  return (error: unknown): undefined => {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new Error(
      `The database in ${home} can't be reached (was it made by another user?): ${messageOf(error)}`,
    )
  }
}

function foreignCluster(home: string, uid: number): Error {
  return new Error(
    `The database in ${home} belongs to user ${uid}, this process runs as ${process.getuid?.() ?? '?'}: ` +
      `start it as that user or as root, or choose another DATA_DIR.`,
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
