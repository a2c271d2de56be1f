/**
 * Runs one PostgreSQL server process: starts it, waits until it is ready, stops it. A pipe through /bin/sh ties it to
 * this process, so that PostgreSQL ends when this process dies. Does not restart PostgreSQL.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { type Account, cleanEnvironment } from './os-user.ts'
import { lookAt, type ProcessId } from './other-processes.ts'

/** A PostgreSQL server process. */
export interface PostgresProcess {
  readonly id: ProcessId
  /** Resolves when PostgreSQL has ended, with a text for the log. Never rejects. */
  readonly ended: Promise<string>
  /**
   * Waits until PostgreSQL accepts connections, including crash recovery. No time limit. Throws PostgresDidNotStart.
   */
  ready(signal: AbortSignal): Promise<void>
  /** Requests a fast shutdown, and kills PostgreSQL after `patienceMs` (20 s). Resolves when the process has ended. */
  stop(patienceMs?: number): Promise<void>
}

/** Why PostgreSQL did not start. */
export type Failure =
  /** Remains of an earlier server (pid file, child processes, shared memory), which disappear after a while. */
  'LINGERING' | 'PORT_TAKEN' | 'OTHER'

/** PostgreSQL ended before it accepted connections. The message contains PostgreSQL's error. */
export class PostgresDidNotStart extends Error {
  override readonly name = 'PostgresDidNotStart'
  readonly failure: Failure

  constructor(why: string) {
    super(`PostgreSQL did not start: ${why}`)
    this.failure = failureIn(why)
  }
}

// A fast shutdown writes dirty pages, which takes long on a slow disk. A kill after this time loses no data, because
// the next start replays the write-ahead log.
const orderlyPatienceMs = 20_000

/**
 * $@ is PostgreSQL's command line, fd 3 the pipe from this process. On the word "stop" the watcher sends SIGINT, which
 * requests a fast shutdown. When the pipe closes, this process is dead or has given up waiting: the watcher sends
 * SIGQUIT repeatedly, because a starting PostgreSQL still ignores it (POSIX: background commands of a script ignore INT
 * and QUIT until they set their own handlers), and then SIGKILL, so that PostgreSQL ends within a second. The watcher
 * also works when the main shell is killed.
 */
const script = `
"$@" >&2 3<&- &
postgres=$!
trap '' HUP INT TERM
echo $postgres
exec >&-
{
  while read -r word <&3; do
    if [ "$word" = stop ]; then kill -s INT $postgres; fi
  done
  for signal in QUIT QUIT QUIT QUIT QUIT QUIT KILL; do
    kill -s $signal $postgres || exit 0
    sleep 0.1
  done
} 2>/dev/null &
watcher=$!
exec 3<&-
wait $postgres
code=$?
kill -s KILL $watcher 2>/dev/null
exit $code
`

/**
 * Starts PostgreSQL as `account`. Resolves when the process runs; it may not accept connections yet. Throws
 * PostgresDidNotStart when the process ends at once.
 */
export async function startPostgres(options: {
  readonly command: string
  readonly args: readonly string[]
  readonly data: string
  readonly account: Account | undefined
  readonly logFile: string
}): Promise<PostgresProcess> {
  const { command, args, data, account, logFile } = options
  const log = await openLog(logFile, account)
  const logStart = (await log.stat()).size
  const child = spawn('/bin/sh', ['-c', script, 'sh', command, ...args], {
    ...account,
    cwd: '/',
    env: cleanEnvironment,
    // Detached from the terminal: Ctrl+C must not stop the database before this process has finished its work.
    detached: true,
    stdio: ['ignore', 'pipe', log.fd, 'pipe'],
  })
  const pipe = child.stdio[3] as Writable
  // Writing to a shell that has just ended fails. `ended` reports that.
  pipe.on('error', () => undefined)
  const ended = endOf(child)
  // If only the shell was killed, closing the pipe makes its watcher end PostgreSQL.
  void ended.then(() => pipe.end())
  try {
    const pid = await Promise.race([firstNumber(child), ended.then(() => undefined)])
    const seen = pid === undefined ? undefined : await lookAt(pid)
    if (pid === undefined || seen?.state !== 'ALIVE') {
      throw new PostgresDidNotStart(await readStartupError(logFile, logStart, await ended))
    }
    return watchPostgres({ pid, startTime: seen.startTime })
  } finally {
    await log.close()
  }

  function watchPostgres(id: ProcessId): PostgresProcess {
    let isOver = false
    void ended.then(() => (isOver = true))
    return {
      id,
      ended,
      async ready(signal) {
        while (!(await isReady(data, id.pid))) {
          if (isOver) throw new PostgresDidNotStart(await readStartupError(logFile, logStart, await ended))
          await wait(15, undefined, { signal })
        }
      },
      async stop(patienceMs = orderlyPatienceMs) {
        pipe.write('stop\n')
        const timer = setTimeout(() => pipe.end(), patienceMs)
        await ended
        clearTimeout(timer)
      },
    }
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      resolve(error.message)
    })
    child.once('exit', (code, signal) => {
      // The shell reports the signal that ended PostgreSQL as 128 + its number.
      if (signal) resolve(`its shell was killed by ${signal}`)
      else
        resolve(code !== null && code > 128 ? `killed by signal ${code - 128}` : `exit code ${code ?? '?'}`)
    })
  })
}

/** Reads PostgreSQL's pid. The shell writes the number and the line end at once, so one chunk contains both. */
async function firstNumber(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => {
      resolve(Number(chunk.toString()))
    })
  })
}

/** Reads postmaster.pid as `pg_ctl` does: line 1 is the server's pid, line 8 its status. */
async function isReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

async function openLog(file: string, account: Account | undefined): Promise<FileHandle> {
  // Opened for appending, so that the file has no hole after it was truncated.
  const log = await open(file, 'a', 0o600)
  if (account) await log.chown(account.uid, account.gid)
  return log
}

/** Returns PostgreSQL's last error in the log and `how` it ended. Only `how` when the log has no new lines. */
async function readStartupError(logFile: string, from: number, how: string): Promise<string> {
  const { size } = await stat(logFile)
  const text = (await readFile(logFile)).subarray(size < from ? 0 : from).toString()
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const reason = lines.findLast((line) => /FATAL|PANIC/.test(line)) ?? lines.at(-1)
  return reason === undefined ? how : `${reason.replace(/^.*?(?=FATAL|PANIC)/, '')} (${how})`
}

function failureIn(why: string): Failure {
  if (/postmaster\.pid|pre-existing shared memory/.test(why)) return 'LINGERING'
  return /could not create any TCP\/IP sockets/.test(why) ? 'PORT_TAKEN' : 'OTHER'
}
