/**
 * Keeps one PostgreSQL server alive on its port: starts it past the remains of an earlier one, and again
 * whenever it ends by itself, until it is told to stop. Knows nothing of how the cluster came to be.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../ports/platform.ts'
import type { Account } from './os-user.ts'
import { clearWay } from './cluster.ts'
import { type Life, PostgresDidNotStart, startLife } from './process.ts'
import { isAlive, type ProcessId, signal as send } from './other-processes.ts'

export interface Server {
  readonly command: string
  readonly data: string
  readonly port: number
  readonly account: Account | undefined
  readonly logFile: string
}

/** Somebody else's living PostgreSQL works in the cluster. */
export class ClusterInUse extends Error {
  override readonly name = 'ClusterInUse'
  readonly pid: number

  constructor(data: string, pid: number) {
    super(`PostgreSQL (pid ${pid}) works in ${data} already`)
    this.pid = pid
  }
}

export interface Keeper {
  stop(): Promise<void>
}

// The children and the shared memory of a killed server may take their time to go.
const lingeringMs = 15_000
// A dead launcher's server has ended within a second: one that lives longer has another master.
const foreignMs = 5_000
// How long the server of a dead launcher may take to end by itself before it is ended.
const graceMs = 2_000
const firstPauseMs = 50
const longestPauseMs = 5_000
const lastingMs = 30_000

/**
 * Starts the server and waits until it accepts connections. `leftover`: the one that we, or a dead owner
 * before us, started last; if it still lives it has lost its launcher and is ended.
 */
export async function startServer(
  server: Server,
  leftover: ProcessId | undefined,
  onStart: (postgres: ProcessId) => Promise<void>,
  signal: AbortSignal,
): Promise<Life> {
  const deadline = performance.now() + lingeringMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      await makeWay(server.data, leftover, signal)
      return await startOnce(server, onStart, signal)
    } catch (error) {
      const passes = error instanceof PostgresDidNotStart && error.failure === 'LINGERING'
      if (!passes || performance.now() > deadline) throw error
      await wait(pauseMs, undefined, { signal })
    }
  }
}

/** Watches a running server and starts it again on the same port. */
export function keepAlive(options: {
  readonly server: Server
  readonly life: Life
  readonly onStart: (postgres: ProcessId) => Promise<void>
  /** False ends the watch: another process may be at work in the cluster's place. */
  readonly isOurs: () => Promise<boolean>
  readonly log: Log
}): Keeper {
  const { server, onStart, isOurs, log } = options
  let life = options.life
  const stopping = new AbortController()
  const keeping = keep()

  return {
    async stop() {
      stopping.abort()
      await Promise.all([life.stop(), keeping])
      // A start that was under way when we were told.
      await life.stop()
    },
  }

  async function keep(): Promise<void> {
    let startedAt = performance.now()
    let pauseMs = firstPauseMs
    while (!stopping.signal.aborted) {
      const how = await life.ended
      if (isStopping()) return
      log.error({ port: server.port, postgresPid: life.postgres.pid, how }, 'postgres.died')
      // One that dies again and again must not keep us busy with nothing else.
      if (performance.now() - startedAt > lastingMs) pauseMs = firstPauseMs
      const revived = await revive(pauseMs)
      if (!revived) return
      pauseMs = Math.min(revived.pauseMs * 2, longestPauseMs)
      startedAt = performance.now()
    }
  }

  async function revive(firstMs: number): Promise<{ readonly pauseMs: number } | undefined> {
    const diedAt = performance.now()
    for (let pauseMs = firstMs; !isStopping(); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await wait(pauseMs, undefined, { signal: stopping.signal })
        if (!(await isOurs())) {
          log.error({ data: server.data }, 'postgres.restart-abandoned')
          return undefined
        }
        life = await startServer(server, life.postgres, onStart, stopping.signal)
        const afterMs = Math.round(performance.now() - diedAt)
        log.warn({ port: server.port, postgresPid: life.postgres.pid, afterMs }, 'postgres.restarted')
        return { pauseMs }
      } catch (error) {
        if (isStopping()) return undefined
        const why = error instanceof Error ? error.message : String(error)
        log.error(
          { port: server.port, why, againInMs: Math.min(pauseMs * 2, longestPauseMs) },
          'postgres.restart-failed',
        )
      }
    }
    return undefined
  }

  // A function, because the compiler takes a flag that it saw false for false ever after.
  function isStopping(): boolean {
    return stopping.signal.aborted
  }
}

async function startOnce(
  server: Server,
  onStart: (postgres: ProcessId) => Promise<void>,
  signal: AbortSignal,
): Promise<Life> {
  const life = await startLife({ ...server, args: settingsOf(server) })
  try {
    await onStart(life.postgres)
    await life.ready(signal)
    return life
  } catch (error) {
    await life.stop(0)
    throw error
  }
}

async function makeWay(data: string, leftover: ProcessId | undefined, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const obstacle = await clearWay(data)
    if (obstacle.kind === 'NONE') return
    const { pid } = obstacle
    const isOurs = leftover !== undefined && leftover.pid === pid && (await isAlive(leftover))
    const passedMs = performance.now() - startedAt
    if (isOurs && passedMs > graceMs) send(pid, passedMs > 2 * graceMs ? 'SIGKILL' : 'SIGQUIT')
    if (passedMs > (isOurs ? lingeringMs : foreignMs)) throw new ClusterInUse(data, pid)
    await wait(50, undefined, { signal })
  }
}

function settingsOf({ data, port }: Server): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // No socket files: their folder would have to be writable for the unprivileged user, and short.
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Nobody replicates from it; commits stay as durable as they are by default (fsync, synchronous_commit).
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Many short statements: compiling them costs more than it saves.
    jit: 'off',
    log_checkpoints: 'off',
    // Errors go to whoever asked; in a file they would only show values and statements, secrets among them.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
  }
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
