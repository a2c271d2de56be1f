/**
 * Requests of one connection, in turn. A client may pipeline: write many requests without waiting for the answers. Node
 * handles all requests of one read, up to 64 KB of them, before it looks at any other connection. Here each connection
 * has a few requests begun in one turn of the event loop, and a bounded number that are not answered yet.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

type Socket = IncomingMessage['socket']

export interface PipeliningBounds {
  /** Requests of one connection that are begun in one turn of the event loop. */
  readonly begunPerTurn: number
  /** Requests of one connection that are not answered yet. */
  readonly unanswered: number
}

/** Clients that pipeline at all write some ten requests ahead. */
export const ourTurns: PipeliningBounds = { begunPerTurn: 2, unanswered: 32 }

interface Waiting {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly handle: RequestListener
}

interface Connection {
  readonly unanswered: Set<ServerResponse>
  readonly waiting: Waiting[]
  begunInTurn: number
}

export interface RequestTurns {
  /** Calls `handle` when it is the request's turn, which is at once for a client that does not pipeline. */
  take(waiting: Waiting): void
  /** Requests of one connection that are not answered yet. */
  unanswered(socket: Socket): number
  /** Whether it has as many as it may have: its next request is too much. */
  readonly isFull: (socket: Socket) => boolean
  /** Of all connections. */
  readonly allUnanswered: () => Iterable<ServerResponse>
}

/** `onAnswered` is called when the last unanswered request of an open connection is answered. */
export function makePipelining(
  onAnswered: (socket: Socket) => void,
  bounds: PipeliningBounds = ourTurns,
): RequestTurns {
  const connections = new Map<Socket, Connection>()

  const connectionOf = (socket: Socket): Connection => {
    const known = connections.get(socket)
    if (known !== undefined) return known
    const fresh: Connection = { unanswered: new Set(), waiting: [], begunInTurn: 0 }
    connections.set(socket, fresh)
    // Node closes no answer that is still behind another when its connection ends.
    socket.once('close', () => connections.delete(socket))
    return fresh
  }

  const begin = (connection: Connection): void => {
    while (connection.begunInTurn < bounds.begunPerTurn) {
      const next = connection.waiting.shift()
      if (next === undefined) return
      if (next.request.socket.destroyed) continue
      connection.begunInTurn += 1
      if (connection.begunInTurn === 1) setImmediate(startTurn, connection)
      next.handle(next.request, next.response)
    }
  }
  const startTurn = (connection: Connection): void => {
    connection.begunInTurn = 0
    begin(connection)
  }

  const unanswered = (socket: Socket): number => connections.get(socket)?.unanswered.size ?? 0

  return {
    take: (waiting) => {
      const { socket } = waiting.request
      const connection = connectionOf(socket)
      const { response } = waiting
      connection.unanswered.add(response)
      response.once('close', () => {
        connection.unanswered.delete(response)
        if (connection.unanswered.size === 0 && !socket.destroyed) onAnswered(socket)
      })
      connection.waiting.push(waiting)
      begin(connection)
    },
    unanswered,
    isFull: (socket) => unanswered(socket) >= bounds.unanswered,
    allUnanswered: function* () {
      for (const { unanswered } of connections.values()) yield* unanswered
    },
  }
}
