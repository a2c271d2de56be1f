/**
 * Closes connections of pools of pg that have become silent (`dead-connections.ts`) or accept no writes. A module of its
 * own, so that only processes with a queue load pg.
 */
import type { EventEmitter } from 'node:events'
import pg, { type Pool } from 'pg'
import { silenceOf, silentMs } from './dead-connections.ts'

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
