/**
 * Detects connections to PostgreSQL that have become silent: after a failover, a lost NAT entry or a frozen server they
 * stay open, and no response arrives. A connection with an unanswered request that receives nothing for `silentMs` is
 * destroyed with an error. Its requests fail, and the pool connects again. The idle connections of all pools to that
 * server are closed too, because otherwise each would be detected only by a request that fails.
 * For postgres.js the patched driver measures the time, because only the driver knows which responses a connection
 * waits for.
 */
import type { EventEmitter } from 'node:events'
import pg, { type Pool } from 'pg'

/** Longer than the time limit of statements (`statementMs`), so that a slow statement does not count as silence. */
export const silentMs = 7_000
/** The time limit of one statement of a pool. PostgreSQL cancels the statement then. */
export const statementMs = 5_000

/** The option `silence` of the patched driver. */
export interface Silence {
  readonly ms: number
  /** For each open connection, a function that closes it if it is idle. */
  readonly connections: Set<() => void>
  /** Called when a connection was silent for `ms` and is destroyed. */
  readonly found: (error: Error) => void
}

interface Server {
  readonly connections: Set<() => void>
  readonly listeners: Set<(error: Error) => void>
}

/** By URL, so that all pools of the process that connect to one server share what was detected. */
const servers = new Map<string, Server>()

function serverOf(url: string): Server {
  const known = servers.get(url) ?? { connections: new Set(), listeners: new Set() }
  servers.set(url, known)
  return known
}

export function silenceOf(url: string, ms: number): Silence {
  const { connections, listeners } = serverOf(url)
  return {
    ms,
    connections,
    found: (error) => {
      for (const close of [...connections]) close()
      for (const listener of listeners) listener(error)
    },
  }
}

/** Calls the listener for each connection that has become silent. Returns a function that removes the listener. */
export function onSilence(url: string, listener: (error: Error) => void): () => void {
  const { listeners } = serverOf(url)
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

interface Stream extends EventEmitter {
  readonly bytesRead: number
  readonly bytesWritten: number
  destroy(error?: Error): void
}

/** A member of a connected client of pg that its types do not declare. */
interface Connected {
  readonly connection: EventEmitter & { readonly stream: Stream }
}

interface ParameterStatus {
  readonly parameterName: string
  readonly parameterValue: string
}

/**
 * Each is `on` while a connection accepts no writes. PostgreSQL reports both at the start of a session and at each
 * change.
 */
const readOnlyParameters = ['default_transaction_read_only', 'in_hot_standby']
/** How long a connection may stay read-only. The patched postgres.js does the same. */
const readOnlyMs = 1_000

const readOnlySince = new WeakMap<EventEmitter, number>()

/** A client for watched pools: records since when its connection accepts no writes. */
export class WatchedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    const { connection } = this as unknown as Connected
    connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) => {
      if (parameterValue === 'on' && readOnlyParameters.includes(parameterName))
        readOnlySince.set(connection, performance.now())
    })
  }
}

const lookEveryMs = 500

/**
 * Closes silent connections of a pool of pg. The option `Client` of the pool must be `WatchedClient`. A client sends one
 * query at a time, so PostgreSQL has answered all written bytes when the client is ready for the next query. The silence
 * is measured in checks and not in time: a process that was suspended reads the received bytes before the next check.
 */
export function watchPool(pool: Pool, url: string): void {
  const silence = silenceOf(url, silentMs)
  pool.on('connect', (client) => {
    const { connection } = client as unknown as Connected
    const { stream } = connection
    let answered = stream.bytesWritten
    let read = stream.bytesRead
    let silentLooks = 0
    // Before the client's own listener, which writes the next query.
    connection.prependListener('readyForQuery', () => (answered = stream.bytesWritten))
    const close = (): void => {
      if (stream.bytesWritten === answered) stream.destroy()
    }
    const timer = setInterval(() => {
      const isSilent = stream.bytesWritten > answered && stream.bytesRead === read
      silentLooks = isSilent ? silentLooks + 1 : 0
      read = stream.bytesRead
      // Another connection may reach a server that accepts writes: the same server later, or a new one at its address.
      if (performance.now() - (readOnlySince.get(connection) ?? Infinity) > readOnlyMs) close()
      if (silentLooks * lookEveryMs < silentMs) return
      const error = new Error(`PostgreSQL did not answer for ${silentMs} ms`)
      stream.destroy(error)
      silence.found(error)
    }, lookEveryMs).unref()
    silence.connections.add(close)
    stream.once('close', () => {
      clearInterval(timer)
      silence.connections.delete(close)
    })
  })
}
