/**
 * Finds connections to PostgreSQL that have fallen silent: a failover, a NAT that forgot, or a frozen server leaves
 * them open, and no answer comes. A connection that is asked something and says nothing for `silentMs` is destroyed
 * with an error; what waits for it fails, and the pool connects again. Then the idle connections to the same server
 * are closed as well, those of all pools, because each of them would be found out by a request that fails.
 * For postgres.js the patched driver counts, because it alone knows what a connection still waits for.
 */
import type { EventEmitter } from 'node:events'
import pg, { type Pool } from 'pg'

/** Longer than any statement may take (`statementMs`), so that silence is not mistaken for a slow statement. */
export const silentMs = 7_000
/** How long one statement of a pool may take; PostgreSQL ends it then. */
export const statementMs = 5_000

/** What the patched driver is given as its option `silence`. */
export interface Silence {
  readonly ms: number
  /** Of each open connection, a function that closes it if it is idle. */
  readonly connections: Set<() => void>
  /** A connection was silent for `ms`, and is destroyed. */
  readonly found: (error: Error) => void
}

interface Server {
  readonly connections: Set<() => void>
  readonly listeners: Set<(error: Error) => void>
}

/** By URL: all pools of the process that connect to one server learn from one another. */
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

/** Calls back for each connection that has fallen silent; returns what ends that. */
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

/** What a connected client of pg holds, which its types do not show. */
interface Connected {
  readonly connection: EventEmitter & { readonly stream: Stream }
}

interface ParameterStatus {
  readonly parameterName: string
  readonly parameterValue: string
}

/** Each is `on` where a connection takes no writes. PostgreSQL reports both at the start, and each change. */
const readOnlyParameters = ['default_transaction_read_only', 'in_hot_standby']
/** For postgres.js the patched driver does the same. */
const readOnlyMs = 1_000

const readOnlySince = new WeakMap<EventEmitter, number>()

/** For the pools that are watched: a client whose connection is noted from when on it takes no writes. */
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
 * The same for a pool of pg, whose option `Client` is `WatchedClient`. A client asks one thing at a time, so everything that was written is answered when it is
 * ready for the next query. Looks are counted rather than time: a process that was paused reads first.
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
      // The server, or whatever is at its address by now, may take writes over another connection.
      if (performance.now() - (readOnlySince.get(connection) ?? Infinity) > readOnlyMs) close()
      if (silentLooks * lookEveryMs < silentMs) return
      const error = new Error(`PostgreSQL was asked and said nothing for ${silentMs} ms`)
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
