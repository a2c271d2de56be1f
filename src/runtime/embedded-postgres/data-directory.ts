/**
 * Where a data folder's cluster lies and who runs it. Ordinarily below the data folder and as ourselves;
 * for root as an unprivileged user, and elsewhere if that user can't reach the data folder. A note in the
 * data folder then tells where. What is in the cluster is `postgres-cluster.ts`.
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
import type { Log } from '../../ports/platform.ts'
import { type Account, canEnter, nobody, runAs, runsAsRoot } from './os-user.ts'
import { lookAt, isPostgresOf } from './other-processes.ts'

export interface Folders {
  /** DATA_DIR, absolute. */
  readonly dataDir: string
  /** Ours, below it: owner, password, port, log. */
  readonly own: string
}

export interface Place {
  readonly account: Account | undefined
  /** Holds the cluster's folder `data`, and whatever is on its way to become it. */
  readonly home: string
}

export function foldersOf(dataDir: string): Folders {
  const absolute = resolve(dataDir)
  return { dataDir: absolute, own: join(absolute, 'postgres') }
}

/** Throws one clear line when the data folder can't be written. */
export async function makeFolders({ dataDir, own }: Folders): Promise<void> {
  try {
    // What root makes must let the unprivileged user pass, whatever root's umask is; nothing can be listed.
    const mode = runsAsRoot() ? 0o711 : 0o700
    for (const folder of [dataDir, own]) if (await makeFolder(folder)) await chmod(folder, mode)
    await access(own, constants.W_OK)
  } catch (cause) {
    throw new Error(`DATA_DIR ${dataDir} can't be written: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Makes the folder and the missing ones above it. Returns false where it was there. Not `mkdir` with `recursive`: that
 * tries again without end where the system says of an existing parent that it does not exist, as below `/proc`.
 */
async function makeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return false
    if (code === 'EEXIST') throw new Error(`${folder} is a file, not a folder`, { cause: error })
    if (code !== 'ENOENT' || !(await makeFolder(dirname(folder)))) throw error
    await mkdir(folder)
    return true
  }
}

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

/** A cluster keeps the user that it was made by, so that he may come back without root. */
async function ownerOfCluster(home: string, made: { uid: number; gid: number }): Promise<Account> {
  const data = join(home, 'data')
  const account = made.uid === 0 ? await nobody() : { uid: made.uid, gid: made.gid }
  // Copied or restored by root.
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

/** Without a note this home's data folder was emptied or replaced: that means afresh. One such is kept. */
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

/** The pid that a cluster's postmaster.pid names; undefined when there is none. */
export async function readPid(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  const pid = Number.parseInt(text, 10)
  return pid > 0 ? pid : undefined
}

/** Makes `account` the owner of a file or of a folder and all below it. */
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
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
