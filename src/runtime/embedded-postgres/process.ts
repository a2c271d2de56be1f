/**
 * One life of a PostgreSQL server, tied to ours by a pipe through /bin/sh: started, ready, stopped, ended.
 * Whether it should live again is `postgres-keeper.ts`.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { open, readFile, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { type Account, cleanEnvironment } from './os-user.ts'
import { lookAt, type ProcessId } from './other-processes.ts'

export interface Life {
  readonly postgres: ProcessId
  /** How it ended, in words for a log line; never rejects. */
  readonly ended: Promise<string>
  /** Until it accepts connections, crash recovery included, however long that takes. */
  ready(signal: AbortSignal): Promise<void>
  /** Orderly (fast shutdown), by force after `patienceMs`. Resolves when it is gone; also when it was already. */
  stop(patienceMs?: number): Promise<void>
}

export type Failure =
  /** The remains of an earlier server (pid file, child processes, shared memory): passes by itself. */
  'LINGERING' | 'PORT_TAKEN' | 'OTHER'

export class PostgresDidNotStart extends Error {
  override readonly name = 'PostgresDidNotStart'
  readonly failure: Failure

  constructor(why: string) {
    super(`PostgreSQL did not start: ${why}`)
    this.failure = failureIn(why)
  }
}

// A shutdown writes what is still dirty; on a slow disk that takes its time. By force nothing is lost either:
// the next start replays the log.
const orderlyPatienceMs = 20_000

/**
 * $@ is PostgreSQL's command line, fd 3 our pipe. Told "stop" the watcher asks for an orderly end (SIGINT).
 * When the pipe closes we are dead: SIGQUIT, over and over, because a PostgreSQL just starting still ignores it
 * (POSIX: what a script runs in the background ignores INT and QUIT until it sets its own handlers), and SIGKILL
 * in time to be gone within a second. Should the main shell be killed, its watcher still does its work.
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

export async function startLife(options: {
  readonly command: string
  readonly args: readonly string[]
  readonly data: string
  readonly account: Account | undefined
  readonly logFile: string
}): Promise<Life> {
  const { command, args, data, account, logFile } = options
  const log = await openLog(logFile, account)
  const logStart = (await log.stat()).size
  const child = spawn('/bin/sh', ['-c', script, 'sh', command, ...args], {
    ...account,
    cwd: '/',
    env: cleanEnvironment,
    // Out of the terminal's reach: Ctrl+C must not stop the database before our own drain.
    detached: true,
    stdio: ['ignore', 'pipe', log.fd, 'pipe'],
  })
  const pipe = child.stdio[3] as Writable
  // Writing to a shell that just ended fails; `ended` tells the same.
  pipe.on('error', () => undefined)
  const ended = endOf(child)
  // If it was only the shell that was killed, its watcher now ends PostgreSQL.
  void ended.then(() => pipe.end())
  try {
    const pid = await Promise.race([firstNumber(child), ended.then(() => undefined)])
    const seen = pid === undefined ? undefined : await lookAt(pid)
    if (pid === undefined || seen?.state !== 'ALIVE') {
      throw new PostgresDidNotStart(await lastWords(logFile, logStart, await ended))
    }
    return makeLife({ pid, born: seen.born })
  } finally {
    await log.close()
  }

  function makeLife(postgres: ProcessId): Life {
    let isOver = false
    void ended.then(() => (isOver = true))
    return {
      postgres,
      ended,
      async ready(signal) {
        while (!(await saysReady(data, postgres.pid))) {
          if (isOver) throw new PostgresDidNotStart(await lastWords(logFile, logStart, await ended))
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
      // The shell passes PostgreSQL's signal on as 128 + its number.
      if (signal) resolve(`its shell was killed by ${signal}`)
      else
        resolve(code !== null && code > 128 ? `killed by signal ${code - 128}` : `exit code ${code ?? '?'}`)
    })
  })
}

/** PostgreSQL's pid; a number and a line end are written, and so read, at once. */
async function firstNumber(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => {
      resolve(Number(chunk.toString()))
    })
  })
}

/** Line 1 is the server's pid, line 8 its status, as `pg_ctl` reads them. */
async function saysReady(data: string, pid: number): Promise<boolean> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready'
}

async function openLog(file: string, account: Account | undefined): Promise<FileHandle> {
  // Appending: whoever truncates the file does not leave a hole before the next line.
  const log = await open(file, 'a', 0o600)
  if (account) await log.chown(account.uid, account.gid)
  return log
}

/** Why PostgreSQL gave up, in its own words, else `how` it ended. */
async function lastWords(logFile: string, from: number, how: string): Promise<string> {
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
