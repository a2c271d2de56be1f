/**
 * Looks at other processes of this machine: whether a process runs, whether it is still the same process, and whether
 * it is the PostgreSQL of a given cluster. Reads /proc if it exists, and runs `ps` otherwise.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, readlink, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { errorCode } from '../../domain/shared/error-code.ts'

/** Identifies a process. The operating system reuses pids, so the start time is needed too. */
export interface ProcessId {
  readonly pid: number
  /** The start time in an opaque format, comparable only on the same machine. Empty when it cannot be read. */
  readonly startTime: string
}

/** The state of a process. */
export type ProcessLook =
  | { readonly state: 'GONE' }
  /** The process has ended, but its parent has not read its exit code. `kill(pid, 0)` still succeeds. */
  | { readonly state: 'ZOMBIE' }
  | { readonly state: 'ALIVE'; readonly startTime: string }

const run = promisify(execFile)
const hasProc = existsSync('/proc/self/stat')

/** Returns the state of a process. */
export async function lookAt(pid: number): Promise<ProcessLook> {
  const seen = hasProc ? await lookInProc(pid) : await lookWithPs(pid)
  if (seen) return seen
  // /proc may be mounted with hidepid, which hides processes of other users. A signal can still detect them.
  return maySignal(pid) ? { state: 'ALIVE', startTime: '' } : { state: 'GONE' }
}

/** The identity of this process, as other processes see it. */
export async function myself(): Promise<ProcessId> {
  const seen = await lookAt(process.pid)
  return { pid: process.pid, startTime: seen.state === 'ALIVE' ? seen.startTime : '' }
}

/** Whether the identified process still runs. If a start time is unknown, only the pid is compared. */
export async function isAlive(id: ProcessId): Promise<boolean> {
  const seen = await lookAt(id.pid)
  if (seen.state !== 'ALIVE') return false
  return seen.startTime === '' || id.startTime === '' || seen.startTime === id.startTime
}

/** Whether the running process `pid` is a PostgreSQL server of `dataFolder`. Returns true in case of doubt. */
export async function isPostgresOf(pid: number, dataFolder: string): Promise<boolean> {
  if (!hasProc) return /postgres/.test(await commandOf(pid))
  try {
    // The working directory of every PostgreSQL process is its data folder.
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(dataFolder))
  } catch {
    return nameInProc(pid)
  }
}

/** Sends a signal. Returns false when the process does not exist or may not be signalled. */
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
  // The name in parentheses may contain blanks and parentheses, so fields are counted after the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields[0] ?? ''
  if (state === 'Z' || state === 'X') return { state: 'ZOMBIE' }
  // Field 22 (starttime) of proc(5), in clock ticks since boot.
  return { state: 'ALIVE', startTime: fields[19] ?? '' }
}

async function lookWithPs(pid: number): Promise<ProcessLook | undefined> {
  const answer = await ps(pid, 'stat=,lstart=')
  const [state, ...startTime] = answer.split(/\s+/)
  if (!state) return undefined
  return state.startsWith('Z') ? { state: 'ZOMBIE' } : { state: 'ALIVE', startTime: startTime.join(' ') }
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
    return errorCode(error) === 'EPERM'
  }
}
