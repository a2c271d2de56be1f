/**
 * Supervises one PostgreSQL server: starts it after the remains of an earlier server are gone, and restarts it on the
 * same port whenever it ends unexpectedly, until it is stopped. Does not create the cluster.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../../ports/log.ts'
import type { Account } from './os-user.ts'
import { removeStalePidFile } from './cluster.ts'
import { type PostgresProcess, PostgresDidNotStart, startPostgres } from './process.ts'
import { isAlive, type ProcessId, signal as send } from './other-processes.ts'

/** A server to start: program, cluster, port and user. */
export interface Server {
  readonly command: string
  readonly data: string
  readonly port: number
  readonly account: Account | undefined
  readonly logFile: string
  readonly maxConnections: number
}

/** Another running PostgreSQL uses the cluster and does not end. */
export class ClusterInUse extends Error {
  override readonly name = 'ClusterInUse'
  readonly pid: number

  constructor(data: string, pid: number) {
    super(`PostgreSQL (pid ${pid}) is already using ${data}`)
    this.pid = pid
  }
}

/** A running supervisor. */
export interface Supervisor {
  /** Stops the supervisor and PostgreSQL, and waits for the end of PostgreSQL. */
  stop(): Promise<void>
}

// Time limit for the child processes and the shared memory of a killed server to disappear.
const lingeringMs = 15_000
// The server of a dead launcher ends within a second. A server that runs longer than this is not one of Orderbell's.
const foreignMs = 5_000
// Time for the server of a dead launcher to end by itself. After it SIGQUIT is sent, and after twice the time SIGKILL.
const graceMs = 2_000
const firstPauseMs = 50
const longestPauseMs = 5_000
const lastingMs = 30_000

/**
 * Starts the server and waits until it accepts connections. `leftover`: the PostgreSQL that this process, or a dead
 * owner before it, started last. If it still runs, it has lost its launcher and is ended. Throws ClusterInUse when
 * another PostgreSQL uses the cluster, and PostgresDidNotStart.
 */
export async function startServer(
  server: Server,
  leftover: ProcessId | undefined,
  onStart: (postgres: ProcessId) => Promise<void>,
  signal: AbortSignal,
): Promise<PostgresProcess> {
  const deadline = performance.now() + lingeringMs
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    try {
      await stopLeftover(server.data, leftover, signal)
      return await startOnce(server, onStart, signal)
    } catch (error) {
      const passes = error instanceof PostgresDidNotStart && error.failure === 'LINGERING'
      if (!passes || performance.now() > deadline) throw error
      await wait(pauseMs, undefined, { signal })
    }
  }
}

/** Watches a running server and restarts it on the same port. Pauses 50 ms to 5 s between restarts. */
export function supervise(options: {
  readonly server: Server
  readonly postgresProcess: PostgresProcess
  readonly onStart: (postgres: ProcessId) => Promise<void>
  /** False ends the supervision, because another process may use the cluster's folder. */
  readonly isOurs: () => Promise<boolean>
  readonly log: Log
}): Supervisor {
  const { server, onStart, isOurs, log } = options
  let postgresProcess = options.postgresProcess
  const stopping = new AbortController()
  const watching = watch()

  return {
    async stop() {
      stopping.abort()
      await Promise.all([postgresProcess.stop(), watching])
      // A restart may have been in progress when `stop` was called.
      await postgresProcess.stop()
    },
  }

  async function watch(): Promise<void> {
    let startedAt = performance.now()
    let pauseMs = firstPauseMs
    while (!stopping.signal.aborted) {
      const how = await postgresProcess.ended
      if (isStopping()) return
      log.error({ port: server.port, postgresPid: postgresProcess.id.pid, how }, 'postgres.died')
      // The pause grows while PostgreSQL ends repeatedly. It is reset after a run of more than 30 s.
      if (performance.now() - startedAt > lastingMs) pauseMs = firstPauseMs
      const restarted = await restart(pauseMs)
      if (!restarted) return
      pauseMs = Math.min(restarted.pauseMs * 2, longestPauseMs)
      startedAt = performance.now()
    }
  }

  async function restart(firstMs: number): Promise<{ readonly pauseMs: number } | undefined> {
    const diedAt = performance.now()
    for (let pauseMs = firstMs; !isStopping(); pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        await wait(pauseMs, undefined, { signal: stopping.signal })
        if (!(await isOurs())) {
          log.error({ data: server.data }, 'postgres.restart-abandoned')
          return undefined
        }
        postgresProcess = await startServer(server, postgresProcess.id, onStart, stopping.signal)
        const afterMs = Math.round(performance.now() - diedAt)
        log.warn({ port: server.port, postgresPid: postgresProcess.id.pid, afterMs }, 'postgres.restarted')
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

  // A function, because TypeScript narrows a flag that was checked once to `false`.
  function isStopping(): boolean {
    return stopping.signal.aborted
  }
}

async function startOnce(
  server: Server,
  onStart: (postgres: ProcessId) => Promise<void>,
  signal: AbortSignal,
): Promise<PostgresProcess> {
  const postgresProcess = await startPostgres({ ...server, args: settingsOf(server) })
  try {
    await onStart(postgresProcess.id)
    await postgresProcess.ready(signal)
    return postgresProcess
  } catch (error) {
    await postgresProcess.stop(0)
    throw error
  }
}

async function stopLeftover(
  data: string,
  leftover: ProcessId | undefined,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = performance.now()
  for (;;) {
    const obstacle = await removeStalePidFile(data)
    if (obstacle.kind === 'NONE') return
    const { pid } = obstacle
    const isOurs = leftover !== undefined && leftover.pid === pid && (await isAlive(leftover))
    const passedMs = performance.now() - startedAt
    if (isOurs && passedMs > graceMs) send(pid, passedMs > 2 * graceMs ? 'SIGKILL' : 'SIGQUIT')
    if (passedMs > (isOurs ? lingeringMs : foreignMs)) throw new ClusterInUse(data, pid)
    await wait(50, undefined, { signal })
  }
}

function settingsOf({ data, port, maxConnections }: Server): readonly string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // No Unix sockets: their folder would need a short path and write access for the unprivileged user.
    unix_socket_directories: '',
    max_connections: String(maxConnections),
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // There are no replicas. Durability has its defaults (fsync, synchronous_commit).
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Most statements are short, and compiling them costs more time than it saves.
    jit: 'off',
    log_checkpoints: 'off',
    // Clients receive their errors. In the log file, errors would reveal statements and values, including secrets.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
  }
  return ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}
