/**
 * What is known about another process of this machine: does it live, is it still the same one, is it
 * the PostgreSQL of a given cluster? Reads /proc where there is one, asks `ps` elsewhere. Decides nothing.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, readlink, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'

/** A pid alone may have been given to another program since; with its birth it names one process. */
export interface ProcessId {
  readonly pid: number
  /** Opaque; comparable only on the same machine. Empty when it can not be seen. */
  readonly born: string
}

export type ProcessLook =
  | { readonly state: 'GONE' }
  /** Dead, but its parent has not asked for its exit code: `kill(pid, 0)` still calls it alive. */
  | { readonly state: 'ZOMBIE' }
  | { readonly state: 'ALIVE'; readonly born: string }

const run = promisify(execFile)
const hasProc = existsSync('/proc/self/stat')

export async function lookAt(pid: number): Promise<ProcessLook> {
  const seen = hasProc ? await lookInProc(pid) : await lookWithPs(pid)
  if (seen) return seen
  // /proc may be mounted so that it hides the processes of others (hidepid): only then a signal can still tell.
  return maySignal(pid) ? { state: 'ALIVE', born: '' } : { state: 'GONE' }
}

/** This very process, as others will look it up. */
export async function myself(): Promise<ProcessId> {
  const seen = await lookAt(process.pid)
  return { pid: process.pid, born: seen.state === 'ALIVE' ? seen.born : '' }
}

export async function isAlive(id: ProcessId): Promise<boolean> {
  const seen = await lookAt(id.pid)
  if (seen.state !== 'ALIVE') return false
  return seen.born === '' || id.born === '' || seen.born === id.born
}

/** Is the living process `pid` a PostgreSQL server that works in `dataFolder`? In doubt: yes. */
export async function isPostgresOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!hasProc) return /postgres/.test(await commandOf(pid))
  try {
    // Every PostgreSQL process works in its data folder, whatever its command line says.
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(dataFolder))
  } catch {
    return nameInProc(pid)
  }
}

/** False when there is nobody to signal, or when it is not ours to signal. */
export function signal(pid: number, name: 'SIGQUIT' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

async function lookInProc(pid: number): Promise<ProcessLook | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name in parentheses may itself hold blanks and parentheses: count the fields after the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0] ?? ''
  if (state === 'Z' || state === 'X') return { state: 'ZOMBIE' }
  // Field 22 of proc(5), in ticks since boot.
  return { state: 'ALIVE', born: fields[19] ?? '' }
}

async function lookWithPs(pid: number): Promise<ProcessLook | undefined> {
  const answer = await ps(pid, 'stat=,lstart=')
  const [state, ...born] = answer.split(/\s+/)
  if (!state) return undefined
  return state.startsWith('Z') ? { state: 'ZOMBIE' } : { state: 'ALIVE', born: born.join(' ') }
}

async function nameInProc(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => 'postgres')
  return name.trim() === 'postgres'
}

async function commandOf(pid: number): Promise<string> {
  const command = await ps(pid, 'command=')
  return basename(command.split(' ')[0] ?? '')
}

async function ps(pid: number, columns: string): Promise<string> {
  const answer = run('/bin/ps', ['-o', columns, '-p', String(pid)], { env: { LC_ALL: 'C' } })
  return answer.then(
    ({ stdout }) => stdout.trim(),
    () => '',
  )
}

function maySignal(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
