/**
 * Who uses which connection: one request at a time on each, reused while the receiver keeps it open, never
 * shared between projects or origins, bounded in number. How one is opened is `dial.ts`; what is said on it,
 * `exchange.ts`. Each connection is an undici Client, which holds one socket at a time.
 */
import { Client } from 'undici'
import type { Target, Trace } from './dial.ts'
import type { Socket } from 'node:net'
import { readResponses, type Received, type ResponseReader } from './response/tolerant-parser.ts'
import { NoAnswerError } from './response/no-answer-error.ts'

export interface Connection {
  readonly client: Client
  /** The far end of the current socket; null before there was one. */
  address: string | null
  /** Whether its current socket has carried a whole response before. */
  wasUsed(): boolean
  /** To be called right before a request is written. */
  expectHead(): void
  /** What has come since; null before there was a socket. */
  received(): Received | null
  /** Whether the last response was regular enough for another request to follow. */
  isReusable(): boolean
}

/** What this module needs to know of a request under way. */
export interface User {
  readonly trace: Trace
  isOver(): boolean
  begin(connection: Connection): void
}

export interface Connections {
  /** Calls `begin` on the user, now or when a connection becomes free. */
  take(projectId: string, origin: string, user: User): void
  /** After a whole response: the next user may have it. */
  release(connection: Connection): void
  /** After anything else: the socket is closed, whatever state it is in. */
  discard(connection: Connection): void
  /** Discards a kept connection that had ended, the idle ones beside it as well, and begins on a new one. */
  replace(connection: Connection, user: User): void
  close(): void
  /** What is kept now. */
  count(): { readonly origins: number; readonly open: number }
}

export interface ConnectionLimits {
  readonly perOrigin: number
  /** Over all origins; each is a file descriptor. */
  readonly idle: number
}

// Node's own servers close an idle connection after 5 s. A request written while the receiver closes is lost
// without an answer and counts as a failed attempt, so we stop using one earlier: at 4 s, or 1 s before what
// its keep-alive header announces.
const keepAlive = { keepAliveTimeout: 4_000, keepAliveMaxTimeout: 4_000, keepAliveTimeoutThreshold: 1_000 }

interface Pool {
  readonly key: string
  readonly projectId: string
  readonly origin: string
  /** In use, idle and being made. */
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

export function makeConnections(
  dial: (target: Target, trace: Trace, signal: AbortSignal) => Promise<Socket>,
  limits: ConnectionLimits,
): Connections {
  const pools = new Map<string, Pool>()
  const all = new Set<Held>()
  const idle = new Set<Held>() // in the order in which they became idle

  function take(projectId: string, origin: string, user: User): void {
    const pool = poolOf(projectId, origin)
    const held = pool.idle.pop() // the last used: the others may age and close
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
    // Nothing is kept of an origin that nobody uses: memory follows what is open, not what was ever seen.
    else if (held.pool.open === 0) pools.delete(held.pool.key)
  }

  function replace(connection: Connection, user: User): void {
    const { pool } = connection as Held
    close(connection as Held)
    // A receiver that was started again has ended them all: the next requests need not find that out one by one.
    for (const each of [...pool.idle]) close(each)
    pools.set(pool.key, pool)
    start(opened(pool), user)
  }

  /** False when it was closed before. */
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
      // The request's own deadline is the only clock (`exchange.ts`).
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
    // With a user, the request that fails says so; or undici connects anew for one that was not yet written.
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
