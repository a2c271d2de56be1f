/**
 * Orderbell as its users run it: a separate process with a log and a pid. Its environment contains only the settings of
 * the test, so that no setting of the machine has an effect.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitFor } from '../../support/wait-for.ts'

export type Environment = Readonly<Record<string, string>>

export interface LogLine {
  readonly step: string
  readonly level: string
  readonly [field: string]: unknown
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  /** The pid of the spawned process: the server itself, or npm. */
  readonly pid: number
  /** The JSON lines of its log so far. */
  log(step?: string): readonly LogLine[]
  /** Its standard error so far. */
  stderr(): string
  /** Its standard output so far. */
  stdout(): string
  signal(name: NodeJS.Signals): void
  /** Resolves when the process and its children have closed their output. */
  readonly ended: Promise<Exit>
  isOver(): boolean
}

export interface Server extends Running {
  /** The GraphQL URL; empty when the process does not serve the API. */
  readonly url: string
}

export const checkout = fileURLToPath(new URL('../../..', import.meta.url))
/** The programs that `npm start` runs too, built by `test/support/build.ts`. */
const byNode = [process.execPath, '--enable-source-maps'] as const
export const serverByNode = [...byNode, 'dist/main.js'] as const
export const serverByNpm = ['npm', 'start'] as const
export const commandByNode = [...byNode, 'dist/cli/main.js'] as const
export const commandByNpm = ['npm', 'run', '--silent', 'orderbell', '--'] as const

const quietNpm = { npm_config_update_notifier: 'false', npm_config_fund: 'false' }
/** `npm start` builds first, and other tests may keep both cores busy. */
const startWithinMs = 150_000

const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) killGroup(child)
})

/** Kills the processes that a test left running. */
export async function endAll(): Promise<void> {
  const ending = [...children].map((child) => new Promise((resolve) => child.once('close', resolve)))
  for (const child of children) killGroup(child)
  await Promise.all(ending)
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // The process has ended.
  }
}

export function run(command: readonly string[], environment: Environment = {}): Running {
  const [program = '', ...args] = command
  const { PATH = '', HOME = '' } = process.env
  // A separate process group, so that the children of npm can be killed with it.
  const child = spawn(program, args, {
    cwd: checkout,
    env: { PATH, HOME, ...quietNpm, ...environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let stdout = ''
  let stderr = ''
  let over = false
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const lines: LogLine[] = []
  let unread = 0
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    const end = stderr.lastIndexOf('\n') + 1
    lines.push(...linesOf(stderr.slice(unread, end)))
    unread = Math.max(unread, end)
  })
  const ended = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      over = true
      children.delete(child)
      resolve({ code, signal, stdout, stderr })
    })
  })
  return {
    pid: child.pid ?? 0,
    log: (step) => lines.filter((line) => step === undefined || line.step === step),
    stderr: () => stderr,
    stdout: () => stdout,
    signal: (name) => void child.kill(name),
    ended,
    isOver: () => over,
  }
}

/** Starts a server and resolves once it logs `app.started`. */
export async function startServer(
  environment: Environment,
  command: readonly string[] = serverByNode,
): Promise<Server> {
  const running = run(command, { PORT: '0', ...loopback, ...environment })
  await waitFor(() => running.isOver() || running.log('app.started').length > 0, {
    deadlineMs: startWithinMs,
    what: 'a server to start',
  }).catch((cause: unknown) => {
    throw new Error(`the server did not start in time; its log: ${running.stderr()}`, { cause })
  })
  const [started] = running.log('app.started')
  if (started === undefined) throw new Error(`the server did not start: ${running.stderr()}`)
  return { ...running, url: typeof started['url'] === 'string' ? started['url'] : '' }
}

/** Settings that allow requests to receivers on this machine. */
export const loopback: Environment = { SEND_ALLOWED_NETWORKS: '127.0.0.0/8', SEND_ALLOW_HTTP: 'true' }

/** A temporary folder that PostgreSQL's unprivileged user can enter when the tests run as root. */
export async function freshFolder(): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'orderbell-chaos-'))
  await chmod(path, 0o711)
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

function linesOf(text: string): LogLine[] {
  return text.split('\n').flatMap((line): LogLine[] => {
    if (!line.startsWith('{') || !line.endsWith('}')) return []
    return [JSON.parse(line) as LogLine]
  })
}
