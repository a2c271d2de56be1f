/**
 * Who owns a data folder's embedded PostgreSQL: one small file, made and taken over atomically, that
 * names a process and what it runs. It serves clear messages and joining; that never two servers work
 * on one cluster is PostgreSQL's own interlock (postmaster.pid and shared memory), should two ever race here.
 */
import { randomBytes } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { isAlive, myself, type ProcessId } from './other-processes.ts'

/** `server` stays and may be joined; `command` is a short run that others wait for. */
export type Purpose = 'server' | 'command'

export interface Owner extends ProcessId {
  readonly purpose: Purpose
  /** Absent until the database answers for the first time. */
  readonly port?: number
  /** The PostgreSQL that was started last, by this owner or by the dead one it took over from. */
  readonly postgres?: ProcessId
}

export interface Ownership {
  /** What is known now. */
  readonly owner: Owner
  /** False when the data folder was emptied under us, and maybe taken by another. */
  isMine(): Promise<boolean>
  update(facts: { readonly port?: number; readonly postgres?: ProcessId }): Promise<void>
  release(): Promise<void>
}

export type Claim =
  { readonly kind: 'CLAIMED'; readonly ownership: Ownership } | { readonly kind: 'HELD'; readonly by: Owner }

/** The living owner; a file left behind by a dead one counts as none. */
export async function livingOwner(file: string): Promise<Owner | undefined> {
  const owner = parsed(await textOf(file))
  return owner && (await isAlive(owner)) ? owner : undefined
}

export async function claimOwnership(file: string, purpose: Purpose): Promise<Claim> {
  const me = await myself()
  for (;;) {
    const text = await textOf(file)
    const before = parsed(text)
    if (before && (await isAlive(before))) return { kind: 'HELD', by: before }
    if (text !== undefined && !(await removeExactly(file, text))) continue
    // The dead owner's PostgreSQL stays on record until ours replaces it: it may still have to be ended.
    const owner: Owner = { ...me, purpose, ...(before?.postgres && { postgres: before.postgres }) }
    if (await createExclusively(file, JSON.stringify(owner))) {
      return { kind: 'CLAIMED', ownership: makeOwnership(file, owner) }
    }
  }
}

function makeOwnership(file: string, claimed: Owner): Ownership {
  let owner = claimed
  const isMine = async (): Promise<boolean> => (await textOf(file)) === JSON.stringify(owner)
  return {
    get owner() {
      return owner
    },
    isMine,
    async update(facts) {
      if (!(await isMine())) throw new Error(`${file} was removed or replaced while its owner runs`)
      owner = { ...owner, ...facts }
      const next = besides(file)
      await writeFile(next, JSON.stringify(owner), { mode: 0o644 })
      await rename(next, file)
    },
    async release() {
      await removeExactly(file, JSON.stringify(owner))
    },
  }
}

/** False when the file is there already. It appears whole or not at all. */
async function createExclusively(file: string, text: string): Promise<boolean> {
  const next = besides(file)
  await writeFile(next, text, { mode: 0o644 })
  try {
    await link(next, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(next, { force: true })
  }
}

/** Removes the file only if it still says `text`; false when another process was faster. */
async function removeExactly(file: string, text: string): Promise<boolean> {
  const aside = besides(file)
  // Moving it aside is the atomic step: of several that saw the same dead owner only one gets the file.
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
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Anything that is no complete record (a machine that lost power) counts as nobody's. */
function parsed(text: string | undefined): Owner | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as Partial<Owner> | null
    return value && typeof value.pid === 'number' && typeof value.born === 'string'
      ? { ...value, pid: value.pid, born: value.born, purpose: value.purpose ?? 'server' }
      : undefined
  } catch {
    return undefined
  }
}

function besides(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}`
}
