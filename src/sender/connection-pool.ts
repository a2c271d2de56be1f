/**
 * A pool of HTTP/1.1 connections. Each connection carries one request at a time and is reused while the receiver keeps
 * it open. Connections are never shared between projects or origins, and their number is limited.
 * Each connection is an undici Client, which holds one socket at a time.
 */
import { Client, type buildConnector } from 'undici'
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
export interface ConnectionUser {
  readonly trace: Trace
  isOver(): boolean
  begin(connection: Connection): void
}

/** The pool. */
export interface ConnectionPool {
  /** Calls `begin` on the user, at once or when a connection becomes free. */
  take(projectId: string, origin: string, user: ConnectionUser): void
  /** Returns a connection to the pool after a complete response. */
  release(connection: Connection): void
  /** Closes a connection after an incomplete response or an error. */
  discard(connection: Connection): void
  /** Closes a reused connection that had ended and all idle connections of its origin. Starts the user on a new one. */
  replace(connection: Connection, user: ConnectionUser): void
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

/** The connections of one project to one origin. */
interface OriginPool {
  readonly key: string
  readonly projectId: string
  readonly origin: string
  /** The number of connections in use, idle and being opened. */
  open: number
  readonly idle: PooledConnection[]
  readonly waiting: ConnectionUser[]
}

interface PooledConnection extends Connection {
  readonly pool: OriginPool
  user: ConnectionUser | null
  reader: ResponseReader | null
  used: boolean
  isClosed: boolean
  cancelDial: () => void
}

type Dial = (target: Target, trace: Trace, signal: AbortSignal) => Promise<Socket>

interface PoolState {
  readonly dial: Dial
  readonly limits: ConnectionLimits
  readonly pools: Map<string, OriginPool>
  readonly all: Set<PooledConnection>
  /** Ordered by the time at which the connections became idle. */
  readonly idle: Set<PooledConnection>
}

/** Creates a pool that opens its sockets with `dial`. */
export function makeConnectionPool(dial: Dial, limits: ConnectionLimits): ConnectionPool {
  const state: PoolState = { dial, limits, pools: new Map(), all: new Set(), idle: new Set() }
  return {
    take: (projectId, origin, user) => take(state, projectId, origin, user),
    release: (connection) => release(state, connection as PooledConnection),
    discard: (connection) => discard(state, connection as PooledConnection),
    replace: (connection, user) => replace(state, connection as PooledConnection, user),
    close: () => [...state.all].forEach((connection) => discard(state, connection)),
    count: () => ({ origins: state.pools.size, open: state.all.size }),
  }
}

function take(state: PoolState, projectId: string, origin: string, user: ConnectionUser): void {
  const pool = poolOf(state, projectId, origin)
  const connection = pool.idle.pop() // the most recently used, so that unneeded connections reach their idle timeout
  if (connection !== undefined) {
    state.idle.delete(connection)
    start(connection, user)
  } else if (pool.open < state.limits.perOrigin) start(openConnection(state, pool), user)
  else pool.waiting.push(user)
}

function release(state: PoolState, connection: PooledConnection): void {
  const { idle, limits } = state
  connection.user = null
  connection.used = true
  const next = nextWaiting(connection.pool)
  if (next !== null) {
    start(connection, next)
    return
  }
  connection.pool.idle.push(connection)
  idle.add(connection)
  const [oldest] = idle
  if (idle.size > limits.idle && oldest !== undefined) discard(state, oldest)
}

function discard(state: PoolState, connection: PooledConnection): void {
  const { pool } = connection
  if (!close(state, connection)) return
  const next = nextWaiting(pool)
  if (next !== null) start(openConnection(state, pool), next)
  // Origins without connections are removed, so that memory grows with open connections only.
  else if (pool.open === 0) state.pools.delete(pool.key)
}

function replace(state: PoolState, connection: PooledConnection, user: ConnectionUser): void {
  const { pool } = connection
  close(state, connection)
  // A receiver that restarted has closed all its connections. Closing the idle ones here spares the next requests a
  // failure.
  for (const each of [...pool.idle]) close(state, each)
  state.pools.set(pool.key, pool)
  start(openConnection(state, pool), user)
}

/** Returns false when the connection is already closed. */
function close({ all, idle }: PoolState, connection: PooledConnection): boolean {
  if (connection.isClosed) return false
  const { pool } = connection
  connection.isClosed = true
  connection.user = null
  all.delete(connection)
  if (idle.delete(connection)) pool.idle.splice(pool.idle.indexOf(connection), 1)
  pool.open -= 1
  connection.cancelDial()
  void connection.client.destroy()
  return true
}

function start(connection: PooledConnection, user: ConnectionUser): void {
  connection.user = user
  user.begin(connection)
}

function openConnection(state: PoolState, pool: OriginPool): PooledConnection {
  const client = new Client(pool.origin, {
    connect: (target, callback) => connect(state.dial, connection, target, callback),
    ...keepAlive,
    pipelining: 1,
    allowH2: false,
    // undici's timeouts are off: each request has a deadline of its own.
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const connection: PooledConnection = {
    client,
    pool,
    address: null,
    wasUsed: () => connection.used,
    expectHead: () => connection.reader?.expect(),
    received: () => connection.reader?.received() ?? null,
    isReusable: () => connection.reader?.isReusable() === true,
    user: null,
    reader: null,
    used: false,
    isClosed: false,
    cancelDial: () => undefined,
  }
  // With a user, the failed request reports the error, or undici reconnects if the request was not written yet.
  client.on('disconnect', () => {
    if (connection.user === null) discard(state, connection)
  })
  pool.open += 1
  state.all.add(connection)
  return connection
}

/** Opens a socket for the connection's client. undici calls this when it has a request and no open socket. */
function connect(
  dial: Dial,
  connection: PooledConnection,
  { protocol, hostname, port }: buildConnector.Options,
  callback: buildConnector.Callback,
): void {
  const { user, pool } = connection
  if (user === null) {
    callback(new NoAnswerError('INTERRUPTED', 'the connection is no longer needed'), null)
    return
  }
  const cancel = new AbortController()
  connection.cancelDial = () => cancel.abort()
  void dial({ projectId: pool.projectId, protocol, hostname, port }, user.trace, cancel.signal).then(
    (socket) => {
      connection.address = user.trace.address
      connection.reader = readResponses(socket)
      connection.used = false
      callback(null, socket)
    },
    (error: unknown) => callback(error as Error, null),
  )
}

function poolOf({ pools }: PoolState, projectId: string, origin: string): OriginPool {
  const key = `${projectId} ${origin}`
  const existing = pools.get(key)
  if (existing !== undefined) return existing
  const pool: OriginPool = { key, projectId, origin, open: 0, idle: [], waiting: [] }
  pools.set(key, pool)
  return pool
}

function nextWaiting(pool: OriginPool): ConnectionUser | null {
  let next = pool.waiting.shift()
  while (next?.isOver() === true) next = pool.waiting.shift()
  return next ?? null
}
