/**
 * A pool of HTTP/1.1 connections. Each connection carries one request at a time and is reused while the receiver keeps
 * it open. Connections are never shared between projects or origins, and their number is limited.
 * Each connection is an undici Client, which holds one socket at a time.
 */
import { Client } from 'undici'
import type { Target, Trace } from './dial.ts'
import type { Socket } from 'node:net'
import { readResponses, type Received, type ResponseReader } from './response/tolerant-parser.ts'
import { NoAnswerError } from './response/no-answer-error.ts'

/** A pooled connection, as its user sees it. */
export interface Connection {
  readonly client: Client
  /** The remote address of the current socket. Null before the first socket is connected. */
  address: string | null
  /** Whether the current socket has carried a complete response before. */
  wasUsed(): boolean
  /** Resets the response reader. The user calls it immediately before a request is written. */
  expectHead(): void
  /** The bytes received since `expectHead`. Null before the first socket is connected. */
  received(): Received | null
  /** Whether the last response conformed to RFC 9112, so that the connection may carry another request. */
  isReusable(): boolean
}

/** The part of a running request that the pool uses. */
export interface User {
  readonly trace: Trace
  isOver(): boolean
  begin(connection: Connection): void
}

/** The pool. */
export interface Connections {
  /** Calls `begin` on the user, at once or when a connection becomes free. */
  take(projectId: string, origin: string, user: User): void
  /** Returns a connection to the pool after a complete response. */
  release(connection: Connection): void
  /** Closes a connection after an incomplete response or an error. */
  discard(connection: Connection): void
  /** Closes a reused connection that had ended and all idle connections of its origin. Starts the user on a new one. */
  replace(connection: Connection, user: User): void
  close(): void
  /** The number of origins in the pool, and of connections that are in use, idle or being opened. */
  count(): { readonly origins: number; readonly open: number }
}

/** Limits on the number of connections. */
export interface ConnectionLimits {
  /** Per project and origin. */
  readonly perOrigin: number
  /** Idle connections over all origins. Each holds a file descriptor. */
  readonly idle: number
}

// Node's HTTP server closes an idle connection after 5 s. A request written while the receiver closes the connection
// gets no response. The pool therefore stops using an idle connection earlier: after 4 s, or 1 s before the timeout in
// the receiver's keep-alive header.
const keepAlive = { keepAliveTimeout: 4_000, keepAliveMaxTimeout: 4_000, keepAliveTimeoutThreshold: 1_000 }

interface Pool {
  readonly key: string
  readonly projectId: string
  readonly origin: string
  /** Connections in use, idle and being opened. */
  open: number
  readonly idle: Held[]
  readonly waiting: User[]
}

interface Held extends Connection {
  readonly pool: Pool
  user: User | null
  reader: ResponseReader | null
  used: boolean
  gone: boolean
  cancelDial: () => void
}

/** Creates a pool that opens its sockets with `dial`. */
export function makeConnections(
  dial: (target: Target, trace: Trace, signal: AbortSignal) => Promise<Socket>,
  limits: ConnectionLimits,
): Connections {
  const pools = new Map<string, Pool>()
  const all = new Set<Held>()
  const idle = new Set<Held>() // ordered by the time at which they became idle

  function take(projectId: string, origin: string, user: User): void {
    const pool = poolOf(projectId, origin)
    const held = pool.idle.pop() // the most recently used, so that unneeded connections reach their idle timeout
    if (held !== undefined) {
      idle.delete(held)
      start(held, user)
    } else if (pool.open < limits.perOrigin) start(opened(pool), user)
    else pool.waiting.push(user)
  }

  function release(connection: Connection): void {
    const held = connection as Held
    held.user = null
    held.used = true
    const next = nextWaiting(held.pool)
    if (next !== null) {
      start(held, next)
      return
    }
    held.pool.idle.push(held)
    idle.add(held)
    const [oldest] = idle
    if (idle.size > limits.idle && oldest !== undefined) discard(oldest)
  }

  function discard(connection: Connection): void {
    const held = connection as Held
    if (!close(held)) return
    const next = nextWaiting(held.pool)
    if (next !== null) start(opened(held.pool), next)
    // Origins without connections are removed, so that memory grows with open connections only.
    else if (held.pool.open === 0) pools.delete(held.pool.key)
  }

  function replace(connection: Connection, user: User): void {
    const { pool } = connection as Held
    close(connection as Held)
    // A receiver that restarted has closed all its connections. Closing the idle ones here spares the next requests a
    // failure.
    for (const each of [...pool.idle]) close(each)
    pools.set(pool.key, pool)
    start(opened(pool), user)
  }

  /** Returns false when the connection is already closed. */
  function close(held: Held): boolean {
    if (held.gone) return false
    held.gone = true
    held.user = null
    all.delete(held)
    if (idle.delete(held)) held.pool.idle.splice(held.pool.idle.indexOf(held), 1)
    held.pool.open -= 1
    held.cancelDial()
    void held.client.destroy()
    return true
  }

  function start(held: Held, user: User): void {
    held.user = user
    user.begin(held)
  }

  function opened(pool: Pool): Held {
    const client = new Client(pool.origin, {
      connect: (target, callback) => {
        const { user } = held
        if (user === null) {
          callback(new NoAnswerError('INTERRUPTED', 'nobody needs the connection'), null)
          return
        }
        const cancel = new AbortController()
        held.cancelDial = () => cancel.abort()
        const { protocol, hostname, port } = target
        void dial({ projectId: pool.projectId, protocol, hostname, port }, user.trace, cancel.signal).then(
          (socket) => {
            held.address = user.trace.address
            held.reader = readResponses(socket)
            held.used = false
            callback(null, socket)
          },
          (error: unknown) => callback(error as Error, null),
        )
      },
      ...keepAlive,
      pipelining: 1,
      allowH2: false,
      // undici's timeouts are off: each request has a deadline of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    const held: Held = {
      client,
      pool,
      address: null,
      wasUsed: () => held.used,
      expectHead: () => held.reader?.expect(),
      received: () => held.reader?.received() ?? null,
      isReusable: () => held.reader?.isReusable() === true,
      user: null,
      reader: null,
      used: false,
      gone: false,
      cancelDial: () => undefined,
    }
    // With a user, the failed request reports the error, or undici reconnects if the request was not written yet.
    client.on('disconnect', () => {
      if (held.user === null) discard(held)
    })
    pool.open += 1
    all.add(held)
    return held
  }

  function poolOf(projectId: string, origin: string): Pool {
    const key = `${projectId} ${origin}`
    const known = pools.get(key)
    if (known !== undefined) return known
    const pool: Pool = { key, projectId, origin, open: 0, idle: [], waiting: [] }
    pools.set(key, pool)
    return pool
  }

  return {
    take,
    release,
    discard,
    replace,
    close: () => [...all].forEach(discard),
    count: () => ({ origins: pools.size, open: all.size }),
  }
}

function nextWaiting(pool: Pool): User | null {
  let next = pool.waiting.shift()
  while (next?.isOver() === true) next = pool.waiting.shift()
  return next ?? null
}
