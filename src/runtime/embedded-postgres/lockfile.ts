/**
 * The lock file of a data folder: names the process that owns the embedded PostgreSQL, its port and its PostgreSQL. The
 * file is created and taken over atomically. It exists for clear error messages and for commands that use a running
 * server. PostgreSQL's own interlock (postmaster.pid and shared memory) prevents two servers on one cluster.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { isAlive, myself, type ProcessId } from './other-processes.ts'
import { errorCode } from '../../domain/shared/error-code.ts'

/**
 * `server`: long-running, and commands may use its database. `command`: short-lived, and other processes wait for its
 * end.
 */
export type Purpose = 'server' | 'command'

/** The content of the lock file. */
export interface Owner extends ProcessId {
  readonly purpose: Purpose
  /** Absent until the database accepts queries. */
  readonly port?: number
  /** The PostgreSQL that was started last, by this owner or by the dead owner before it. */
  readonly postgres?: ProcessId
}

/** The lock, held by this process. */
export interface Ownership {
  /** The current content of the lock file. */
  readonly owner: Owner
  /** False when the lock file was removed or replaced, for example because the data folder was emptied. */
  isMine(): Promise<boolean>
  /** Writes the facts to the lock file. Throws when the lock is lost. */
  update(facts: { readonly port?: number; readonly postgres?: ProcessId }): Promise<void>
  release(): Promise<void>
}

/** The result of a claim: the lock, or its present owner. */
export type Claim =
  { readonly kind: 'CLAIMED'; readonly ownership: Ownership } | { readonly kind: 'HELD'; readonly by: Owner }

/** Returns the owner if its process is running. The file of a dead process counts as no owner. */
export async function livingOwner(file: string): Promise<Owner | undefined> {
  const owner = parsed(await textOf(file))
  return owner && (await isAlive(owner)) ? owner : undefined
}

/** Takes the lock if it is free or its owner is dead. Does not wait. */
export async function claimOwnership(file: string, purpose: Purpose): Promise<Claim> {
  const me = await myself()
  for (;;) {
    const text = await textOf(file)
    const before = parsed(text)
    if (before && (await isAlive(before))) return { kind: 'HELD', by: before }
    if (text !== undefined && !(await removeExactly(file, text))) continue
    // The dead owner's PostgreSQL may still run and may have to be ended, so it stays in the file until it is replaced.
    const owner: Owner = { ...me, purpose, ...(before?.postgres && { postgres: before.postgres }) }
    if (await createExclusively(file, textFor(owner))) {
      return { kind: 'CLAIMED', ownership: makeOwnership(file, owner) }
    }
  }
}

function makeOwnership(file: string, claimed: Owner): Ownership {
  let owner = claimed
  const isMine = async (): Promise<boolean> => (await textOf(file)) === textFor(owner)
  return {
    get owner() {
      return owner
    },
    isMine,
    async update(facts) {
      if (!(await isMine())) throw new Error(`${file} was removed or replaced while its owner runs`)
      owner = { ...owner, ...facts }
      const next = besides(file)
      await writeFile(next, textFor(owner), { mode: 0o644 })
      await rename(next, file)
    },
    async release() {
      await removeExactly(file, textFor(owner))
    },
  }
}

/** Creates the file atomically. Returns false when it exists. */
async function createExclusively(file: string, text: string): Promise<boolean> {
  const next = besides(file)
  await writeFile(next, text, { mode: 0o644 })
  try {
    await link(next, file)
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    await rm(next, { force: true })
  }
}

/** Removes the file only if its content is still `text`. Returns false when another process was faster. */
async function removeExactly(file: string, text: string): Promise<boolean> {
  const aside = besides(file)
  // The rename is atomic: if several processes saw the same dead owner, only one of them gets the file.
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  )
  if (!moved) return false
  const same = (await textOf(aside)) === text
  if (!same) await link(aside, file).catch(() => undefined)
  await rm(aside, { force: true })
  return same
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** The content of the lock file as it is stored. `born` is the start time of the process. */
interface StoredId {
  readonly pid: number
  readonly born: string
}
type StoredOwner = StoredId & Pick<Owner, 'purpose' | 'port'> & { readonly postgres?: StoredId }

function textFor({ pid, startTime, postgres, ...rest }: Owner): string {
  const stored: StoredOwner = {
    pid,
    born: startTime,
    ...rest,
    ...(postgres && { postgres: { pid: postgres.pid, born: postgres.startTime } }),
  }
  return JSON.stringify(stored)
}

/** Parses the lock file. An incomplete file (after a power failure) counts as no owner. */
function parsed(text: string | undefined): Owner | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<StoredOwner> | null
    if (typeof value?.pid !== 'number' || typeof value.born !== 'string') return undefined
    const { pid, born, postgres, purpose = 'server', ...rest } = value
    return {
      pid,
      startTime: born,
      purpose,
      ...rest,
      ...(postgres && { postgres: { pid: postgres.pid, startTime: postgres.born } }),
    }
  } catch {
    return undefined
  }
}

function besides(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}`
}
